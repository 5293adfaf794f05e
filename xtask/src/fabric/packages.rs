//! How the checks pack, and packages that only show what a builder does: no chaincode is behind them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use sha2::{Digest as _, Sha256};

use crate::dev_peer::servers::ccs;
use crate::processes::succeed;

/// How long it may take to make one.
const LIMIT: Duration = Duration::from_mins(1);

/// The address of the chaincode in the builder's configuration.
pub(super) const CONFIGURED_HOST: &str = "chaincode.example.com";

/// An index, as CouchDB takes it.
pub(super) const INDEX: &str =
    r#"{"index":{"fields":["group","number"]},"ddoc":"byGroup","name":"byGroup","type":"json"}"#;

/// Makes a package whose address has no port, which `ccs package` refuses.
pub(super) fn portless(folder: &Path) -> Result<PathBuf> {
    let source = folder.join("portless");
    fs::create_dir(&source)?;
    fs::write(source.join("metadata.json"), r#"{"type":"ccaas","label":"portless"}"#)?;
    fs::write(source.join("connection.json"), r#"{"address":"example.com"}"#)?;
    pack(&source, &["connection.json"])
}

/// Packs a folder with metadata.json as Fabric's documentation shows; `members` become code.tar.gz.
pub(crate) fn pack(source: &Path, members: &[&str]) -> Result<PathBuf> {
    let code = [&["czf", "code.tar.gz"], members].concat();
    for words in [code.as_slice(), &["czf", "package.tgz", "metadata.json", "code.tar.gz"]] {
        succeed(Command::new("tar").args(words).current_dir(source), LIMIT)?;
    }
    Ok(source.join("package.tgz"))
}

/// Makes a package of the type `k8s`, as fabric-builder-k8s documents it.
pub(crate) fn of_image(folder: &Path, label: &str, image: &str) -> Result<PathBuf> {
    let source = folder.join(format!("source-{label}"));
    fs::create_dir(&source)?;
    fs::write(source.join("metadata.json"), format!(r#"{{"type":"k8s","label":"{label}"}}"#))?;
    fs::write(source.join("image.json"), image)?;
    pack(&source, &["image.json"])
}

/// Returns the ID of a package with a label.
pub(crate) fn package_id(label: &str, file: &Path) -> Result<String> {
    let content = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(format!("{label}:{}", hex::encode(Sha256::digest(content))))
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
