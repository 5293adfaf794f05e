//! `ccs tls`: a separate CA for a deployment, and its certificates.

mod init;
mod issue;
mod rotate;
mod show;
mod table;

use std::path::Path;

use ccs_tls::Description;
use serde::Serialize;

use crate::cli::Tls;
use crate::failure::Failure;
use crate::output;

pub(crate) fn run(command: &Tls) -> Result<(), Failure> {
    match command {
        Tls::Init(options) => init::run(options),
        Tls::Issue(options) => issue::run(options),
        Tls::Show(options) => show::run(options),
        Tls::Rotate(options) => rotate::run(options),
    }
}

/// The document of `--json`.
#[derive(Serialize)]
struct Answer<'a> {
    certificates: &'a [Description],
    warnings: &'a [String],
}

/// Shows certificates, and on stderr the warnings and the next command.
fn answer(certificates: &[Description], warnings: &[String], json: bool, next: &str) -> Result<(), Failure> {
    if json {
        return output::print_json(&Answer { certificates, warnings });
    }
    output::print(&table::of(certificates))?;
    for warning in warnings {
        output::warn(warning);
    }
    output::print_next(next);
    Ok(())
}

/// Describes the certificates of several files.
fn describe(files: &[impl AsRef<Path>]) -> Result<Vec<Description>, Failure> {
    let described: Result<Vec<_>, _> = files.iter().map(|file| ccs_tls::describe(file.as_ref())).collect();
    Ok(described?.into_iter().flatten().collect())
}
