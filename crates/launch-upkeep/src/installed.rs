//! The peer's list of its packages: `peer lifecycle chaincode queryinstalled --output json`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use ccs_launch::{ExitCode, Failure};
use ccs_peer_volume::InstalledPackage;
use serde::Deserialize;

/// The packages, and the channels that use them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Installed {
    used: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    installed_chaincodes: Option<Vec<InstalledPackage>>,
}

impl Installed {
    /// Reads the document.
    pub fn parse(content: &[u8]) -> Result<Self, Failure> {
        let refused = |reason: String| {
            Failure::new(ExitCode::Usage, format!("the list of installed packages: {reason}"))
                .with_hint("peer lifecycle chaincode queryinstalled --output json > installed.json writes it")
        };
        let document: Document =
            serde_json::from_slice(content).map_err(|error| refused(error.to_string()))?;
        let packages = document
            .installed_chaincodes
            .ok_or_else(|| refused("the key installed_chaincodes is missing".to_owned()))?;
        let used = packages.into_iter().filter(InstalledPackage::is_used).map(|package| package.package_id);
        Ok(Self { used: used.collect() })
    }

    /// Reads the document in a file.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let content = fs::read(path).map_err(|error| {
            Failure::new(ExitCode::InputOutput, format!("cannot read {}: {error}", path.display()))
        })?;
        Self::parse(&content)
    }

    /// Tells whether a channel uses a package.
    #[must_use]
    pub fn is_used(&self, package_id: &str) -> bool {
        self.used.contains(package_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_document_is_refused() {
        for (text, part) in [
            ("{}", "the key installed_chaincodes is missing"),
            (r#"{"chaincode_definitions":[]}"#, "the key installed_chaincodes is missing"),
            ("[", "EOF while parsing"),
        ] {
            let failure = Installed::parse(text.as_bytes()).unwrap_err();
            assert!(failure.line().contains(part), "{}", failure.line());
            assert!(failure.line().contains("queryinstalled --output json"), "{}", failure.line());
        }
        assert!(!Installed::parse(br#"{"installed_chaincodes":[]}"#).unwrap().is_used("a:00"));
    }
}
