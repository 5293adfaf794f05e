//! Configuration of a chaincode's collections, in the format of the peer command's `--collections-config`.
//!
//! The keys and rules are those of Fabric 3.1 `internal/peer/chaincode/common.go` and
//! `core/chaincode/lifecycle/{scc,validator}.go`.

use std::collections::HashSet;
use std::str::FromStr;

use ccs_identity::{PolicySyntaxError, Principal, Rule, SignaturePolicy};
use ccs_proto::common::{ApplicationPolicy, application_policy};
use ccs_proto::peer::collection_config::Payload;
use ccs_proto::peer::collection_policy_config;
use ccs_proto::peer::{
    CollectionConfig, CollectionConfigPackage, CollectionPolicyConfig, StaticCollectionConfig,
};
use serde::Deserialize;

/// Collections of a chaincode.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CollectionsConfig(CollectionConfigPackage);

/// Error from parsing a collections configuration.
#[derive(Debug, thiserror::Error)]
pub enum CollectionsConfigError {
    /// The text is not JSON of the expected form.
    #[error("not a list of collections: {0}")]
    Json(serde_json::Error),
    /// The name of a collection is invalid.
    #[error("collection {0:?}: the name may contain letters, digits, - and _, and must not begin with _")]
    Name(String),
    /// Two collections have the same name.
    #[error("collection {0}: duplicate name")]
    Twice(String),
    /// A policy cannot be parsed.
    #[error("collection {collection}: {key}: {reason}")]
    Policy {
        /// Name of the collection.
        collection: String,
        /// Key of the policy in the configuration.
        key: &'static str,
        /// Syntax error in the policy.
        reason: PolicySyntaxError,
    },
    /// The member policy requires several organizations.
    #[error("collection {0}: policy: only an OR of roles can define the members")]
    NotOr(String),
    /// The peer counts contradict each other.
    #[error("collection {collection}: {reason}")]
    Peers {
        /// Name of the collection.
        collection: String,
        /// Description of the error.
        reason: String,
    },
    /// The collection has two endorsement policies.
    #[error("collection {0}: endorsementPolicy: either signaturePolicy or channelConfigPolicy, not both")]
    TwoPolicies(String),
}

// The message above contains the cause, so it is not a source as well.
impl From<serde_json::Error> for CollectionsConfigError {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

impl CollectionsConfigError {
    /// Returns the next step for the user.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Json(_) => Some(
                r#"write [{"name": "secrets", "policy": "OR('Org1MSP.member')", "requiredPeerCount": 0, "maxPeerCount": 1, "blockToLive": 0, "memberOnlyRead": true}]"#
                    .to_owned(),
            ),
            Self::Policy { reason, .. } => reason.hint(),
            Self::NotOr(_) => Some("write OR('Org1MSP.member', 'Org2MSP.member')".to_owned()),
            Self::Name(_) | Self::Twice(_) | Self::Peers { .. } | Self::TwoPolicies(_) => None,
        }
    }
}

/// Collection in the form of the file.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Entry {
    name: String,
    policy: String,
    required_peer_count: i32,
    max_peer_count: i32,
    #[serde(default)]
    block_to_live: u64,
    #[serde(default)]
    member_only_read: bool,
    #[serde(default)]
    member_only_write: bool,
    endorsement_policy: Option<EndorsementPolicy>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct EndorsementPolicy {
    #[serde(default)]
    signature_policy: String,
    #[serde(default)]
    channel_config_policy: String,
}

impl FromStr for CollectionsConfig {
    type Err = CollectionsConfigError;

    fn from_str(text: &str) -> Result<Self, CollectionsConfigError> {
        let entries: Vec<Entry> = serde_json::from_str(text)?;
        let mut names = HashSet::new();
        for entry in &entries {
            if !is_name(&entry.name) {
                return Err(CollectionsConfigError::Name(entry.name.clone()));
            }
            if !names.insert(entry.name.as_str()) {
                return Err(CollectionsConfigError::Twice(entry.name.clone()));
            }
        }
        let config = entries.into_iter().map(Entry::config).collect::<Result<_, _>>()?;
        Ok(Self(CollectionConfigPackage { config }))
    }
}

impl From<CollectionsConfig> for CollectionConfigPackage {
    fn from(collections: CollectionsConfig) -> Self {
        collections.0
    }
}

/// Returns whether a text matches `[A-Za-z0-9-]+([A-Za-z0-9_-]+)*`.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let is_character = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    text.bytes().all(is_character) && text.bytes().next().is_some_and(|first| first != b'_')
}

/// Returns whether any single role in a rule satisfies it.
fn is_or_of_roles(rule: &Rule) -> bool {
    match rule {
        Rule::SignedBy(principal) => matches!(principal, Principal::Role { .. }),
        Rule::OutOf { n, rules } => *n == 1 && rules.iter().all(is_or_of_roles),
    }
}

