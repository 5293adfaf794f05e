//! `ccs env`: what the chaincode's server needs in its environment.

use std::fs::File;
use std::io::{self, BufReader, Read as _};
use std::path::{Path, PathBuf};

use ccs_builder::ExitCode;
use ccs_files::{Connection, PackageId};
use ccs_package::{Limits, VisitError, visit_code};
use serde::Serialize;

use crate::cli::{Env, Language};
use crate::environment::server::{Plan, Server};
use crate::environment::{self, Variable, format};
use crate::failure::Failure;
use crate::style;

/// The largest connection.json that is read, in bytes; the builder has the same limit.
const MAX_CONNECTION_IN_BYTES: u64 = ccs_builder::input::MAX_CONNECTION;

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
        return super::print_json(&Answer {
            package_id: server.package_id.to_string(),
            listen: &server.listen,
            tls,
            variables: &variables,
            files: &files,
            warnings: &warnings,
        });
    }
    super::print(&format::write(options.format, &variables)?)?;
    let (name, faint) = (style::NAME, style::FAINT);
    for warning in &warnings {
        anstream::eprintln!("{name}warning:{name:#} {warning}");
    }
    if let Some(tls) = server.tls.as_ref().filter(|tls| tls.mounted_at != tls.folder) {
        anstream::eprintln!(
            "{faint}the chaincode must find {} as {}{faint:#}",
            tls.folder.display(),
            tls.mounted_at.display()
        );
    }
    let probe = format!("ccs probe {}", options.file.display());
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
    let open = |error: io::Error| {
        Failure::new(format!("cannot open {}: {error}", path.display())).with_code(ExitCode::InputOutput)
    };
    let file = File::open(path).map_err(open)?;
    let mut found = None;
    let package = visit_code(BufReader::new(file), &Limits::default(), |entry, content| {
        if entry.path() == Path::new("connection.json") {
            let mut bytes = Vec::new();
            content.take(MAX_CONNECTION_IN_BYTES).read_to_end(&mut bytes)?;
            found = Some(bytes);
        }
        Ok(())
    });
    let named = |message: String| Failure::new(format!("{}: {message}", path.display()));
    let package = package.map_err(|error: VisitError<io::Error>| match error {
        VisitError::Read(error) => named(error.to_string()).hint(error.hint()),
        VisitError::Visitor(error) => named(error.to_string()).with_code(ExitCode::InputOutput),
    })?;
    let Some(bytes) = found else {
        return Err(named("there is no connection.json in its code".to_owned())
            .hint("it is no chaincode as a service; ccs package makes one".to_owned())
            .with_code(ExitCode::Connection));
    };
    let (connection, _) = Connection::parse(&bytes).map_err(|error| {
        named(format!("connection.json: {error}")).hint(error.hint()).with_code(ExitCode::Connection)
    })?;
    Ok((package.id().clone(), connection))
}
