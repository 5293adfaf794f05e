//! Rules for some chaincode: conditions and settings.

use serde::{Deserialize, Serialize};

use super::{Docker, Process, glob};

/// Settings for the chaincode that it matches.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rule {
    /// The conditions; without any, the rule matches all chaincode.
    #[serde(rename = "match")]
    pub matches: Match,
    /// The namespace of the chaincode.
    pub namespace: Option<String>,
    /// The overlay for the pod template, as in `kubectl patch --type strategic`.
    pub pod: Option<serde_json::Value>,
    /// Settings for the process.
    pub process: Process,
    /// Settings for the container.
    pub docker: Docker,
}

/// Conditions. A rule matches if all of them hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Match {
    /// A pattern for the label; `*` stands for any text, `?` for one character.
    pub label: Option<String>,
    /// The whole package ID.
    pub package: Option<String>,
    /// The type in metadata.json, ignoring case.
    #[serde(rename = "type")]
    pub chaincode_type: Option<String>,
    /// The role.
    pub role: Option<Role>,
}

/// The role of the chaincode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The chaincode dials the peer.
    #[default]
    Client,
    /// The peer dials the chaincode.
    Server,
}

/// The chaincode for which rules are selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject<'a> {
    /// The package ID.
    pub package: &'a str,
    /// The type in metadata.json.
    pub chaincode_type: &'a str,
    /// The role.
    pub role: Role,
}

impl Match {
    /// Tells whether every condition holds.
    #[must_use]
    pub fn fits(&self, subject: &Subject<'_>) -> bool {
        let label = subject.package.rsplit_once(':').map_or(subject.package, |(label, _)| label);
        self.label.as_ref().is_none_or(|pattern| glob::fits(pattern, label))
            && self.package.as_ref().is_none_or(|package| package == subject.package)
            && self
                .chaincode_type
                .as_ref()
                .is_none_or(|wanted| wanted.eq_ignore_ascii_case(subject.chaincode_type))
            && self.role.is_none_or(|role| role == subject.role)
    }
}