impl Entry {
    fn config(self) -> Result<CollectionConfig, CollectionsConfigError> {
        let members = policy(&self.name, "policy", &self.policy)?;
        if !is_or_of_roles(members.rule()) {
            return Err(CollectionsConfigError::NotOr(self.name));
        }
        let peers = |reason: String| CollectionsConfigError::Peers { collection: self.name.clone(), reason };
        if self.required_peer_count < 0 {
            return Err(peers(format!("requiredPeerCount {} is below 0", self.required_peer_count)));
        }
        if self.max_peer_count < self.required_peer_count {
            return Err(peers(format!(
                "maxPeerCount {} is below requiredPeerCount {}",
                self.max_peer_count, self.required_peer_count
            )));
        }
        let endorsement_policy = match &self.endorsement_policy {
            Some(endorsement) => endorsement.policy(&self.name)?,
            None => None,
        };
        let members = collection_policy_config::Payload::SignaturePolicy(members.to_envelope());
        let collection = StaticCollectionConfig {
            name: self.name,
            member_orgs_policy: Some(CollectionPolicyConfig { payload: Some(members) }),
            required_peer_count: self.required_peer_count,
            maximum_peer_count: self.max_peer_count,
            block_to_live: self.block_to_live,
            member_only_read: self.member_only_read,
            member_only_write: self.member_only_write,
            endorsement_policy,
        };
        Ok(CollectionConfig { payload: Some(Payload::StaticCollectionConfig(collection)) })
    }
}

impl EndorsementPolicy {
    fn policy(&self, collection: &str) -> Result<Option<ApplicationPolicy>, CollectionsConfigError> {
        let given = match (self.signature_policy.as_str(), self.channel_config_policy.as_str()) {
            ("", "") => return Ok(None),
            ("", reference) => application_policy::Type::ChannelConfigPolicyReference(reference.to_owned()),
            (text, "") => application_policy::Type::SignaturePolicy(
                policy(collection, "endorsementPolicy.signaturePolicy", text)?.to_envelope(),
            ),
            _ => return Err(CollectionsConfigError::TwoPolicies(collection.to_owned())),
        };
        Ok(Some(ApplicationPolicy { r#type: Some(given) }))
    }
}

fn policy(
    collection: &str,
    key: &'static str,
    text: &str,
) -> Result<SignaturePolicy, CollectionsConfigError> {
    text.parse().map_err(|reason| CollectionsConfigError::Policy {
        collection: collection.to_owned(),
        key,
        reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<CollectionConfigPackage, String> {
        text.parse::<CollectionsConfig>().map(Into::into).map_err(|error| error.to_string())
    }

    fn with(changes: &str) -> String {
        format!(
            r#"[{{"name":"secrets","policy":"OR('Org1MSP.member')","requiredPeerCount":0,"maxPeerCount":1{changes}}}]"#
        )
    }

    #[test]
    fn a_file_of_the_peer_command_is_read() {
        let text = with(
            r#","blockToLive":3,"memberOnlyRead":true,"endorsementPolicy":{"signaturePolicy":"OR('Org1MSP.peer')"}"#,
        );
        let package = parse(&text).unwrap();
        let Some(Payload::StaticCollectionConfig(collection)) = &package.config[0].payload else { panic!() };
        assert_eq!((collection.name.as_str(), collection.block_to_live), ("secrets", 3));
        assert_eq!((collection.member_only_read, collection.member_only_write), (true, false));
        let members = crate::members(collection).unwrap().unwrap();
        assert_eq!(members.to_string(), "OR('Org1MSP.member')");
        let endorsement = collection.endorsement_policy.as_ref().and_then(|policy| policy.r#type.as_ref());
        assert!(matches!(endorsement, Some(application_policy::Type::SignaturePolicy(_))));
    }

    #[test]
    fn what_a_channel_would_not_agree_on_is_refused() {
        for (text, expected) in [
            (with("").replace("secrets", "_secrets"), "collection \"_secrets\": the name may contain"),
            (format!("[{0},{0}]", with("").trim_matches(['[', ']'])), "collection secrets: duplicate name"),
            (with("").replace("OR(", "OR["), "collection secrets: policy: "),
            (
                with("").replace("OR('Org1MSP.member')", "AND('Org1MSP.member','Org2MSP.member')"),
                "collection secrets: policy: only an OR of roles can define the members",
            ),
            (
                with("").replace(r#"ount":0"#, r#"ount":2"#),
                "collection secrets: maxPeerCount 1 is below requiredPeerCount 2",
            ),
            (
                with("").replace(r#"ount":0"#, r#"ount":-1"#),
                "collection secrets: requiredPeerCount -1 is below 0",
            ),
            (
                with(r#","endorsementPolicy":{"signaturePolicy":"OR('A.peer')","channelConfigPolicy":"/P"}"#),
                "collection secrets: endorsementPolicy: either signaturePolicy or channelConfigPolicy, not both",
            ),
            (with(r#","blockToLife":3"#), "not a list of collections: unknown field `blockToLife`"),
            ("{}".to_owned(), "not a list of collections: "),
        ] {
            let error = parse(&text).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
