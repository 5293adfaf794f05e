//! The first block of a channel.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ccs_identity::{
    Certificate, ChannelPlan, Endpoint, Msp, MspSettings, NodeUnits, Orderer, OrderingPlan, SignaturePolicy,
    genesis_block,
};
use ccs_proto::common::policy::PolicyType;
use ccs_proto::common::{
    Block, ChannelHeader, ConfigEnvelope, ConfigGroup, Envelope, HeaderType, ImplicitMetaPolicy,
    OrdererAddresses, Payload,
};
use ccs_proto::etcdraft::{ConfigMetadata, Consenter, Options};
use ccs_proto::msp::{FabricMspConfig, MspConfig};
use ccs_proto::orderer::{BatchSize, ConsensusType};
use ccs_proto::peer::{AnchorPeer, AnchorPeers};
use prost::Message as _;
use sha2::{Digest as _, Sha256};

use crate::network::{Organization, id};

fn plan(organizations: &[&Organization]) -> ChannelPlan {
    ChannelPlan {
        name: "mychannel".to_owned(),
        organizations: organizations.iter().map(|organization| Arc::clone(&organization.msp)).collect(),
        orderer: Orderer::Members("localhost:7051".to_owned()),
    }
}

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

fn payload(block: &Block) -> Payload {
    let envelope = Envelope::decode(block.data.as_ref().unwrap().data[0].as_slice()).unwrap();
    Payload::decode(envelope.payload.as_slice()).unwrap()
}

fn channel_group(block: &Block) -> ConfigGroup {
    let envelope = ConfigEnvelope::decode(payload(block).data.as_slice()).unwrap();
    envelope.config.unwrap().channel_group.unwrap()
}

