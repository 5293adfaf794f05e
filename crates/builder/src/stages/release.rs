//! `release OUT RELEASE`: writes the files of a build that the peer reads.

use std::path::Path;

use ccs_files::Connection;

use super::read_metadata;
use crate::Error;
use crate::error::{BuildFault, ReadError};
use crate::input;
use crate::meta_inf::Tree;
use crate::output::Output;
use crate::report::Report;

/// Releases connection.json and the indexes, but no other files of META-INF.
pub fn release(out: &Path, release: &Path, report: &mut Report) -> Result<(), Error> {
    // Builds of other builders may have no metadata.json; they are released as without a launcher.
    let metadata = read_metadata(out).ok().map(|(metadata, _)| metadata);
    let is_launched = metadata.as_ref().is_some_and(|metadata| !metadata.is_chaincode_as_a_service());
    if let Some(metadata) = metadata {
        report.set_label(&metadata.label);
    }
    let path = out.join("connection.json");
    let content = match read_connection(&path) {
        // Chaincode that dials the peer has no connection.json: with one, the peer would not call `run`.
        Err(BuildFault::Unreadable(ReadError::Missing)) if is_launched => None,
        found => Some(found.map_err(|source| Error::NotABuild { path, source })?),
    };
    if let (Ok(out), Ok(release)) = (out.canonicalize(), release.canonicalize())
        && out == release
    {
        return Err(Error::SameFolder { folder: out });
    }
    let statedb = statedb(out)?;
    let output = Output::new(release).folder("statedb", statedb);
    let (output, done) = match content {
        Some(content) => (
            output.file("chaincode/server/connection.json", content),
            "released: chaincode/server/connection.json",
        ),
        None => (output, "released: no connection.json, so the peer will call run"),
    };
    output.write()?;
    report.done(done);
    Ok(())
}

fn read_connection(path: &Path) -> Result<Vec<u8>, BuildFault> {
    let content = input::read(path, input::MAX_CONNECTION)?;
    Connection::parse(&content)?;
    Ok(content)
}

fn statedb(out: &Path) -> Result<Tree, Error> {
    let meta_inf = out.join("META-INF");
    if meta_inf.exists() {
        Tree::read(&meta_inf).map(|tree| tree.below("statedb"))
    } else {
        Ok(Tree::default())
    }
}
