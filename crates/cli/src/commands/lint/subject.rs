//! What is looked at: a package file, or a folder that is to become one.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use ccs_builder::examine::{Examination, examine};
use ccs_builder::{Error, ExitCode, input, stages};
use ccs_files::PackageMetadata;
use ccs_package::disk::DiskError;

use super::finding::{Findings, hint};
use super::rule::Rule;
use super::{archive, connection, metadata, refusals};
use crate::failure::Failure;
use crate::output;
use crate::package_file::{self, PackageFile};

/// Looks at a file or folder; gives the package ID of a package.
pub(super) fn look(path: &Path, findings: &mut Findings) -> Result<Option<String>, Failure> {
    if path.is_dir() {
        folder(path, findings)?;
        return Ok(None);
    }
    let file = match PackageFile::open_checked(path)? {
        Ok(file) => file,
        Err(DiskError::Package(error)) => {
            refusals::package_error(&error, findings);
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    for warning in file.package.warnings() {
        refusals::package_warning(warning, findings);
    }
    source(file.source(), file.package.metadata(), findings);
    if file.package.metadata().is_chaincode_as_a_service() {
        archive::check(&file.package, findings);
        readable_key(path, file.source(), findings);
    }
    Ok(Some(file.package.id().to_string()))
}

/// Looks at a folder: one that `ccs unpack` made, or the source itself, perhaps with metadata.json beside it.
fn folder(path: &Path, findings: &mut Findings) -> Result<(), Failure> {
    let code = source_of(path);
    let is_unpacked = code != path;
    let metadata_folder = if is_unpacked { path.join("metadata") } else { path.to_owned() };
    let metadata = if metadata_folder.join("metadata.json").exists() {
        stages::read_metadata(&metadata_folder).map(|(metadata, _)| metadata)
    } else {
        Ok(PackageMetadata { chaincode_type: "ccaas".to_owned(), ..PackageMetadata::default() })
    };
    match metadata {
        Ok(metadata) => {
            label(&metadata, findings);
            source(&code, &metadata, findings);
        }
        Err(error) => refusals::builder_error(&error, path, findings),
    }
    for name in names(&code)? {
        if is_unpacked || name != "metadata.json" {
            archive::unneeded(Path::new(&name), "source", findings);
        }
    }
    Ok(())
}

/// Gives the folder with connection.json: the folder itself, or `src` of one that `ccs unpack` made.
pub(super) fn source_of(folder: &Path) -> PathBuf {
    let unpacked = folder.join("src");
    let is_unpacked = unpacked.is_dir() && folder.join("metadata/metadata.json").is_file();
    if is_unpacked { unpacked } else { folder.to_owned() }
}

/// Checks the label, which of a package the peer does.
fn label(metadata: &PackageMetadata, findings: &mut Findings) {
    if metadata.label.is_empty() {
        return;
    }
    if let Err(error) = metadata.label.parse::<ccs_files::Label>() {
        let code = ExitCode::Metadata.number();
        findings.refuse(Rule::LabelInvalid, "metadata.json", error.to_string(), error.hint(), code);
    }
}

fn source(source: &Path, of: &PackageMetadata, findings: &mut Findings) {
    if !of.is_chaincode_as_a_service() {
        let found = of.chaincode_type.chars().take(60).collect();
        let error = Error::ForeignType { path: PathBuf::from("metadata.json"), found };
        refusals::builder_error(&error, source, findings);
        return;
    }
    let found = examined(source, of);
    refusals::builder(&found, source, findings);
    connection::check(&found, findings);
    if !of.label.is_empty() {
        metadata::check(of, &found, findings);
    }
}

fn examined(source: &Path, metadata: &PackageMetadata) -> Examination {
    examine(source, metadata, &package_file::surroundings(None, package_file::example_peer()))
}

fn names(folder: &Path) -> Result<Vec<OsString>, Failure> {
    let failure = |error| {
        Failure::new(format!("cannot read {}: {error}", folder.display())).with_code(ExitCode::InputOutput)
    };
    let entries = fs::read_dir(folder).map_err(failure)?;
    let mut names = entries
        .map(|entry| entry.map(|entry| entry.file_name()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(failure)?;
    names.sort();
    Ok(names)
}

/// Looks whether others on the machine can read a key in the package.
fn readable_key(path: &Path, source: &Path, findings: &mut Findings) {
    let mode = fs::metadata(path).map_or(0, |metadata| metadata.permissions().mode() & 0o777);
    let content = input::read(&source.join("connection.json"), input::MAX_CONNECTION).unwrap_or_default();
    let has_key = ccs_files::Connection::parse(&content).is_ok_and(|(it, _)| !it.client_key.is_empty());
    if has_key && mode & 0o077 != 0 {
        let message = format!("the file holds a private key and has mode {mode:04o}");
        let advice = format!("chmod 600 {}", output::word(path));
        findings.push(Rule::PackageReadable, "package", message, hint(&advice));
    }
}
