//! Configuration of a chaincode's collections, in the format of the peer command's `--collections-config`.
//!
//! The keys and rules are those of Fabric 3.1 `internal/peer/chaincode/common.go` and
//! `core/chaincode/lifecycle/{scc,validator}.go`.

use std::collections::HashSet;

use ccs_files::json::{self, Json, Kind, Object, SyntaxError, TypeError};
use ccs_identity::{PolicySyntaxError, Principal, Rule, SignaturePolicy};
use ccs_proto::common::{ApplicationPolicy, application_policy};
use ccs_proto::peer::collection_config::Payload;
use ccs_proto::peer::collection_policy_config;
use ccs_proto::peer::{
    CollectionConfig, CollectionConfigPackage, CollectionPolicyConfig, StaticCollectionConfig,
};

/// Collections of a chaincode.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CollectionsConfig(CollectionConfigPackage);

/// Error from parsing a collections configuration.
#[derive(Debug, thiserror::Error)]
pub enum CollectionsConfigError {
    /// The text is not JSON.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// The text is JSON, but not a list of objects.
    #[error("expected a list of collections, found {0}")]
    NotAList(Kind),
    /// A collection is not an object.
    #[error("expected a collection, found {0}")]
    NotAnObject(Kind),
    /// A key of a collection has a value of the wrong type.
    #[error("collection {collection:?}: {reason}")]
    Type {
        /// Name of the collection.
        collection: String,
        /// Description of the error.
        reason: TypeError,
    },
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

impl CollectionsConfigError {
    /// Returns the next step for the user.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Syntax(error) => error.hint(),
            Self::NotAList(_) | Self::NotAnObject(_) => Some(
                r#"write [{"name": "secrets", "policy": "OR('Org1MSP.member')", "requiredPeerCount": 0, "maxPeerCount": 1, "blockToLive": 0, "memberOnlyRead": true}]"#
                    .to_owned(),
            ),
            Self::Policy { reason, .. } => reason.hint(),
            Self::NotOr(_) => Some("write OR('Org1MSP.member', 'Org2MSP.member')".to_owned()),
            Self::Type { .. } | Self::Name(_) | Self::Twice(_) | Self::Peers { .. } | Self::TwoPolicies(_) => None,
        }
    }
}

/// Every key of a collection that the peer command reads.
const KEYS: [&str; 8] = [
    "name",
    "policy",
    "requiredPeerCount",
    "maxPeerCount",
    "blockToLive",
    "memberOnlyRead",
    "memberOnlyWrite",
    "endorsementPolicy",
];

/// Every key of an endorsement policy that the peer command reads.
const POLICY_KEYS: [&str; 2] = ["signaturePolicy", "channelConfigPolicy"];

/// Number of peers to which the peer command distributes private data if `maxPeerCount` is absent.
const DEFAULT_MAX_PEER_COUNT: i32 = 1;

/// Key that has no effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownKey {
    /// Name of the collection.
    pub collection: String,
    /// The key in its original form, truncated.
    pub key: String,
    /// The keys that the peer command reads there.
    known: &'static [&'static str],
}

impl UnknownKey {
    /// Returns the next step for the user.
    #[must_use]
    pub fn hint(&self) -> String {
        format!("use one of {}, or remove the key", self.known.join(", "))
    }
}

impl std::fmt::Display for UnknownKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "collection {}: the peer command ignores the key {:?}", self.collection, self.key)
    }
}

/// Collection in the form of the file.
struct Entry {
    name: String,
    policy: String,
    required_peer_count: i32,
    max_peer_count: i32,
    block_to_live: u64,
    member_only_read: bool,
    member_only_write: bool,
    endorsement_policy: Option<EndorsementPolicy>,
}

struct EndorsementPolicy {
    signature_policy: String,
    channel_config_policy: String,
}

