//! Packages whose chaincode the peer dials, and an install may start.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use serde_json::Value;

use super::network::Network;
use super::packages::{pack, package_id};

/// A package of the type `ccaas` with connection.json and image.json.
pub(crate) struct Served {
    pub(crate) file: PathBuf,
    pub(crate) label: String,
    pub(crate) id: String,
}

impl Served {
    /// Makes one whose connection.json leads to an address, and whose install starts an image where a builder does that.
    pub(crate) fn make(folder: &Path, label: &str, (address, image): (&str, &str)) -> Result<Self> {
        let source = folder.join(format!("source-{label}"));
        fs::create_dir(&source)?;
        fs::write(source.join("metadata.json"), format!(r#"{{"type":"ccaas","label":"{label}"}}"#))?;
        fs::write(source.join("connection.json"), format!(r#"{{"address":"{address}"}}"#))?;
        fs::write(source.join("image.json"), image)?;
        let file = pack(&source, &["connection.json", "image.json"])?;
        Ok(Self { id: package_id(label, &file)?, label: label.to_owned(), file })
    }

    /// Returns the connection.json that the peer reads, which nobody else may read.
    pub(crate) fn released(&self, network: &Network<'_>) -> Result<Value> {
        let file = network.released(&self.label)?.join("chaincode/server/connection.json");
        let mode = fs::metadata(&file)?.permissions().mode() & 0o777;
        ensure!(mode == 0o600, "the mode of {} is {mode:o}", file.display());
        Ok(serde_json::from_slice(&fs::read(&file)?)?)
    }
}
