//! The packages of a peer, as `peer lifecycle chaincode queryinstalled --output json` lists them (Fabric 3.1
//! `internal/peer/lifecycle/chaincode`).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

/// Element of the list `installed_chaincodes`.
#[derive(Clone, Debug, Deserialize)]
pub struct InstalledPackage {
    /// The package ID.
    pub package_id: String,
    /// For each channel, the committed definitions with the package.
    #[serde(default)]
    references: Option<BTreeMap<String, References>>,
}

#[derive(Clone, Debug, Deserialize)]
struct References {
    #[serde(default)]
    chaincodes: Option<Vec<IgnoredAny>>,
}

impl InstalledPackage {
    /// Returns whether a committed definition uses the package on any channel.
    #[must_use]
    pub fn is_used(&self) -> bool {
        let mut references = self.references.iter().flat_map(BTreeMap::values);
        references.any(|channel| channel.chaincodes.iter().any(|chaincodes| !chaincodes.is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_used_if_a_channel_has_a_definition_with_it() {
        let is_used = |rest: &str| {
            let text = format!(r#"{{"package_id":"a:00","label":"a"{rest}}}"#);
            serde_json::from_str::<InstalledPackage>(&text).unwrap().is_used()
        };
        assert!(is_used(r#","references":{"one":{},"two":{"chaincodes":[{"name":"a","version":"1"}]}}"#));
        assert!(!is_used(r#","references":{"one":{"chaincodes":[]},"two":{"chaincodes":null}}"#));
        assert!(!is_used(r#","references":null"#));
        assert!(!is_used(""));
    }
}
