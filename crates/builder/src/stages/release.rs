//! `release OUT RELEASE`: what the peer reads of a build.

use std::path::Path;

use ccs_files::Connection;

use super::read_metadata;
use crate::Error;
use crate::error::BuildFault;
use crate::input;
use crate::meta_inf::Tree;
use crate::output::Output;
use crate::report::Report;

/// Releases connection.json and the indexes; other files of META-INF stay behind.
pub fn release(out: &Path, release: &Path, report: &mut Report) -> Result<(), Error> {
    // Only for the name in the messages: the builds of other builders may hold no metadata.json.
    if let Ok((metadata, _)) = read_metadata(out) {
        report.set_label(&metadata.label);
    }
    let path = out.join("connection.json");
    let content = read_connection(&path).map_err(|source| Error::NotABuild { path, source })?;
    if let (Ok(out), Ok(release)) = (out.canonicalize(), release.canonicalize())
        && out == release
    {
        return Err(Error::SameFolder { folder: out });
    }
    let statedb = statedb(out)?;
    Output::new(release)
        .folder("statedb", statedb)
        .file("chaincode/server/connection.json", content)
        .write()?;
    report.done("released: chaincode/server/connection.json");
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
