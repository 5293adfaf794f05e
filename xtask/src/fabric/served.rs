//! Packages whose chaincode the peer dials, and an install may start.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use serde_json::Value;

use super::network::Network;
use super::packages::{pack, package_id};

/// The address in connection.json, for peers that do not start the chaincode; nothing listens there.
pub(crate) const ELSEWHERE: &str = "127.0.0.1:9";

/// A package of the type `ccaas` with connection.json and image.json.
pub(crate) struct Served {
    pub(crate) file: PathBuf,
    pub(crate) label: String,
    pub(crate) id: String,
}

impl Served {
    /// Makes a package with an image.json, and with the address [`ELSEWHERE`].
    pub(crate) fn make(folder: &Path, label: &str, image: &str) -> Result<Self> {
        let source = folder.join(format!("source-{label}"));
        fs::create_dir(&source)?;
        fs::write(source.join("metadata.json"), format!(r#"{{"type":"ccaas","label":"{label}"}}"#))?;
        fs::write(source.join("connection.json"), format!(r#"{{"address":"{ELSEWHERE}"}}"#))?;
        fs::write(source.join("image.json"), image)?;
        let file = pack(&source, &["connection.json", "image.json"])?;
        Ok(Self { id: package_id(label, &file)?, label: label.to_owned(), file })
    }

    /// Returns the connection.json for the peer, which only the peer may read.
    pub(crate) fn released(&self, network: &Network<'_>) -> Result<Value> {
        let file = network.released(&self.label)?.join("chaincode/server/connection.json");
        let mode = fs::metadata(&file)?.permissions().mode() & 0o777;
        ensure!(mode == 0o600, "the mode of {} is {mode:o}", file.display());
        Ok(serde_json::from_slice(&fs::read(&file)?)?)
    }
}
