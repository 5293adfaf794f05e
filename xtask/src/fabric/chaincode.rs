//! The chaincode that the steps deploy, and packages that only show what a builder does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use super::network::Running;
use crate::dev_peer::programs::Language;
use crate::dev_peer::session::{ccs, contract, listening, secured};
use crate::workspace;

/// The contract `everything` in Go, which serves over mutual TLS until it is dropped.
pub(super) struct Chaincode {
    /// Its package.
    pub(super) package: PathBuf,
    /// Its package's ID.
    pub(super) id: String,
    _server: Running,
}

impl Chaincode {
    pub(super) fn start(folder: &Path) -> Result<Self> {
        let server = secured(folder, Language::Go, "everything")?;
        let id = server.variables.iter().find(|(name, _)| *name == "CHAINCODE_ID");
        let id = id.context("ccs env gave no ID")?.1.clone();
        let running = Running(contract(Language::Go, &server.variables, &[], folder)?);
        listening(&server.address)?;
        Ok(Self { package: server.package, id, _server: running })
    }
}

/// Makes a package whose address has no port, which `ccs package` does not, in the way that Fabric's documentation tells.
pub(super) fn portless(folder: &Path) -> Result<PathBuf> {
    let source = folder.join("portless");
    fs::create_dir(&source)?;
    fs::write(source.join("metadata.json"), r#"{"type":"ccaas","label":"portless"}"#)?;
    fs::write(source.join("connection.json"), r#"{"address":"example.com"}"#)?;
    for words in [
        ["czf", "code.tar.gz", "connection.json"].as_slice(),
        &["czf", "portless.tgz", "metadata.json", "code.tar.gz"],
    ] {
        workspace::succeed(Command::new("tar").args(words).current_dir(&source).stdin(Stdio::null()))?;
    }
    Ok(source.join("portless.tgz"))
}

/// Makes a package whose host is in the builder's configuration.
pub(super) fn templated(folder: &Path) -> Result<PathBuf> {
    let package = folder.join("templated.tgz");
    let path = package.to_string_lossy();
    let words = ["package", &path, "--label", "templated_1.0", "--address", "{{.host}}:9999"];
    workspace::succeed(ccs(&words).stdout(Stdio::null()))?;
    Ok(package)
}
