//! The endorsement policies of a chaincode, from its definition.

use ccs_channel::{Definition, IMPLICIT, members};
use ccs_identity::{MspId, SignaturePolicy};
use ccs_proto::common::{ApplicationPolicy, application_policy::Type};
use ccs_proto::peer::StaticCollectionConfig;
use ccs_proto::peer::collection_config::Payload;
use prost::Message;

/// Endorsement policies for the writes of a chaincode on a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChaincodePolicies {
    /// Policy for writes outside of collections that have their own policy.
    pub endorsement_policy: EndorsementPolicy,
    /// Policies of the collections.
    pub collections: Vec<CollectionPolicies>,
}

/// Members and endorsement policy of a collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectionPolicies {
    /// Name of the collection.
    pub name: String,
    /// Policy that decides which clients and peers may read the values.
    pub members: SignaturePolicy,
    /// Number of other members' peers that must exist, so that an endorsing peer can distribute the values.
    pub required_peer_count: i32,
    /// Endorsement policy of the collection; [`None`] to use that of the chaincode.
    pub endorsement_policy: Option<EndorsementPolicy>,
    /// Number of blocks for which a value is kept; 0 means forever.
    pub block_to_live: u64,
}

/// Endorsement policy of a chaincode or collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndorsementPolicy {
    /// The channel's default policy: a majority of its organizations.
    Channel,
    /// A specific signature policy.
    Signature(SignaturePolicy),
}

/// Returns whether the peers of an organization store the values of a collection: its member policy names the
/// organization, or the collection is the organization's implicit one.
#[must_use]
pub fn is_member(organization: &MspId, collection: &str, policies: Option<&ChaincodePolicies>) -> bool {
    if let Some(owner) = collection.strip_prefix(IMPLICIT) {
        return owner == organization.as_str();
    }
    let collection = policies.and_then(|policies| policies.collection(collection));
    collection.is_some_and(|collection| collection.members.organizations().contains(organization))
}

impl ChaincodePolicies {
    /// Returns the collection with the given name.
    #[must_use]
    pub fn collection(&self, name: &str) -> Option<&CollectionPolicies> {
        self.collections.iter().find(|collection| collection.name == name)
    }
}

impl From<&Definition> for ChaincodePolicies {
    fn from(definition: &Definition) -> Self {
        let collections = definition.collections.config.iter().filter_map(|config| {
            let Payload::StaticCollectionConfig(collection) = config.payload.as_ref()?;
            Some(collection.into())
        });
        Self {
            endorsement_policy: validation_parameter(&definition.validation_parameter),
            collections: collections.collect(),
        }
    }
}

impl From<&StaticCollectionConfig> for CollectionPolicies {
    fn from(collection: &StaticCollectionConfig) -> Self {
        Self {
            name: collection.name.clone(),
            members: members(collection).ok().flatten().unwrap_or_else(nobody),
            required_peer_count: collection.required_peer_count,
            endorsement_policy: collection.endorsement_policy.as_ref().map(policy),
            block_to_live: collection.block_to_live,
        }
    }
}

/// Decodes the policy of a definition; an empty one means the channel's policy.
fn validation_parameter(bytes: &[u8]) -> EndorsementPolicy {
    if bytes.is_empty() {
        return EndorsementPolicy::Channel;
    }
    let decoded = ApplicationPolicy::decode(bytes);
    decoded.map_or_else(|_| EndorsementPolicy::Signature(nobody()), |decoded| policy(&decoded))
}

/// Decodes a policy. Every channel policy that a definition may name is treated as the endorsement policy.
fn policy(policy: &ApplicationPolicy) -> EndorsementPolicy {
    match &policy.r#type {
        Some(Type::SignaturePolicy(envelope)) => EndorsementPolicy::Signature(
            SignaturePolicy::from_envelope(envelope).unwrap_or_else(|_| nobody()),
        ),
        Some(Type::ChannelConfigPolicyReference(_)) | None => EndorsementPolicy::Channel,
    }
}

/// Returns a policy that no identity satisfies, in place of an unreadable one.
fn nobody() -> SignaturePolicy {
    SignaturePolicy::any_of(Vec::new())
}

#[cfg(test)]
mod tests {
    use ccs_proto::common::SignaturePolicyEnvelope;
    use ccs_proto::peer::{
        CollectionConfig, CollectionConfigPackage, CollectionPolicyConfig, collection_policy_config,
    };

    use super::*;

    fn signature(text: &str) -> ApplicationPolicy {
        let envelope = text.parse::<SignaturePolicy>().unwrap().to_envelope();
        ApplicationPolicy { r#type: Some(Type::SignaturePolicy(envelope)) }
    }

    #[test]
    fn policies_are_those_of_the_definition() {
        let reference = Type::ChannelConfigPolicyReference("/Channel/Application/Endorsement".to_owned());
        let reference = ApplicationPolicy { r#type: Some(reference) };
        let broken =
            ApplicationPolicy { r#type: Some(Type::SignaturePolicy(SignaturePolicyEnvelope::default())) };
        let cases = [
            (Vec::new(), EndorsementPolicy::Channel),
            (reference.encode_to_vec(), EndorsementPolicy::Channel),
            (
                signature("OR('Org1MSP.peer')").encode_to_vec(),
                EndorsementPolicy::Signature("OR('Org1MSP.peer')".parse().unwrap()),
            ),
            (broken.encode_to_vec(), EndorsementPolicy::Signature(nobody())),
            (b"\xff".to_vec(), EndorsementPolicy::Signature(nobody())),
        ];
        for (validation_parameter, expected) in cases {
            let definition = Definition { validation_parameter, ..Definition::default() };
            assert_eq!(ChaincodePolicies::from(&definition).endorsement_policy, expected);
        }
    }

    #[test]
    fn collections_have_members_and_may_have_a_policy() {
        let members = "OR('Org1MSP.member')".parse::<SignaturePolicy>().unwrap();
        let payload = collection_policy_config::Payload::SignaturePolicy(members.to_envelope());
        let with_members = StaticCollectionConfig {
            name: "secrets".to_owned(),
            member_orgs_policy: Some(CollectionPolicyConfig { payload: Some(payload) }),
            endorsement_policy: Some(signature("OR('Org2MSP.peer')")),
            required_peer_count: 2,
            block_to_live: 3,
            ..StaticCollectionConfig::default()
        };
        let without =
            StaticCollectionConfig { name: "empty".to_owned(), ..StaticCollectionConfig::default() };
        let config = [with_members, without].map(|collection| CollectionConfig {
            payload: Some(Payload::StaticCollectionConfig(collection)),
        });
        let collections = CollectionConfigPackage { config: config.to_vec() };
        let definition = Definition { collections, ..Definition::default() };
        let expected = [
            CollectionPolicies {
                name: "secrets".to_owned(),
                members,
                required_peer_count: 2,
                endorsement_policy: Some(EndorsementPolicy::Signature("OR('Org2MSP.peer')".parse().unwrap())),
                block_to_live: 3,
            },
            CollectionPolicies {
                name: "empty".to_owned(),
                members: nobody(),
                required_peer_count: 0,
                endorsement_policy: None,
                block_to_live: 0,
            },
        ];
        assert_eq!(ChaincodePolicies::from(&definition).collections, expected);
    }
}
