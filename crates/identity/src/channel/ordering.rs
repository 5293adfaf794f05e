//! A channel that an organization of its own orders, as in Fabric's test network (fabric-samples
//! `test-network/configtx/configtx.yaml`).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use ccs_proto::common::{ConfigGroup, ConfigValue, OrdererAddresses};
use ccs_proto::etcdraft::{ConfigMetadata, Consenter, Options};
use ccs_proto::orderer::{ChannelRestrictions, ConsensusType};
use ccs_proto::peer::{AnchorPeer, AnchorPeers};
use prost::Message as _;

use super::group::{Values, organization_group, value};
use crate::msp::Msp;
use crate::msp_id::MspId;
use crate::role::Role;

/// Name of the organization's group in the test network.
const GROUP: &str = "OrdererOrg";

/// Organization that orders a channel, and the anchor peers of the others.
#[derive(Clone, Debug)]
pub struct OrderingPlan {
    /// MSP of the organization.
    pub msp: Arc<Msp>,
    /// Address of the only consenter, which is also the address for clients.
    pub consenter: Endpoint,
    /// TLS certificate of the consenter, as PEM.
    pub certificate: String,
    /// Anchor peer of each organization.
    pub anchor_peers: BTreeMap<MspId, Endpoint>,
}

/// Host and port of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Name or address of the host.
    pub host: String,
    /// Port.
    pub port: u16,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// Returns the group of the organization that orders.
pub(super) fn groups(plan: &OrderingPlan) -> BTreeMap<String, ConfigGroup> {
    let mut organization = organization_group(&plan.msp, &[Role::Member], &[Role::Member]);
    let endpoints = OrdererAddresses { addresses: vec![plan.consenter.to_string()] };
    organization.values.extend([value("Endpoints", &endpoints)]);
    [(GROUP.to_owned(), organization)].into()
}

/// Returns the values of the orderers' group for the plan's consenter.
pub(super) fn values(plan: &OrderingPlan) -> Values {
    let certificate = plan.certificate.as_bytes().to_vec();
    let consenter = Consenter {
        host: plan.consenter.host.clone(),
        port: plan.consenter.port.into(),
        client_tls_cert: certificate.clone(),
        server_tls_cert: certificate,
    };
    let options = Options {
        tick_interval: "500ms".to_owned(),
        election_tick: 10,
        heartbeat_tick: 1,
        max_inflight_blocks: 5,
        snapshot_interval_size: 16 * 1024 * 1024,
    };
    let metadata = ConfigMetadata { consenters: vec![consenter], options: Some(options) };
    [consensus_type(metadata.encode_to_vec()), value("ChannelRestrictions", &ChannelRestrictions::default())]
        .into()
}

/// Returns the consensus type, whose metadata names the consenters.
pub(super) fn consensus_type(metadata: Vec<u8>) -> (String, ConfigValue) {
    let kind = ConsensusType { r#type: "etcdraft".to_owned(), metadata, ..Default::default() };
    value("ConsensusType", &kind)
}

/// Returns the group of an organization with peers.
pub(super) fn peer_organization_group(msp: &Msp, plan: &OrderingPlan) -> ConfigGroup {
    let (readers, writers) = ([Role::Admin, Role::Peer, Role::Client], [Role::Admin, Role::Client]);
    let mut organization = organization_group(msp, &readers, &writers);
    if let Some(Endpoint { host, port }) = plan.anchor_peers.get(msp.id()) {
        let anchor_peers = vec![AnchorPeer { host: host.clone(), port: i32::from(*port) }];
        organization.values.extend([value("AnchorPeers", &AnchorPeers { anchor_peers })]);
    }
    organization
}
