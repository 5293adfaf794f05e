//! The first block of a channel.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ccs_identity::{ChannelPlan, SignaturePolicy, genesis_block};
use ccs_proto::common::{
    Block, ChannelHeader, ConfigEnvelope, ConfigGroup, Envelope, HeaderType, OrdererAddresses, Payload,
};
use ccs_proto::msp::{FabricMspConfig, MspConfig};
use prost::Message as _;
use sha2::{Digest as _, Sha256};

use crate::network::Organization;

fn plan(organizations: &[&Organization]) -> ChannelPlan {
    ChannelPlan {
        name: "mychannel".to_owned(),
        organizations: organizations.iter().map(|organization| Arc::clone(&organization.msp)).collect(),
        orderer: "localhost:7051".to_owned(),
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
