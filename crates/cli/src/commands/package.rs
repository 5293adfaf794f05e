//! `ccs package`: creates a package that a builder accepts.

mod code;
mod environment;

use std::path::Path;

use ccs_disk::Existing;
use ccs_files::PackageId;
use ccs_package::disk::{self, DiskError};
use ccs_package_tools::connection::{self, Fields, TlsFiles};
use ccs_package_tools::make::{Make, make};
use serde::Serialize;

use crate::cli::Package;
use crate::failure::{Failure, USAGE};
use crate::output;

/// The document of `--json`. Its shape is in `docs/json.md`.
#[derive(Serialize)]
struct Answer<'a> {
    package_id: String,
    file: &'a Path,
    env_file: Option<&'a Path>,
    warnings: &'a [String],
}

pub(crate) fn run(options: &Package) -> Result<(), Failure> {
    let mut warnings = Vec::new();
    let has_connection = options.address.is_some() || options.connection.is_some();
    let connection = if has_connection {
        Some(connection(options, &mut warnings)?)
    } else {
        refuse_parts_of_connection(options)?;
        None
    };
    let parts = code::Parts::new(options, connection);
    let made = make(&Make {
        label: &options.label,
        code: parts.code(options)?,
        meta_inf: options.meta_inf.as_deref(),
    })?;
    warnings.extend(made.warnings);
    let environment = environment::of(options, &made.contents, parts.connection(), &mut warnings)?;
    let existing = if options.force { Existing::Replace } else { Existing::Keep };
    let id = disk::save(&made.contents, &options.out, existing).map_err(|error| match error {
        DiskError::Exists { path } => Failure::from(ccs_disk::Error::exists(&path)),
        error => error.into(),
    })?;
    if let Some((file, text)) = environment {
        ccs_disk::write_file(file, text.as_bytes(), ccs_disk::PUBLIC, existing)?;
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
    output::print_next(&format!("peer lifecycle chaincode install {}", output::word(&options.out)));
    Ok(())
}

/// Rejects options about the peer's connection if there is no address.
fn refuse_parts_of_connection(options: &Package) -> Result<(), Failure> {
    let parts = [
        ("--tls", options.tls.is_some()),
        ("--root-cert", options.root_cert.is_some()),
        ("--client-cert", options.client_cert.is_some()),
        ("--domain", options.domain.is_some()),
        ("--dial-timeout", options.dial_timeout.is_some()),
    ];
    match parts.iter().find(|(_, is_there)| *is_there) {
        Some((option, _)) => Err(Failure::new(format!(
            "{option} is for connection.json, which a package without an address does not hold"
        ))
        .hint(format!("add --address HOST:PORT, or omit {option}"))
        .with_number(USAGE)),
        None => Ok(()),
    }
}

/// Returns the bytes of connection.json: those of a complete file, or new ones from the options.
fn connection(options: &Package, warnings: &mut Vec<String>) -> Result<Vec<u8>, Failure> {
    if let Some(file) = &options.connection {
        return Ok(connection::read(file)?);
    }
    let tls = match &options.tls {
        Some(folder) => TlsFiles::of_folder(folder, options.client.as_deref())?,
        None => TlsFiles {
            root_cert: options.root_cert.clone(),
            client_cert: options.client_cert.clone(),
            client_key: options.client_key.clone(),
        },
    };
    if options.tls.is_some() && tls.client_cert.is_none() {
        warnings.push("the TLS folder has no client: the peer will present no certificate".to_owned());
    }
    let fields = Fields {
        address: options.address.clone().unwrap_or_default(),
        domain: options.domain.clone(),
        dial_timeout: options.dial_timeout.clone(),
        tls,
    };
    Ok(connection::write(&fields)?)
}
