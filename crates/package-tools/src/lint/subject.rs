//! The subject of the check: a package file, or the folder of a future one.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use ccs_builder::examine::{examine, examine_meta_inf};
use ccs_builder::meta_inf::MAX_ENTRIES;
use ccs_builder::{ExitCode, input, stages};
use ccs_files::{Connection, PackageMetadata};
use ccs_launch::image;
use ccs_launch::kind::Kind;
use ccs_report::{shell, terminal};

use super::finding::{Findings, hint};
use super::launched::ReadFiles;
use super::rule::Rule;
use super::{archive, connection, launched, metadata, refusals};
use crate::error::Error;
use crate::files::Files;
use crate::open::{PackageFile, example_peer, surroundings};
use crate::recognize::OtherFile;
use crate::secrets;
use crate::source::Source;

/// The hint for a private key that does not belong in the package.
const KEY_ADVICE: &str =
    "remove it and create a new key, because every recipient of the package has this one";

/// What a file or folder is.
pub(super) enum Seen {
    /// A package with this ID.
    Package(String),
    /// Another file.
    Other(OtherFile),
    /// A folder, or a file that a peer rejects.
    Nothing,
}

/// Checks a file or folder.
pub(super) fn look(path: &Path, findings: &mut Findings) -> Result<Seen, Error> {
    if path.is_dir() {
        folder(path, findings)?;
        return Ok(Seen::Nothing);
    }
    let file = match PackageFile::open(path) {
        Ok(file) => file,
        Err(Error::Package { error, .. }) => {
            refusals::package_error(&error, findings);
            return Ok(Seen::Nothing);
        }
        Err(Error::NotAPackage { other: other @ OtherFile::Connection, .. }) => {
            connection_file(path, findings)?;
            return Ok(Seen::Other(other));
        }
        Err(Error::NotAPackage { other, .. }) => {
            let message = format!("the file is not a chaincode package: it is {}", other.name());
            findings.push(Rule::NotAPackage, "package", message, hint(&other.command(path)));
            return Ok(Seen::Other(other));
        }
        Err(error) => return Err(error),
    };
    for warning in file.package.warnings() {
        refusals::package_warning(warning, findings);
    }
    for name in secrets::in_package(path)? {
        findings.push(
            Rule::PrivateKeyMisplaced,
            "package",
            format!("{name} holds a private key"),
            hint(KEY_ADVICE),
        );
    }
    let relative = |message: &str| file.source.relative(message);
    let (metadata, files) = (file.package.metadata(), Files::Package(path, &file));
    source(&files, file.source.path(), &relative, metadata, findings)?;
    if let Some(kind) = Kind::of(&metadata.chaincode_type) {
        archive::check(&file.package, &ReadFiles::of(kind, &files), findings);
        readable_key(path, &file, findings);
    }
    Ok(Seen::Package(file.package.id().to_string()))
}

/// Checks a connection.json as the only file of a package.
fn connection_file(path: &Path, findings: &mut Findings) -> Result<(), Error> {
    let content = input::read(path, input::MAX_CONNECTION)
        .map_err(|source| Error::Read { path: path.to_owned(), source })?;
    let code = Source::of_files(None, [("connection.json", content.as_slice())])?;
    let metadata = PackageMetadata { chaincode_type: "ccaas".to_owned(), ..PackageMetadata::default() };
    let relative = |message: &str| code.relative(message);
    source(&Files::Folder(code.path()), code.path(), &relative, &metadata, findings)
}

/// Checks a folder: one from `ccs unpack`, or the source itself, optionally with metadata.json next to it.
fn folder(path: &Path, findings: &mut Findings) -> Result<(), Error> {
    let code = source_of(path);
    let is_unpacked = code != path;
    let metadata_folder = if is_unpacked { path.join("metadata") } else { path.to_owned() };
    let metadata = if metadata_folder.join("metadata.json").exists() {
        stages::read_metadata(&metadata_folder).map(|(metadata, _)| metadata)
    } else {
        Ok(PackageMetadata { chaincode_type: "ccaas".to_owned(), ..PackageMetadata::default() })
    };
    let relative_to = |folder: &Path| {
        let prefix = format!("{}/", folder.display());
        move |message: &str| message.replace(&prefix, "")
    };
    match metadata {
        Ok(metadata) => {
            label(&metadata, findings);
            let files = Files::Folder(&code);
            source(&files, &code, &relative_to(&code), &metadata, findings)?;
            unneeded_files(&files, &code, is_unpacked, &metadata, findings)?;
        }
        Err(error) => refusals::builder_error(&error, &relative_to(path), findings),
    }
    let keys = secrets::in_folder(&code, MAX_ENTRIES).map_err(|error| Error::read(&code, error))?;
    for key in keys {
        let message = format!("{} holds a private key", key.display());
        findings.push(Rule::PrivateKeyMisplaced, "source", message, hint(KEY_ADVICE));
    }
    Ok(())
}

