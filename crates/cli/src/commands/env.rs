//! `ccs env`: what the chaincode's server needs in its environment.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ccs_builder::ExitCode;
use ccs_files::{Connection, PackageId};
use serde::Serialize;

use crate::cli::{Env, Language};
use crate::environment::server::{Plan, Server};
use crate::environment::{self, Variable, format};
use crate::failure::Failure;
use crate::output;
use crate::package_file::PackageFile;
use crate::style;

/// The document of `--json`.
#[derive(Serialize)]
struct Answer<'a> {
    package_id: String,
    listen: &'a str,
    tls: &'static str,
    variables: &'a [Variable],
    files: &'a [PathBuf],
    warnings: &'a [String],
}

pub(crate) fn run(options: &Env) -> Result<(), Failure> {
    let (id, connection) = read(&options.file)?;
    let mut plan = Plan::make(&connection, options.tls.as_deref(), &options.place)?;
    let mut warnings = std::mem::take(&mut plan.warnings);
    let server = plan.for_package(id);
    let variables = environment::variables(options.lang, &server)?;
    let files = files(options.lang, &server)?;
    warnings.extend(environment::notices(options.lang, &server));
    if options.json {
        let tls = match &server.tls {
            None => "none",
            Some(tls) if tls.ask_for_client => "mutual",
            Some(_) => "server",
        };
        return output::print_json(&Answer {
            package_id: server.package_id.to_string(),
            listen: &server.listen,
            tls,
            variables: &variables,
            files: &files,
            warnings: &warnings,
        });
    }
    output::print(&format::write(options.format, &variables)?)?;
    for warning in &warnings {
        output::warn(warning);
    }
    let faint = style::FAINT;
    if let Some(tls) = server.tls.as_ref().filter(|tls| tls.mounted_at != tls.folder) {
        anstream::eprintln!(
            "{faint}the chaincode must find {} as {}{faint:#}",
            tls.folder.display(),
            tls.mounted_at.display()
        );
    }
    let probe = format!("ccs probe {}", output::word(&options.file));
    style::print_next(&format!("start the chaincode with these variables, then: {probe}"));
    Ok(())
}

/// Gives the files that the variables name; all of them must be there.
pub(crate) fn files(language: Language, server: &Server) -> Result<Vec<PathBuf>, Failure> {
    let files = server.tls.as_ref().map(|tls| environment::files(language, tls)).unwrap_or_default();
    match files.iter().find(|file| !file.is_file()) {
        None => Ok(files),
        Some(missing) => Err(Failure::new(format!("there is no file {}", missing.display()))
            .hint("ccs tls issue DIR --server NAME --host HOST --force writes all of them".to_owned())
            .with_code(ExitCode::Tls)),
    }
}

/// Reads the package's ID and its connection.json, templates and all.
fn read(path: &Path) -> Result<(PackageId, Connection), Failure> {
    let package = PackageFile::open(path)?;
    let named = |message: String| Failure::new(format!("{}: {message}", path.display()));
    let json = match fs::read(package.source().join("connection.json")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(named("there is no connection.json in its code".to_owned())
                .hint("it is no chaincode as a service; ccs package makes one".to_owned())
                .with_code(ExitCode::Connection));
        }
        json => json.map_err(|error| {
            named(format!("cannot read connection.json: {error}")).with_code(ExitCode::InputOutput)
        })?,
    };
    let (connection, _) = Connection::parse(&json).map_err(|error| {
        named(format!("connection.json: {error}")).hint(error.hint()).with_code(ExitCode::Connection)
    })?;
    Ok((package.package.id().clone(), connection))
}
