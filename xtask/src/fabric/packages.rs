//! Packages that only show what a builder does: no chaincode is behind them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use crate::dev_peer::servers::ccs;
use crate::processes::succeed;

/// How long it may take to make one.
const LIMIT: Duration = Duration::from_mins(1);

/// Where the peer is told to find chaincode by the builder's configuration.
pub(super) const CONFIGURED_HOST: &str = "chaincode.example.com";

/// An index, as CouchDB takes it.
pub(super) const INDEX: &str =
    r#"{"index":{"fields":["group","number"]},"ddoc":"byGroup","name":"byGroup","type":"json"}"#;

/// Makes a package whose address has no port, in the way that Fabric's documentation shows: `ccs package` refuses it.
pub(super) fn portless(folder: &Path) -> Result<PathBuf> {
    let source = folder.join("portless");
    fs::create_dir(&source)?;
    fs::write(source.join("metadata.json"), r#"{"type":"ccaas","label":"portless"}"#)?;
    fs::write(source.join("connection.json"), r#"{"address":"example.com"}"#)?;
    for words in [
        ["czf", "code.tar.gz", "connection.json"].as_slice(),
        &["czf", "portless.tgz", "metadata.json", "code.tar.gz"],
    ] {
        succeed(Command::new("tar").args(words).current_dir(&source), LIMIT)?;
    }
    Ok(source.join("portless.tgz"))
}

/// Makes a package whose host is in the builder's configuration.
pub(super) fn templated(folder: &Path, label: &str) -> Result<PathBuf> {
    package(folder, label, &["--address", "{{.host}}:9999"])
}

/// Makes a package with an index for the chaincode and one for its collection `shared`.
pub(super) fn indexed(folder: &Path, label: &str) -> Result<PathBuf> {
    let meta_inf = folder.join("indexes/META-INF");
    let indexes = meta_inf.join("statedb/couchdb");
    for place in ["indexes", "collections/shared/indexes"] {
        fs::create_dir_all(indexes.join(place))?;
        fs::write(indexes.join(place).join("byGroup.json"), INDEX)?;
    }
    package(folder, label, &["--address", "127.0.0.1:9999", "--meta-inf", &meta_inf.to_string_lossy()])
}

fn package(folder: &Path, label: &str, options: &[&str]) -> Result<PathBuf> {
    let package = folder.join(format!("{label}.tgz"));
    let path = package.to_string_lossy();
    succeed(&mut ccs(&[&["package", &path, "--label", label], options].concat()), LIMIT)?;
    Ok(package)
}