/// Checks the names at the top of a folder of source. Programs are deeper.
fn unneeded_files(
    files: &Files<'_>,
    code: &Path,
    is_unpacked: bool,
    metadata: &PackageMetadata,
    findings: &mut Findings,
) -> Result<(), Error> {
    let Some(kind) = Kind::of(&metadata.chaincode_type).filter(|kind| *kind != Kind::Binary) else {
        return Ok(());
    };
    let read = ReadFiles::of(kind, files);
    for name in names(code)? {
        let path = Path::new(&name);
        if (is_unpacked || name != "metadata.json") && !read.hold(path) {
            archive::unneeded(path, "source", findings);
        }
    }
    Ok(())
}

/// Returns the folder with connection.json: the folder itself, or `src` of one from `ccs unpack`.
pub(super) fn source_of(folder: &Path) -> PathBuf {
    let unpacked = folder.join("src");
    let is_unpacked = unpacked.is_dir() && folder.join("metadata/metadata.json").is_file();
    if is_unpacked { unpacked } else { folder.to_owned() }
}

/// Checks the label. For a package file, the peer's own check does this.
fn label(metadata: &PackageMetadata, findings: &mut Findings) {
    if metadata.label.is_empty() {
        return;
    }
    if let Err(error) = metadata.label.parse::<ccs_files::Label>() {
        let code = ExitCode::Metadata.number();
        findings.refuse(Rule::LabelInvalid, "metadata.json", error.to_string(), error.hint(), code);
    }
}

fn source(
    files: &Files<'_>,
    source: &Path,
    relative: &dyn Fn(&str) -> String,
    of: &PackageMetadata,
    findings: &mut Findings,
) -> Result<(), Error> {
    let Some(kind) = Kind::of(&of.chaincode_type) else {
        let found = of.chaincode_type.chars().take(60).collect();
        let error = ccs_builder::Error::ForeignType { path: PathBuf::from("metadata.json"), found };
        refusals::builder_error(&error, relative, findings);
        return Ok(());
    };
    launched::check(kind, of, files, findings)?;
    // A builder that starts the image needs no connection.json.
    let is_image_alone = !files.has("connection.json") && files.has(image::FILE);
    if kind != Kind::Service || is_image_alone {
        refusals::builder(&examine_meta_inf(source), relative, findings);
        return Ok(());
    }
    let found = examine(source, of, &surroundings(None, example_peer()));
    refusals::builder(&found, relative, findings);
    connection::check(&found, findings);
    if let Some(package) = &found.package {
        for field in secrets::misplaced_in(package) {
            let message = format!("{field} holds a private key");
            findings.push(Rule::PrivateKeyMisplaced, "connection.json", message, hint(KEY_ADVICE));
        }
    }
    if !of.label.is_empty() {
        metadata::check(of, &found, findings);
    }
    Ok(())
}

fn names(folder: &Path) -> Result<Vec<OsString>, Error> {
    let entries = fs::read_dir(folder).and_then(|entries| {
        entries.map(|entry| entry.map(|entry| entry.file_name())).collect::<Result<Vec<_>, _>>()
    });
    let mut names = entries.map_err(|error| Error::read(folder, error))?;
    names.sort();
    Ok(names)
}

/// Checks whether other users of the machine can read a key in the package.
fn readable_key(path: &Path, file: &PackageFile, findings: &mut Findings) {
    let mode = fs::metadata(path).map_or(0, |metadata| metadata.permissions().mode() & 0o777);
    let connection = file.source.path().join("connection.json");
    let content = input::read(&connection, input::MAX_CONNECTION).unwrap_or_default();
    let has_key = Connection::parse(&content).is_ok_and(|(it, _)| !it.client_key.is_empty());
    if has_key && mode & 0o077 != 0 {
        let message = format!("the file holds a private key and has mode {mode:04o}");
        let advice = format!("chmod 600 {}", shell::quote(&terminal::safe(&path.to_string_lossy())));
        findings.push(Rule::PackageReadable, "package", message, hint(&advice));
    }
}
