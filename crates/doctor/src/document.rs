//! The file that `ccs doctor` gets: core.yaml, or a ConfigMap that holds it. Other documents are named, so that the operator
//! sees which file to pass instead.

use std::fmt;

use serde_json::Value;

use crate::yaml::field;

/// A document that is not the configuration of a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OtherDocument {
    /// A template of a Helm chart.
    HelmTemplate,
    /// A file for Docker Compose.
    Compose,
    /// A ConfigMap without the key core.yaml.
    ConfigMap,
    /// Another Kubernetes manifest, by its kind.
    Manifest(String),
    /// A document with none of the sections of core.yaml.
    Unknown,
}

/// The sections of core.yaml (Fabric 3.1 `sampleconfig/core.yaml`).
const SECTIONS: [&str; 6] = ["peer", "vm", "chaincode", "ledger", "operations", "metrics"];

/// The longest kind of a manifest that a message repeats, in characters.
const MAX_KIND: usize = 60;

/// Returns the text of core.yaml: the text itself, or that in the first ConfigMap that has one.
///
/// Text that is not YAML is returned as it is, unless it is a Helm template: reading it reports the error.
pub(crate) fn core_yaml(text: &str) -> Result<String, OtherDocument> {
    let Ok(documents) = serde_saphyr::from_multiple::<Value>(text) else {
        return if text.contains("{{") { Err(OtherDocument::HelmTemplate) } else { Ok(text.to_owned()) };
    };
    let mut config_maps = documents.iter().filter(|document| kind(document) == Some("ConfigMap"));
    if let Some(core) = config_maps.find_map(|document| document["data"]["core.yaml"].as_str()) {
        return Ok(core.to_owned());
    }
    documents.iter().find_map(other).map_or_else(|| Ok(text.to_owned()), Err)
}

/// Returns what a document is, unless it may be core.yaml. A document without any key is an empty configuration.
fn other(document: &Value) -> Option<OtherDocument> {
    let object = document.as_object().filter(|object| !object.is_empty())?;
    match kind(document) {
        Some("ConfigMap") => return Some(OtherDocument::ConfigMap),
        Some(kind) => return Some(OtherDocument::Manifest(kind.chars().take(MAX_KIND).collect())),
        None => {}
    }
    if object.get("services").is_some_and(Value::is_object) {
        return Some(OtherDocument::Compose);
    }
    let is_core = SECTIONS.iter().any(|section| field(document, section).is_some());
    // externalBuilders at the top is a mistake of its own, which has its own finding.
    let has_builders = object.keys().any(|key| is_builders(key));
    (!is_core && !has_builders).then_some(OtherDocument::Unknown)
}

/// Returns whether a key means externalBuilders, even if it is misspelled.
pub(crate) fn is_builders(key: &str) -> bool {
    ["externalBuilders", "externalBuilder"].iter().any(|name| name.eq_ignore_ascii_case(key))
}

/// Returns the kind of a Kubernetes manifest.
fn kind(document: &Value) -> Option<&str> {
    document["apiVersion"].as_str()?;
    document["kind"].as_str()
}

impl OtherDocument {
    /// Says which file to pass instead.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::HelmTemplate => {
                "render it with `helm template`, and pass the ConfigMap that holds core.yaml"
            }
            Self::Compose => {
                "pass the peer's core.yaml, and the variables below `environment` as a file with --env"
            }
            Self::ConfigMap => "pass the ConfigMap that holds core.yaml, or core.yaml itself",
            Self::Manifest(_) => {
                "pass the ConfigMap that holds core.yaml, and the variables below `env` as a file with --env"
            }
            Self::Unknown => "pass the file core.yaml in the folder FABRIC_CFG_PATH of the peer",
        }
    }
}

impl fmt::Display for OtherDocument {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HelmTemplate => formatter.write_str("it is a template of a Helm chart"),
            Self::Compose => formatter.write_str("it is a Docker Compose file"),
            Self::ConfigMap => formatter.write_str("it is a ConfigMap without the key core.yaml"),
            Self::Manifest(kind) => write!(formatter, "it is a Kubernetes manifest of the kind {kind:?}"),
            Self::Unknown => write!(formatter, "it has none of the sections {}", SECTIONS.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::read;

    #[test]
    fn core_yaml_is_taken_from_the_first_config_map_that_has_it() {
        let text = "kind: Service\napiVersion: v1\n---\nkind: ConfigMap\napiVersion: v1\ndata: {core.yaml: 'vm: {}'}\n";
        assert_eq!(core_yaml(text).unwrap(), "vm: {}");
    }

    #[test]
    fn a_key_twice_is_left_to_the_reader() {
        let text = "chaincode: {}\nchaincode: {}\n";
        assert_eq!(core_yaml(text).unwrap(), text);
        assert!(read(text).is_err());
    }

    #[test]
    fn an_empty_document_is_an_empty_configuration() {
        assert_eq!(core_yaml("# nothing\n").unwrap(), "# nothing\n");
    }
}
