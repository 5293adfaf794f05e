//! The configuration of a development channel, and its first block.
//!
//! Groups, values and policies are those that `configtxgen` generates from the test network's profile (Fabric 3.1
//! `sampleconfig/configtx.yaml`). The same organizations are the orderers, because one process is both peer and
//! orderer.

mod msp_config;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use ccs_proto::common::implicit_meta_policy::Rule as Quantity;
use ccs_proto::common::policy::PolicyType;
use ccs_proto::common::{
    self, BlockDataHashingStructure, Capabilities, Capability, Config, ConfigEnvelope, ConfigGroup,
    ConfigPolicy, ConfigValue, HashingAlgorithm, HeaderType, ImplicitMetaPolicy, OrdererAddresses, Policy,
};
use ccs_proto::orderer::{BatchSize, BatchTimeout, ConsensusType};
use prost::Message;
use sha2::{Digest as _, Sha256};

use crate::msp::Msp;
use crate::policy::{Principal, SignaturePolicy};
use crate::role::Role;

/// Policy for changes of the configuration. This peer allows none, but readers expect the name.
const MOD_POLICY: &str = "Admins";

/// Description of a channel to create.
#[derive(Clone, Debug)]
pub struct ChannelPlan {
    /// Name of the channel.
    pub name: String,
    /// Organizations of the channel.
    pub organizations: Vec<Arc<Msp>>,
    /// Address of the orderer, `host:port`.
    pub orderer: String,
}

/// Creates block 0 of a channel, which contains its configuration. The same plan and time yield the same bytes.
///
/// The organizations' members are readers and writers, and their admins are administrators. Endorsements, and
/// definitions of chaincode, need a peer of a majority of the organizations.
#[must_use]
pub fn genesis_block(plan: &ChannelPlan, now: SystemTime) -> common::Block {
    let header = common::ChannelHeader {
        r#type: HeaderType::Config.into(),
        version: 1,
        timestamp: Some(now.into()),
        channel_id: plan.name.clone(),
        ..Default::default()
    };
    let header = common::Header { channel_header: header.encode_to_vec(), signature_header: Vec::new() };
    let config = Config { sequence: 0, channel_group: Some(channel_group(plan)) };
    let envelope = ConfigEnvelope { config: Some(config), last_update: None };
    let payload = common::Payload { header: Some(header), data: envelope.encode_to_vec() };
    let envelope =
        common::Envelope { payload: payload.encode_to_vec(), signature: Vec::new() }.encode_to_vec();
    let header = common::BlockHeader {
        number: 0,
        previous_hash: Vec::new(),
        data_hash: Sha256::digest(&envelope).to_vec(),
    };
    common::Block {
        header: Some(header),
        data: Some(common::BlockData { data: vec![envelope] }),
        metadata: Some(common::BlockMetadata { metadata: metadata() }),
    }
}

/// Returns the five metadata entries: signatures, last configuration, transaction codes, and two that stay empty.
fn metadata() -> Vec<Vec<u8>> {
    let last = common::LastConfig { index: 0 };
    let orderer = common::OrdererBlockMetadata { last_config: Some(last), consenter_metadata: Vec::new() };
    let entry = |value: Vec<u8>| common::Metadata { value, signatures: Vec::new() }.encode_to_vec();
    // Code 0 means valid; this is the only transaction of the block.
    vec![entry(orderer.encode_to_vec()), entry(last.encode_to_vec()), vec![0], Vec::new(), Vec::new()]
}

fn channel_group(plan: &ChannelPlan) -> ConfigGroup {
    ConfigGroup {
        groups: BTreeMap::from([
            ("Application".to_owned(), application_group(plan)),
            ("Orderer".to_owned(), orderer_group(plan)),
        ]),
        values: BTreeMap::from([
            value("HashingAlgorithm", &HashingAlgorithm { name: "SHA256".to_owned() }),
            value("BlockDataHashingStructure", &BlockDataHashingStructure { width: u32::MAX }),
            value("OrdererAddresses", &OrdererAddresses { addresses: vec![plan.orderer.clone()] }),
            capability("V2_0"),
        ]),
        policies: usual_policies(),
        ..group()
    }
}

