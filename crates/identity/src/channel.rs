//! The configuration of a development channel, and its first block.
//!
//! Groups, values and policies are those that `configtxgen` generates from the test network's profile (Fabric 3.1
//! `sampleconfig/configtx.yaml`). Either the same organizations are the orderers, because one process is both peer and
//! orderer, or an organization of its own is.

mod group;
mod msp_config;
mod ordering;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use ccs_proto::common::implicit_meta_policy::Rule as Quantity;
use ccs_proto::common::{
    self, BlockDataHashingStructure, Config, ConfigEnvelope, ConfigGroup, HashingAlgorithm, HeaderType,
    OrdererAddresses,
};
use ccs_proto::orderer::{BatchSize, BatchTimeout};
use prost::Message as _;
use sha2::{Digest as _, Sha256};

use crate::msp::Msp;
use crate::role::Role;
use group::{Values, capability, group, meta, organization_group, signed, usual_policies, value};

pub use ordering::{Endpoint, OrderingPlan};

/// Description of a channel to create.
#[derive(Clone, Debug)]
pub struct ChannelPlan {
    /// Name of the channel.
    pub name: String,
    /// Organizations of the channel.
    pub organizations: Vec<Arc<Msp>>,
    /// The organization that orders.
    pub orderer: Orderer,
}

/// Ordering service of a channel.
#[derive(Clone, Debug)]
pub enum Orderer {
    /// The organizations of the channel order themselves, at this address (`host:port`): one process is both peer and
    /// orderer.
    Members(String),
    /// An organization of its own orders, and the configuration is that of Fabric's test network.
    Organization(OrderingPlan),
}

impl Orderer {
    /// Returns the address of the orderer, `host:port`.
    #[must_use]
    pub fn address(&self) -> String {
        match self {
            Self::Members(address) => address.clone(),
            Self::Organization(ordering) => ordering.consenter.to_string(),
        }
    }
}

/// Creates block 0 of a channel, which contains its configuration. The same plan and time yield the same bytes.
///
/// The organizations' members are readers and writers, and their admins are administrators. With an organization that
/// orders, members other than clients, peers and administrators are not readers, and peers are not writers.
/// Endorsements, and definitions of chaincode, need a peer of a majority of the organizations.
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
    let (name, mut addresses) = value("OrdererAddresses", &addresses(plan));
    let orderers = match &plan.orderer {
        Orderer::Members(_) => {
            orderer_group(member_groups(plan), [ordering::consensus_type(Vec::new())].into())
        }
        Orderer::Organization(ordering) => {
            "/Channel/Orderer/Admins".clone_into(&mut addresses.mod_policy);
            orderer_group(ordering::groups(ordering), ordering::values(ordering))
        }
    };
    ConfigGroup {
        groups: BTreeMap::from([
            ("Application".to_owned(), application_group(plan)),
            ("Orderer".to_owned(), orderers),
        ]),
        values: BTreeMap::from([
            value("HashingAlgorithm", &HashingAlgorithm { name: "SHA256".to_owned() }),
            value("BlockDataHashingStructure", &BlockDataHashingStructure { width: u32::MAX }),
            (name, addresses),
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
        let mut organization = match &plan.orderer {
            Orderer::Members(_) => member_group(msp),
            Orderer::Organization(ordering) => ordering::peer_organization_group(msp, ordering),
        };
        organization.policies.extend([signed("Endorsement", msp, &[Role::Peer])]);
        (msp.id().to_string(), organization)
    });
    let groups = organizations.collect();
    ConfigGroup { groups, values: BTreeMap::from([capability("V2_5")]), policies, ..group() }
}

/// Returns the groups of organizations that order themselves.
fn member_groups(plan: &ChannelPlan) -> BTreeMap<String, ConfigGroup> {
    let organizations = plan.organizations.iter().map(|msp| {
        let mut organization = member_group(msp);
        organization.values.extend([value("Endpoints", &addresses(plan))]);
        (msp.id().to_string(), organization)
    });
    organizations.collect()
}

/// Returns the group of an organization whose members may all read and write.
fn member_group(msp: &Msp) -> ConfigGroup {
    organization_group(msp, &[Role::Member], &[Role::Member])
}

fn addresses(plan: &ChannelPlan) -> OrdererAddresses {
    OrdererAddresses { addresses: vec![plan.orderer.address()] }
}

fn orderer_group(groups: BTreeMap<String, ConfigGroup>, values: Values) -> ConfigGroup {
    let mut policies = usual_policies();
    policies.extend([meta("BlockValidation", Quantity::Any, "Writers")]);
    let batch = BatchSize {
        max_message_count: 10,
        absolute_max_bytes: 99 * 1024 * 1024,
        preferred_max_bytes: 512 * 1024,
    };
    let mut all = BTreeMap::from([
        value("BatchSize", &batch),
        value("BatchTimeout", &BatchTimeout { timeout: "2s".to_owned() }),
        capability("V2_0"),
    ]);
    all.extend(values);
    ConfigGroup { groups, values: all, policies, ..group() }
}
