//! The chaincodes of a [`Peer`] as the services see them.

use std::sync::Arc;

use ccs_chaincode::{Call, Gap, InvokeError, Peer, TransactionError};
use ccs_channel::{Definition, members};
use ccs_identity::SignaturePolicy;
use ccs_ledger::Committed;
use ccs_proto::common::{ApplicationPolicy, application_policy::Type};
use ccs_proto::peer::StaticCollectionConfig;
use ccs_proto::peer::collection_config::Payload;
use prost::Message;

use crate::contracts::{
    CollectionDefinition, ContractCall, ContractDefinition, ContractResult, Contracts, EndorsementPolicy,
    PackageInUse,
};

#[tonic::async_trait]
impl Contracts for Arc<Peer> {
    fn definition(&self, channel: &str, chaincode: &str) -> Option<Arc<ContractDefinition>> {
        // A definition that cannot be read is as good as none: nothing is run or committed under it.
        let definition = self.channel(channel)?.definition(chaincode).ok()??;
        Some(Arc::new(ContractDefinition::from(&*definition)))
    }

    fn gap(&self, channel: &str, chaincode: &str) -> Option<Gap> {
        let channel = self.channel(channel)?;
        let definition = channel.definition(chaincode).ok()??;
        self.id_of(&channel, chaincode, &definition).err()
    }

    fn packages_in_use(&self, channel: &str) -> Vec<PackageInUse> {
        let Some(channel) = self.channel(channel) else { return Vec::new() };
        let used = |chaincode: String| {
            let definition = channel.definition(&chaincode).ok()??;
            let package_id = self.id_of(&channel, &chaincode, &definition).ok()?;
            Some(PackageInUse { package_id, chaincode, version: definition.version.clone() })
        };
        channel.defined().unwrap_or_default().into_iter().filter_map(used).collect()
    }

    async fn execute(&self, call: ContractCall) -> Result<ContractResult, TransactionError> {
        let ContractCall { channel, chaincode, input, proposal, creator, transaction_id, simulation } = call;
        let channel = self.channel(&channel).ok_or_else(|| TransactionError::Invoke {
            id: transaction_id.clone(),
            error: InvokeError::Undefined { channel, chaincode: chaincode.clone() },
        })?;
        let creator = Some(creator);
        let call = Call { channel, chaincode, input, transaction_id, proposal, creator, simulation };
        let completed = Peer::execute(self, call).await?;
        Ok(ContractResult { response: completed.response, event: completed.event })
    }

    fn copy(&self, channel: &str, block: &Committed) -> Option<String> {
        Peer::copy(self, channel, block)
    }

    fn committed(&self, _: &str, block: &Committed) -> Vec<String> {
        Peer::committed(self, block)
    }
}

impl From<&Definition> for ContractDefinition {
    fn from(definition: &Definition) -> Self {
        let collections = definition.collections.config.iter().filter_map(|config| {
            let Payload::StaticCollectionConfig(collection) = config.payload.as_ref()?;
            Some(collection.into())
        });
        Self {
            version: definition.version.clone(),
            endorsement_policy: validation_parameter(&definition.validation_parameter),
            collections: collections.collect(),
        }
    }
}

impl From<&StaticCollectionConfig> for CollectionDefinition {
    fn from(collection: &StaticCollectionConfig) -> Self {
        Self {
            name: collection.name.clone(),
            members: members(collection).ok().flatten().unwrap_or_else(nobody),
            endorsement_policy: collection.endorsement_policy.as_ref().map(policy),
            block_to_live: collection.block_to_live,
        }
    }
}

/// Reads the policy of a definition; none is the channel's.
fn validation_parameter(bytes: &[u8]) -> EndorsementPolicy {
    if bytes.is_empty() {
        return EndorsementPolicy::Channel;
    }
    let decoded = ApplicationPolicy::decode(bytes);
    decoded.map_or_else(|_| EndorsementPolicy::Signature(nobody()), |decoded| policy(&decoded))
}

/// Reads a policy. All policies of the channel that a definition may name are the one that endorsement has.
fn policy(policy: &ApplicationPolicy) -> EndorsementPolicy {
    match &policy.r#type {
        Some(Type::SignaturePolicy(envelope)) => EndorsementPolicy::Signature(
            SignaturePolicy::from_envelope(envelope).unwrap_or_else(|_| nobody()),
        ),
        Some(Type::ChannelConfigPolicyReference(_)) | None => EndorsementPolicy::Channel,
    }
}

/// Gives the policy that nobody satisfies, in place of one that cannot be read.
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
            assert_eq!(ContractDefinition::from(&definition).endorsement_policy, expected);
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
            CollectionDefinition {
                name: "secrets".to_owned(),
                members,
                endorsement_policy: Some(EndorsementPolicy::Signature("OR('Org2MSP.peer')".parse().unwrap())),
                block_to_live: 3,
            },
            CollectionDefinition {
                name: "empty".to_owned(),
                members: nobody(),
                endorsement_policy: None,
                block_to_live: 0,
            },
        ];
        assert_eq!(ContractDefinition::from(&definition).collections, expected);
    }
}