fn application_group(plan: &ChannelPlan) -> ConfigGroup {
    let mut policies = usual_policies();
    policies.extend([
        meta("Endorsement", Quantity::Majority, "Endorsement"),
        meta("LifecycleEndorsement", Quantity::Majority, "Endorsement"),
    ]);
    let organizations = plan.organizations.iter().map(|msp| {
        let mut organization = organization_group(msp);
        organization.policies.extend([signed("Endorsement", msp, Role::Peer)]);
        (msp.id().to_string(), organization)
    });
    let groups = organizations.collect();
    ConfigGroup { groups, values: BTreeMap::from([capability("V2_5")]), policies, ..group() }
}

fn orderer_group(plan: &ChannelPlan) -> ConfigGroup {
    let endpoints = OrdererAddresses { addresses: vec![plan.orderer.clone()] };
    let organizations = plan.organizations.iter().map(|msp| {
        let mut organization = organization_group(msp);
        organization.values.extend([value("Endpoints", &endpoints)]);
        (msp.id().to_string(), organization)
    });
    let mut policies = usual_policies();
    policies.extend([meta("BlockValidation", Quantity::Any, "Writers")]);
    let batch = BatchSize {
        max_message_count: 10,
        absolute_max_bytes: 99 * 1024 * 1024,
        preferred_max_bytes: 512 * 1024,
    };
    let values = BTreeMap::from([
        value("ConsensusType", &ConsensusType { r#type: "etcdraft".to_owned(), ..Default::default() }),
        value("BatchSize", &batch),
        value("BatchTimeout", &BatchTimeout { timeout: "2s".to_owned() }),
        capability("V2_0"),
    ]);
    ConfigGroup { groups: organizations.collect(), values, policies, ..group() }
}

fn organization_group(msp: &Msp) -> ConfigGroup {
    let policies = [
        signed("Readers", msp, Role::Member),
        signed("Writers", msp, Role::Member),
        signed("Admins", msp, Role::Admin),
    ];
    ConfigGroup {
        values: BTreeMap::from([value("MSP", &msp_config::msp_config(msp.settings()))]),
        policies: BTreeMap::from(policies),
        ..group()
    }
}

fn group() -> ConfigGroup {
    ConfigGroup { mod_policy: MOD_POLICY.to_owned(), ..Default::default() }
}

fn value(name: &str, message: &impl Message) -> (String, ConfigValue) {
    let value = ConfigValue { version: 0, value: message.encode_to_vec(), mod_policy: MOD_POLICY.to_owned() };
    (name.to_owned(), value)
}

fn capability(name: &str) -> (String, ConfigValue) {
    value("Capabilities", &Capabilities { capabilities: [(name.to_owned(), Capability {})].into() })
}

fn usual_policies() -> BTreeMap<String, ConfigPolicy> {
    BTreeMap::from([
        meta("Readers", Quantity::Any, "Readers"),
        meta("Writers", Quantity::Any, "Writers"),
        meta("Admins", Quantity::Majority, "Admins"),
    ])
}

/// Returns a policy over the policies with the given name in the subgroups.
fn meta(name: &str, quantity: Quantity, below: &str) -> (String, ConfigPolicy) {
    let policy = ImplicitMetaPolicy { sub_policy: below.to_owned(), rule: quantity.into() };
    (name.to_owned(), config_policy(PolicyType::ImplicitMeta, policy.encode_to_vec()))
}

fn signed(name: &str, msp: &Msp, role: Role) -> (String, ConfigPolicy) {
    let policy = SignaturePolicy::any_of(vec![Principal::role(msp.id().clone(), role)]);
    (name.to_owned(), config_policy(PolicyType::Signature, policy.to_envelope().encode_to_vec()))
}

fn config_policy(kind: PolicyType, value: Vec<u8>) -> ConfigPolicy {
    let policy = Policy { r#type: kind.into(), value };
    ConfigPolicy { version: 0, policy: Some(policy), mod_policy: MOD_POLICY.to_owned() }
}