impl CollectionsConfig {
    /// Parses a file as the peer command does, with its defaults. Also returns the keys that the command ignores.
    pub fn parse(content: &[u8]) -> Result<(Self, Vec<UnknownKey>), CollectionsConfigError> {
        let document = json::parse(content)?;
        if document.kind() != Kind::Array {
            return Err(CollectionsConfigError::NotAList(document.kind()));
        }
        let (mut names, mut config, mut unknown) = (HashSet::new(), Vec::new(), Vec::new());
        for element in document.elements() {
            let entry = Entry::read(element, &mut unknown)?;
            if !is_name(&entry.name) {
                return Err(CollectionsConfigError::Name(entry.name));
            }
            if !names.insert(entry.name.clone()) {
                return Err(CollectionsConfigError::Twice(entry.name));
            }
            config.push(entry.config()?);
        }
        Ok((Self(CollectionConfigPackage { config }), unknown))
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

/// Adds the keys of an object that the peer command does not read.
fn add_unknown(
    (object, known): (&Object<'_>, &'static [&'static str]),
    collection: &str,
    unknown: &mut Vec<UnknownKey>,
) {
    unknown.extend(object.others(known).map(|(key, _)| UnknownKey {
        collection: collection.to_owned(),
        key: key.chars().take(60).collect(),
        known,
    }));
}

impl Entry {
    fn read(element: Json<'_>, unknown: &mut Vec<UnknownKey>) -> Result<Self, CollectionsConfigError> {
        let object =
            element.as_object().ok_or_else(|| CollectionsConfigError::NotAnObject(element.kind()))?;
        let name = object.string("name");
        let collection = name.clone().ok().flatten().unwrap_or_default();
        let wrong = |reason| CollectionsConfigError::Type { collection: collection.clone(), reason };
        let text = |key| object.string(key).map(Option::unwrap_or_default).map_err(wrong);
        let flag = |key| object.boolean(key).map(Option::unwrap_or_default).map_err(wrong);
        let count = |key| object.field(key, "an integer", integer::<i32>).map_err(wrong);
        let blocks = object.field("blockToLive", "an integer that is 0 or greater", integer::<u64>);
        add_unknown((&object, &KEYS), &collection, unknown);
        let endorsement = object.field("endorsementPolicy", "an object", Json::as_object).map_err(wrong)?;
        let endorsement_policy = match endorsement {
            Some(policy) => {
                add_unknown((&policy, &POLICY_KEYS), &collection, unknown);
                let text = |key| policy.string(key).map(Option::unwrap_or_default).map_err(wrong);
                Some(EndorsementPolicy {
                    signature_policy: text("signaturePolicy")?,
                    channel_config_policy: text("channelConfigPolicy")?,
                })
            }
            None => None,
        };
        Ok(Self {
            name: name.map_err(wrong)?.unwrap_or_default(),
            policy: text("policy")?,
            required_peer_count: count("requiredPeerCount")?.unwrap_or_default(),
            max_peer_count: count("maxPeerCount")?.unwrap_or(DEFAULT_MAX_PEER_COUNT),
            block_to_live: blocks.map_err(wrong)?.unwrap_or_default(),
            member_only_read: flag("memberOnlyRead")?,
            member_only_write: flag("memberOnlyWrite")?,
            endorsement_policy,
        })
    }

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

/// Parses a number that Go stores in an integer: without a fraction or exponent, and in its range.
fn integer<T: std::str::FromStr>(value: Json<'_>) -> Option<T> {
    value.as_number()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<CollectionConfigPackage, String> {
        CollectionsConfig::parse(text.as_bytes())
            .map(|(collections, _)| collections.into())
            .map_err(|error| error.to_string())
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
    fn absent_peer_counts_have_the_defaults_of_the_peer_command() {
        let text = r#"[{"name":"c1","policy":"OR('Org1MSP.member')"},
            {"NAME":"c2","policy":"OR('Org1MSP.member')","requiredPeerCount":null,"maxPeerCount":null},
            {"name":"c3","policy":"OR('Org1MSP.member')","maxPeerCount":0}]"#;
        let counts: Vec<_> = parse(text)
            .unwrap()
            .config
            .iter()
            .map(|config| {
                let Some(Payload::StaticCollectionConfig(collection)) = &config.payload else { panic!() };
                (collection.name.clone(), collection.required_peer_count, collection.maximum_peer_count)
            })
            .collect();
        assert_eq!(counts, [("c1".to_owned(), 0, 1), ("c2".to_owned(), 0, 1), ("c3".to_owned(), 0, 0)]);
    }

    #[test]
    fn unknown_keys_are_returned_with_the_known_ones() {
        let text = with(r#","blockToLife":3,"endorsementPolicy":{"signature":"OR('Org1MSP.peer')"}"#);
        let (_, unknown) = CollectionsConfig::parse(text.as_bytes()).unwrap();
        let lines: Vec<_> = unknown.iter().map(|key| format!("{key}; {}", key.hint())).collect();
        assert_eq!(
            lines,
            [
                "collection secrets: the peer command ignores the key \"blockToLife\"; use one of name, policy, \
                 requiredPeerCount, maxPeerCount, blockToLive, memberOnlyRead, memberOnlyWrite, endorsementPolicy, or \
                 remove the key",
                "collection secrets: the peer command ignores the key \"signature\"; use one of signaturePolicy, \
                 channelConfigPolicy, or remove the key",
            ]
        );
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
            (
                with(r#","blockToLive":-3"#),
                "collection \"secrets\": key blockToLive holds a number, not an integer",
            ),
            (
                with(r#","blockToLive":1.5"#),
                "collection \"secrets\": key blockToLive holds a number, not an integer",
            ),
            (
                with("").replace(r#"ount":0"#, r#"ount":"0""#),
                "collection \"secrets\": key requiredPeerCount holds a string, not an integer",
            ),
            ("{}".to_owned(), "expected a list of collections, found an object"),
            ("[1]".to_owned(), "expected a collection, found a number"),
            ("[".to_owned(), "line 1"),
        ] {
            let error = parse(&text).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