#[test]
fn the_block_is_a_configuration_with_its_hash() {
    let block = genesis_block(&plan(&[&Organization::new("Org1MSP")]), now());
    let header = block.header.as_ref().unwrap();
    let data = &block.data.as_ref().unwrap().data;
    assert_eq!((header.number, header.previous_hash.as_slice()), (0, &[][..]));
    assert_eq!(header.data_hash, Sha256::digest(&data[0]).to_vec());
    assert_eq!(data.len(), 1);
    let metadata = &block.metadata.as_ref().unwrap().metadata;
    assert_eq!((metadata.len(), metadata[2].as_slice()), (5, &[0][..]));
    let header = payload(&block).header.unwrap();
    let header = ChannelHeader::decode(header.channel_header.as_slice()).unwrap();
    assert_eq!(header.r#type, i32::from(HeaderType::Config));
    assert_eq!((header.channel_id.as_str(), header.tx_id.as_str()), ("mychannel", ""));
    assert_eq!(header.timestamp.unwrap().seconds, 1_700_000_000);
}

#[test]
fn one_plan_gives_one_block() {
    let (one, two) = (Organization::new("Org1MSP"), Organization::new("Org2MSP"));
    let plan = plan(&[&one, &two]);
    let bytes = || genesis_block(&plan, now()).encode_to_vec();
    assert_eq!(bytes(), bytes());
}

#[test]
fn each_organization_has_its_msp_and_its_policies() {
    let (one, two) = (Organization::new("Org1MSP"), Organization::new("Org2MSP"));
    let group = channel_group(&genesis_block(&plan(&[&one, &two]), now()));
    let application = &group.groups["Application"];
    let names: Vec<_> = application.groups.keys().map(String::as_str).collect();
    assert_eq!(names, ["Org1MSP", "Org2MSP"]);
    let organization = &application.groups["Org2MSP"];
    let policies = organization.policies.iter().map(|(name, policy)| {
        let policy = SignaturePolicy::decode(&policy.policy.as_ref().unwrap().value).unwrap();
        format!("{name}: {policy}")
    });
    assert_eq!(
        policies.collect::<Vec<_>>(),
        [
            "Admins: OR('Org2MSP.admin')",
            "Endorsement: OR('Org2MSP.peer')",
            "Readers: OR('Org2MSP.member')",
            "Writers: OR('Org2MSP.member')",
        ]
    );
    let msp = MspConfig::decode(organization.values["MSP"].value.as_slice()).unwrap();
    let msp = FabricMspConfig::decode(msp.config.as_slice()).unwrap();
    assert_eq!(msp.name, "Org2MSP");
    assert_eq!(msp.root_certs, [two.ca.certificate().pem().into_bytes()]);
    let units = msp.fabric_node_ous.unwrap();
    assert_eq!(units.peer_ou_identifier.unwrap().organizational_unit_identifier, "peer");
    let endpoints = &group.groups["Orderer"].groups["Org1MSP"].values["Endpoints"].value;
    assert_eq!(OrdererAddresses::decode(endpoints.as_slice()).unwrap().addresses, ["localhost:7051"]);
}

/// Ledgers of one organization compare their block 0 with the one of an earlier release.
#[test]
fn the_block_of_organizations_that_order_themselves_stays_the_same() {
    let ca = Certificate::from_pem(include_bytes!("../fixtures/ca.pem")).unwrap();
    let mut settings = MspSettings::new(id("Org1MSP"), ca.clone());
    settings.node_units = Some(NodeUnits::usual(Some(&ca)));
    let plan = ChannelPlan {
        name: "mychannel".to_owned(),
        organizations: vec![Arc::new(Msp::new(settings).unwrap())],
        orderer: Orderer::Members("localhost:7051".to_owned()),
    };
    let block = genesis_block(&plan, now()).encode_to_vec();
    assert_eq!(
        hex::encode(Sha256::digest(block)),
        "66b546e0b270523fd24f120befc5028e40a6f90c0423440c875de30dd391e7e2"
    );
}

fn test_network() -> (ConfigGroup, [Organization; 3]) {
    let [one, two, orderer] = ["Org1MSP", "Org2MSP", "OrdererMSP"].map(Organization::new);
    let endpoint = |host: &str, port| Endpoint { host: host.to_owned(), port };
    let ordering = OrderingPlan {
        msp: Arc::clone(&orderer.msp),
        consenter: endpoint("orderer.example.com", 7050),
        certificate: "CERTIFICATE".to_owned(),
        anchor_peers: [
            (id("Org1MSP"), endpoint("peer0.org1.example.com", 7051)),
            (id("Org2MSP"), endpoint("peer0.org2.example.com", 9051)),
        ]
        .into(),
    };
    let plan = ChannelPlan { orderer: Orderer::Organization(ordering), ..plan(&[&one, &two]) };
    (channel_group(&genesis_block(&plan, now())), [one, two, orderer])
}

/// Returns a line for each value and policy of a group and its subgroups.
fn lines(path: &str, group: &ConfigGroup) -> Vec<String> {
    let mod_policy =
        |found: &str| if found == "Admins" { String::new() } else { format!(" changed by {found}") };
    let mut lines: Vec<_> = vec![format!("{path}{}", mod_policy(&group.mod_policy))];
    lines.extend(
        group.values.iter().map(|(name, value)| format!("{path}.{name}{}", mod_policy(&value.mod_policy))),
    );
    lines.extend(group.policies.iter().map(|(name, policy)| {
        assert_eq!(policy.mod_policy, "Admins");
        let policy = policy.policy.as_ref().unwrap();
        let text = if policy.r#type == i32::from(PolicyType::Signature) {
            SignaturePolicy::decode(&policy.value).unwrap().to_string()
        } else {
            let meta = ImplicitMetaPolicy::decode(policy.value.as_slice()).unwrap();
            format!("{} {}", meta.rule().as_str_name(), meta.sub_policy)
        };
        format!("{path} {name}: {text}")
    }));
    let below = group.groups.iter().flat_map(|(name, group)| lines_of(path, name, group));
    lines.extend(below.collect::<Vec<_>>());
    lines
}

fn lines_of(path: &str, name: &str, group: &ConfigGroup) -> Vec<String> {
    lines(&format!("{path}/{name}"), group)
}

