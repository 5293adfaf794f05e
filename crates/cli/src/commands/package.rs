//! `ccs package`: makes a package that the builder takes.

mod environment;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ccs_builder::examine::examine;
use ccs_builder::report::chain;
use ccs_builder::{ExitCode, meta_inf};
use ccs_files::connection::DialTimeout;
use ccs_files::{Connection, Label, PackageId};
use ccs_package::PackageContents;
use ccs_package::disk::{self, Existing};
use serde::Serialize;

use super::file::{read, text};
use crate::cli::Package;
use crate::failure::Failure;
use crate::output;
use crate::package_file::{example_peer, scratch_failure, source_folder, surroundings};
use crate::tls::authority::Role;
use crate::tls::files;
use crate::tls::folder::{Folder, Party};

/// The document of `--json`. Its shape is in `docs/json.md`.
#[derive(Serialize)]
struct Answer<'a> {
    package_id: String,
    file: &'a Path,
    env_file: Option<&'a Path>,
    warnings: &'a [String],
}

pub(crate) fn run(options: &Package) -> Result<(), Failure> {
    let label: Label = options.label.parse().map_err(|error: ccs_files::package_id::LabelError| {
        Failure::new(&error).hint(error.hint()).with_code(ExitCode::Metadata)
    })?;
    let mut contents = PackageContents::new(label, &options.chaincode_type);
    let mut warnings = Vec::new();
    let connection = connection(options, &mut warnings)?;
    add(&mut contents, "connection.json", connection.clone())?;
    if let Some(folder) = &options.meta_inf {
        for (path, content) in meta_inf::Tree::read(folder)?.files {
            let path = path.to_str().ok_or_else(|| {
                Failure::new(format!("{} is not UTF-8", folder.join(&path).display()))
                    .with_code(ExitCode::Index)
            })?;
            add(&mut contents, &format!("META-INF/{path}"), content)?;
        }
    }
    warnings.extend(check(&contents)?);
    let environment = environment::of(options, &contents, &connection, &mut warnings)?;
    let existing = if options.force { Existing::Replace } else { Existing::Keep };
    let id = disk::save(&contents, &options.out, existing)?;
    if let Some((file, text)) = environment {
        files::write_file(file, text.as_bytes(), files::PUBLIC, existing)?;
    }
    answer(options, &id, &warnings)
}

fn answer(options: &Package, id: &PackageId, warnings: &[String]) -> Result<(), Failure> {
    if options.json {
        return output::print_json(&Answer {
            package_id: id.to_string(),
            file: &options.out,
            env_file: options.env_file.as_deref(),
            warnings,
        });
    }
    for warning in warnings {
        output::warn(warning);
    }
    output::print(&format!("{id}\n"))?;
    crate::style::print_next(&format!("peer lifecycle chaincode install {}", output::word(&options.out)));
    Ok(())
}

fn add(contents: &mut PackageContents, path: &str, content: Vec<u8>) -> Result<(), Failure> {
    contents.add(path, content).map_err(|error| Failure::new(&error).hint(error.hint()))
}

/// The bytes of connection.json: a ready file as it is, or made from the options.
fn connection(options: &Package, warnings: &mut Vec<String>) -> Result<Vec<u8>, Failure> {
    if let Some(file) = &options.connection {
        return read(file);
    }
    let tls = TlsFiles::of(options, warnings)?;
    let connection = Connection {
        address: options.address.clone().unwrap_or_default(),
        domain: options.domain.clone().unwrap_or_default(),
        dial_timeout: options.dial_timeout.clone().map(DialTimeout::Text),
        tls_required: tls.root_cert.is_some(),
        client_auth_required: tls.client_cert.is_some(),
        root_cert: text(tls.root_cert.as_deref())?,
        client_key: text(tls.client_key.as_deref())?,
        client_cert: text(tls.client_cert.as_deref())?,
        extra: Vec::new(),
    };
    Ok(connection.to_json())
}

/// The files of the TLS fields.
struct TlsFiles {
    root_cert: Option<PathBuf>,
    client_cert: Option<PathBuf>,
    client_key: Option<PathBuf>,
}

impl TlsFiles {
    /// Takes the folder of `ccs tls`, or else what the options name one by one.
    fn of(options: &Package, warnings: &mut Vec<String>) -> Result<Self, Failure> {
        let Some(folder) = &options.tls else {
            return Ok(Self {
                root_cert: options.root_cert.clone(),
                client_cert: options.client_cert.clone(),
                client_key: options.client_key.clone(),
            });
        };
        let folder = Folder::open(folder)?;
        let client = folder.party(Role::Client, options.client.as_deref())?;
        if client.is_none() {
            warnings.push("the TLS folder has no client: the peer will present no certificate".to_owned());
        }
        Ok(Self {
            root_cert: Some(folder.bundle()),
            client_cert: client.as_ref().map(Party::certificate),
            client_key: client.as_ref().map(Party::key),
        })
    }
}

/// Runs the builder's own checks over the source, as a peer would unpack it; gives its warnings.
///
/// A template whose keys only the peer's configuration defines is as far as one can see from here.
fn check(contents: &PackageContents) -> Result<Vec<String>, Failure> {
    let folder = tempfile::tempdir().map_err(|error| scratch_failure(&error))?;
    let id = ccs_package::write(contents, io::sink())
        .map_err(|error| Failure::new(&error).hint(error.hint()).with_code(ExitCode::InputOutput))?;
    let source = source_folder(folder.path(), &id);
    for (path, content) in contents.files() {
        let file = source.join(path);
        let written =
            file.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&file, content));
        written.map_err(|error| scratch_failure(&error))?;
    }
    let found = examine(&source, contents.metadata(), &surroundings(None, example_peer()));
    if let Some(error) = found.errors.first() {
        let message = chain(error).replace(&format!("{}/", source.display()), "");
        return Err(Failure::new(message).hint(error.hint()).with_code(error.code()));
    }
    let missing = found.missing.iter().map(ToString::to_string);
    Ok(found.warnings.iter().map(ToString::to_string).chain(missing).collect())
}
