//! Rules for some chaincodes: which they are for, and what counts for them.

use serde::{Deserialize, Serialize};

use super::{Docker, Process, glob};

/// What counts for the chaincodes that it matches.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rule {
    /// Which chaincodes are meant; without a condition, all.
    #[serde(rename = "match")]
    pub matches: Match,
    /// The namespace of the chaincode.
    pub namespace: Option<String>,
    /// What is laid over the pod template, as in `kubectl patch --type strategic`.
    pub pod: Option<serde_json::Value>,
    /// What counts for the process.
    pub process: Process,
    /// What counts for the container.
    pub docker: Docker,
}

/// Conditions, all of which must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Match {
    /// A pattern for the label; `*` stands for any text, `?` for one character.
    pub label: Option<String>,
    /// The whole package ID.
    pub package: Option<String>,
    /// The type in metadata.json, in any case.
    #[serde(rename = "type")]
    pub chaincode_type: Option<String>,
    /// Who dials.
    pub role: Option<Role>,
}

/// Who dials: the chaincode, or the peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The chaincode dials the peer.
    #[default]
    Client,
    /// The peer dials the chaincode.
    Server,
}

/// The chaincode that rules are asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject<'a> {
    /// The package ID.
    pub package: &'a str,
    /// The type in metadata.json.
    pub chaincode_type: &'a str,
    /// Who dials.
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