/// As decoded from block 0 of Fabric's test network, after the updates of the anchor peers.
#[test]
fn with_an_organization_that_orders_the_configuration_is_that_of_the_test_network() {
    let (group, _) = test_network();
    let organization = |number: u8| {
        let path = format!("/Channel/Application/Org{number}MSP");
        let member = |role: &str| format!("'Org{number}MSP.{role}'");
        let [admin, peer, client] = ["admin", "peer", "client"].map(member);
        vec![
            path.clone(),
            format!("{path}.AnchorPeers"),
            format!("{path}.MSP"),
            format!("{path} Admins: OR({admin})"),
            format!("{path} Endorsement: OR({peer})"),
            format!("{path} Readers: OR({admin}, {peer}, {client})"),
            format!("{path} Writers: OR({admin}, {client})"),
        ]
    };
    let mut expected: Vec<_> = [
        "/Channel",
        "/Channel.BlockDataHashingStructure",
        "/Channel.Capabilities",
        "/Channel.HashingAlgorithm",
        "/Channel.OrdererAddresses changed by /Channel/Orderer/Admins",
        "/Channel Admins: MAJORITY Admins",
        "/Channel Readers: ANY Readers",
        "/Channel Writers: ANY Writers",
        "/Channel/Application",
        "/Channel/Application.Capabilities",
        "/Channel/Application Admins: MAJORITY Admins",
        "/Channel/Application Endorsement: MAJORITY Endorsement",
        "/Channel/Application LifecycleEndorsement: MAJORITY Endorsement",
        "/Channel/Application Readers: ANY Readers",
        "/Channel/Application Writers: ANY Writers",
    ]
    .map(String::from)
    .into();
    expected.extend([organization(1), organization(2)].concat());
    let orderer = [
        "/Channel/Orderer",
        "/Channel/Orderer.BatchSize",
        "/Channel/Orderer.BatchTimeout",
        "/Channel/Orderer.Capabilities",
        "/Channel/Orderer.ChannelRestrictions",
        "/Channel/Orderer.ConsensusType",
        "/Channel/Orderer Admins: MAJORITY Admins",
        "/Channel/Orderer BlockValidation: ANY Writers",
        "/Channel/Orderer Readers: ANY Readers",
        "/Channel/Orderer Writers: ANY Writers",
        "/Channel/Orderer/OrdererOrg",
        "/Channel/Orderer/OrdererOrg.Endpoints",
        "/Channel/Orderer/OrdererOrg.MSP",
        "/Channel/Orderer/OrdererOrg Admins: OR('OrdererMSP.admin')",
        "/Channel/Orderer/OrdererOrg Readers: OR('OrdererMSP.member')",
        "/Channel/Orderer/OrdererOrg Writers: OR('OrdererMSP.member')",
    ];
    expected.extend(orderer.map(String::from));
    assert_eq!(lines("/Channel", &group), expected);
}

#[test]
fn with_an_organization_that_orders_the_values_name_its_orderer_and_the_anchor_peers() {
    let (group, [_, _, ordering]) = test_network();
    let (application, orderer) = (&group.groups["Application"], &group.groups["Orderer"]);
    for (msp, host, port) in
        [("Org1MSP", "peer0.org1.example.com", 7051), ("Org2MSP", "peer0.org2.example.com", 9051)]
    {
        let value = &application.groups[msp].values["AnchorPeers"].value;
        let anchor_peers = AnchorPeers::decode(value.as_slice()).unwrap().anchor_peers;
        assert_eq!(anchor_peers, [AnchorPeer { host: host.to_owned(), port }]);
    }
    let organization = &orderer.groups["OrdererOrg"];
    for value in [&group.values["OrdererAddresses"], &organization.values["Endpoints"]] {
        let addresses = OrdererAddresses::decode(value.value.as_slice()).unwrap().addresses;
        assert_eq!(addresses, ["orderer.example.com:7050"]);
    }
    let msp = MspConfig::decode(organization.values["MSP"].value.as_slice()).unwrap();
    let msp = FabricMspConfig::decode(msp.config.as_slice()).unwrap();
    assert_eq!(
        (msp.name.as_str(), &msp.root_certs[0]),
        ("OrdererMSP", &ordering.ca.certificate().pem().into_bytes())
    );
    let consensus = ConsensusType::decode(orderer.values["ConsensusType"].value.as_slice()).unwrap();
    assert_eq!((consensus.r#type.as_str(), consensus.state), ("etcdraft", 0));
    let consenter = Consenter {
        host: "orderer.example.com".to_owned(),
        port: 7050,
        client_tls_cert: b"CERTIFICATE".to_vec(),
        server_tls_cert: b"CERTIFICATE".to_vec(),
    };
    let options = Options {
        tick_interval: "500ms".to_owned(),
        election_tick: 10,
        heartbeat_tick: 1,
        max_inflight_blocks: 5,
        snapshot_interval_size: 16_777_216,
    };
    let metadata = ConfigMetadata { consenters: vec![consenter], options: Some(options) };
    assert_eq!(ConfigMetadata::decode(consensus.metadata.as_slice()).unwrap(), metadata);
    let batch = BatchSize::decode(orderer.values["BatchSize"].value.as_slice()).unwrap();
    let sizes = (batch.max_message_count, batch.absolute_max_bytes, batch.preferred_max_bytes);
    assert_eq!(sizes, (10, 103_809_024, 524_288));
}
