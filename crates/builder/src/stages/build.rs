//! `build SRC METADATA OUT`: converts a package's source to a connection that a peer can use.

use std::path::Path;

use ccs_files::{Connection, PackageMetadata};

use super::read_metadata;
use crate::check;
use crate::configuration::Configuration;
use crate::context::Surroundings;
use crate::input;
use crate::meta_inf::{self, Tree};
use crate::output::Output;
use crate::render;
use crate::report::Report;
use crate::{Error, Warning};

/// A package's source, rendered and checked, but not yet written.
#[derive(Debug)]
pub struct Prepared {
    /// The connection settings of the peer.
    pub connection: Connection,
    /// The files of META-INF.
    pub meta_inf: Tree,
}

/// Builds the package and reports what was done.
pub fn build(
    [source, metadata_folder, out]: [&Path; 3],
    surroundings: &Surroundings,
    report: &mut Report,
) -> Result<(), Error> {
    let (metadata, metadata_content) = read_metadata(metadata_folder)?;
    report.set_label(&metadata.label);
    if !metadata.is_chaincode_as_a_service() {
        let found = metadata.chaincode_type.chars().take(60).collect();
        return Err(Error::ForeignType { path: metadata_folder.join("metadata.json"), found });
    }
    refuse_same_folder(&[source, metadata_folder], out)?;
    let mut warnings = Vec::new();
    let prepared = prepare(source, &metadata, surroundings, &mut warnings);
    report.warnings(&warnings);
    let prepared = prepared?;
    let done = summary(&prepared);
    Output::new(out)
        .file("metadata.json", metadata_content)
        .folder("META-INF", prepared.meta_inf)
        .file("connection.json", prepared.connection.to_json())
        .write()?;
    report.done(&done);
    Ok(())
}

/// Renders and checks a package's source. Adds warnings to `warnings`, also if the source is rejected.
pub fn prepare(
    source: &Path,
    metadata: &PackageMetadata,
    surroundings: &Surroundings,
    warnings: &mut Vec<Warning>,
) -> Result<Prepared, Error> {
    let package = read_connection(source, warnings)?;
    let configuration = Configuration::gather(surroundings, source, &metadata.label)?;
    let mut connection = render::render(package, &configuration)?;
    check::check(&mut connection, surroundings.now, warnings)?;
    check::check_size(&connection)?;
    let meta_inf = meta_inf::of_source(source, warnings)?;
    Ok(Prepared { connection, meta_inf })
}

/// Reads the connection.json of a package's source, and adds warnings about it.
pub(crate) fn read_connection(source: &Path, warnings: &mut Vec<Warning>) -> Result<Connection, Error> {
    let path = source.join("connection.json");
    let content = input::read(&path, input::MAX_CONNECTION)
        .map_err(|source| Error::ConnectionUnreadable { path: path.clone(), source })?;
    let (package, notices) =
        Connection::parse(&content).map_err(|error| Error::Connection { path, error })?;
    warnings.extend(notices.into_iter().map(Warning::Connection));
    warnings.extend(check::unused_tls(&package));
    Ok(package)
}

/// Rejects an output folder that is also an input folder, even under another path.
fn refuse_same_folder(inputs: &[&Path], out: &Path) -> Result<(), Error> {
    let Ok(out) = out.canonicalize() else { return Ok(()) };
    let same = inputs.iter().any(|input| input.canonicalize().is_ok_and(|input| input == out));
    if same { Err(Error::SameFolder { folder: out }) } else { Ok(()) }
}

/// Returns one line on how the peer will use the build.
fn summary(prepared: &Prepared) -> String {
    let connection = &prepared.connection;
    let security = match (connection.tls_required, connection.client_auth_required) {
        (false, _) => "in plaintext",
        (true, false) => "over TLS",
        (true, true) => "over mutual TLS",
    };
    let files = prepared.meta_inf.files.iter().filter(|(path, _)| path.starts_with("statedb")).count();
    let indexes = if files == 1 { "1 index".to_owned() } else { format!("{files} indexes") };
    format!("built: the peer will connect to {} {security}; {indexes}", connection.address)
}
