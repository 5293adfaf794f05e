//! Answers of a peer in a network with two organizations.

#![expect(clippy::unwrap_used, reason = "helpers of tests may stop, as tests do")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ccs_discovery::{Answer, JoinedPeer, Network, Peer, answer};
use ccs_identity::{ChannelPlan, MspManager, Orderer, Organization, OrganizationPlan, genesis_block};
use ccs_layouts::{Chaincode, Collection};
use ccs_proto::common::{Config, ConfigEnvelope, Envelope, Payload};
use ccs_proto::discovery::query::Query as Kind;
use ccs_proto::discovery::query_result::Result as Content;
use ccs_proto::discovery::{
    ChaincodeQuery, ConfigQuery, ConfigResult, LocalPeerQuery, PeerMembershipQuery, PeerMembershipResult,
    Query,
};
use ccs_proto::gossip::gossip_message::{Content as Announcement, Tag};
use ccs_proto::gossip::{self, GossipMessage, PeerTime};
use ccs_proto::msp::SerializedIdentity;
use ccs_proto::peer::{ChaincodeCall, ChaincodeInterest};
use prost::Message;
use sha2::{Digest as _, Sha256};

/// Fake network: the peers of two organizations, and the channel `mychannel`.
struct FakeNetwork {
    peers: Vec<Arc<Peer>>,
    msps: MspManager,
    config: Config,
    /// Chaincodes of each peer.
    chaincodes: Vec<BTreeMap<String, String>>,
    /// Number of peers that have joined the channel.
    joined: usize,
    is_admin: bool,
    is_writer: bool,
}

fn started() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_hours(500_000)
}

fn now() -> SystemTime {
    started() + Duration::from_mins(1)
}

fn network() -> FakeNetwork {
    let organizations: Vec<_> = (1..=2)
        .map(|n| {
            let plan = OrganizationPlan {
                msp_id: format!("Org{n}MSP").parse().unwrap(),
                domain: format!("org{n}.example.com").parse().unwrap(),
                hosts: Vec::new(),
                endpoint: format!("localhost:{n}7051"),
            };
            Organization::in_memory(&plan, SystemTime::now()).unwrap()
        })
        .collect();
    let msps: Vec<_> = organizations.iter().map(|organization| Arc::clone(organization.msp())).collect();
    let plan = ChannelPlan {
        name: "mychannel".to_owned(),
        organizations: msps.clone(),
        orderer: Orderer::Members("orderer.example.com:7050".to_owned()),
    };
    let block = genesis_block(&plan, SystemTime::now());
    let envelope = Envelope::decode(block.data.unwrap().data[0].as_slice()).unwrap();
    let payload = Payload::decode(envelope.payload.as_slice()).unwrap();
    let peers = organizations.iter().zip(1..).map(|(organization, n)| {
        let endpoint = format!("peer0.org{n}.example.com:{n}7051");
        Arc::new(Peer { signer: Arc::clone(organization.peer()), endpoint, started: started() })
    });
    let runs = |names: &[(&str, &str)]| {
        names.iter().map(|(name, version)| ((*name).to_owned(), (*version).to_owned())).collect()
    };
    FakeNetwork {
        peers: peers.collect(),
        msps: MspManager::new(msps),
        config: ConfigEnvelope::decode(payload.data.as_slice()).unwrap().config.unwrap(),
        chaincodes: vec![
            runs(&[("_lifecycle", "1"), ("basic", "2"), ("one", "2")]),
            runs(&[("_lifecycle", "1"), ("basic", "2"), ("one", "1")]),
        ],
        joined: 2,
        is_admin: true,
        is_writer: true,
    }
}

impl Network for FakeNetwork {
    fn own(&self) -> Arc<Peer> {
        Arc::clone(&self.peers[0])
    }

    fn peers(&self) -> Vec<Arc<Peer>> {
        self.peers.clone()
    }

    fn has_channel(&self, channel: &str) -> bool {
        channel == "mychannel"
    }

    fn admit_to_peers(&self) -> Result<(), String> {
        if self.is_admin { Ok(()) } else { Err("no admin".to_owned()) }
    }

    fn admit_to_channel(&self, channel: &str) -> Result<(), String> {
        if self.is_writer { Ok(()) } else { Err(format!("no writer of {channel}")) }
    }

    fn config(&self, _: &str) -> Result<Config, String> {
        Ok(self.config.clone())
    }

    fn joined(&self, _: &str) -> Vec<JoinedPeer> {
        let joined = |(peer, chaincodes): (&Arc<Peer>, &BTreeMap<_, _>)| JoinedPeer {
            peer: Arc::clone(peer),
            identity: self.msps.identify(peer.signer.creator()).unwrap(),
            height: 7,
            chaincodes: chaincodes.clone(),
        };
        self.peers.iter().zip(&self.chaincodes).take(self.joined).map(joined).collect()
    }

    fn chaincode(&self, _: &str, name: &str) -> Option<Chaincode> {
        let members = "OR('Org1MSP.member')".parse().unwrap();
        let collection = Collection { name: "secrets".to_owned(), members, endorsement_policy: None };
        let policy = match name {
            "basic" => "AND('Org1MSP.peer', 'Org2MSP.peer')",
            "one" => "OR('Org1MSP.peer', 'Org2MSP.peer')",
            _ => return None,
        };
        Some(Chaincode {
            version: "2".to_owned(),
            policy: policy.parse().unwrap(),
            collections: vec![collection],
        })
    }
}

fn ask(network: &FakeNetwork, channel: &str, kind: Option<Kind>) -> Answer {
    answer(network, &Query { channel: channel.to_owned(), query: kind }, now())
}

/// Returns the text of an error, and the reason that the client does not receive.
fn refusal(network: &FakeNetwork, channel: &str, kind: Option<Kind>) -> (String, Option<String>) {
    let Answer { result, reason } = ask(network, channel, kind);
    match result.result.unwrap() {
        Content::Error(error) => (error.content, reason),
        other => (format!("{other:?}"), reason),
    }
}

fn members(network: &FakeNetwork, channel: &str, kind: Kind) -> PeerMembershipResult {
    match ask(network, channel, Some(kind)).result.result {
        Some(Content::Members(members)) => members,
        _ => PeerMembershipResult::default(),
    }
}

fn interest(name: &str, collections: &[&str]) -> ChaincodeInterest {
    let call = ChaincodeCall {
        name: name.to_owned(),
        collection_names: collections.iter().map(|&name| name.to_owned()).collect(),
        ..ChaincodeCall::default()
    };
    ChaincodeInterest { chaincodes: vec![call] }
}

fn peers_with(name: &str, collections: &[&str]) -> Kind {
    Kind::PeerQuery(PeerMembershipQuery { filter: Some(interest(name, collections)) })
}

fn endorsers(interests: Vec<ChaincodeInterest>) -> Kind {
    Kind::CcQuery(ChaincodeQuery { interests })
}

fn opened(envelope: &gossip::Envelope) -> GossipMessage {
    GossipMessage::decode(envelope.payload.as_slice()).unwrap()
}

#[test]
fn the_configuration_names_organizations_and_orderers() {
    let network = network();
    let found = ask(&network, "mychannel", Some(Kind::ConfigQuery(ConfigQuery {})));
    let Some(Content::ConfigResult(ConfigResult { msps, orderers })) = found.result.result else { panic!() };
    assert_eq!(msps.keys().collect::<Vec<_>>(), ["Org1MSP", "Org2MSP"]);
    let first = &msps["Org1MSP"];
    assert_eq!((first.name.as_str(), first.root_certs.len(), first.tls_root_certs.len()), ("Org1MSP", 1, 1));
    assert!(first.fabric_node_ous.as_ref().unwrap().enable && first.crypto_config.is_some());
    for endpoints in orderers.values() {
        let [endpoint] = endpoints.endpoint.as_slice() else { panic!("{endpoints:?}") };
        assert_eq!((endpoint.host.as_str(), endpoint.port), ("orderer.example.com", 7050));
    }
    assert!(!orderers.is_empty());
}

#[test]
fn without_addresses_of_their_own_orderers_have_those_of_the_channel() {
    let mut network = network();
    let channel = network.config.channel_group.as_mut().unwrap();
    let groups = &mut channel.groups.get_mut("Orderer").unwrap().groups;
    for group in groups.values_mut() {
        group.values.remove("Endpoints");
    }
    let found = ask(&network, "mychannel", Some(Kind::ConfigQuery(ConfigQuery {})));
    let Some(Content::ConfigResult(found)) = found.result.result else { panic!() };
    assert!(found.orderers.values().all(|endpoints| endpoints.endpoint[0].host == "orderer.example.com"));
    network.config.channel_group.as_mut().unwrap().groups.remove("Orderer");
    assert_eq!(
        refusal(&network, "mychannel", Some(Kind::ConfigQuery(ConfigQuery {}))),
        (
            "failed fetching config for channel mychannel".to_owned(),
            Some("the configuration has no group Orderer".to_owned())
        )
    );
}

#[test]
fn a_peer_announces_its_address_and_its_state() {
    let network = network();
    let found = members(&network, "mychannel", Kind::PeerQuery(PeerMembershipQuery::default()));
    assert_eq!(found.peers_by_org.keys().collect::<Vec<_>>(), ["Org1MSP", "Org2MSP"]);
    for (n, peer) in
        [(0, &found.peers_by_org["Org1MSP"].peers[0]), (1, &found.peers_by_org["Org2MSP"].peers[0])]
    {
        let known = &network.peers[n];
        assert_eq!(peer.identity, known.signer.creator());
        let identity = network.msps.identify(&peer.identity).unwrap();
        let serialized = SerializedIdentity::decode(peer.identity.as_slice()).unwrap();
        let pki_id = Sha256::digest([serialized.mspid.as_bytes(), &serialized.id_bytes].concat()).to_vec();

        let envelope = peer.membership_info.as_ref().unwrap();
        let message = opened(envelope);
        assert_eq!(message.tag(), Tag::Empty);
        let Some(Announcement::AliveMsg(alive)) = message.content else { panic!() };
        let member = alive.membership.unwrap();
        assert_eq!((member.endpoint.as_str(), &member.pki_id), (known.endpoint.as_str(), &pki_id));
        let began = 1_800_000_000_000_000_000;
        assert_eq!(alive.timestamp, Some(PeerTime { inc_num: began, seq_num: 13 }));
        if n == 0 {
            assert!(envelope.signature.is_empty());
        } else {
            identity.verify(&envelope.payload, &envelope.signature).unwrap();
        }

        let envelope = peer.state_info.as_ref().unwrap();
        identity.verify(&envelope.payload, &envelope.signature).unwrap();
        let message = opened(envelope);
        assert_eq!(message.tag(), Tag::ChanOrOrg);
        let Some(Announcement::StateInfo(state)) = message.content else { panic!() };
        assert_eq!(state.channel_mac, Sha256::digest([&pki_id[..], b"mychannel"].concat()).to_vec());
        assert_eq!(state.timestamp, Some(PeerTime { inc_num: began, seq_num: began + 60_000_000_000 }));
        let properties = state.properties.unwrap();
        assert_eq!((properties.ledger_height, properties.left_channel), (7, false));
        let chaincodes =
            properties.chaincodes.into_iter().map(|chaincode| (chaincode.name, chaincode.version));
        assert_eq!(chaincodes.collect::<BTreeMap<_, _>>(), network.chaincodes[n]);
    }
}

#[test]
fn an_organization_without_peers_on_the_channel_keeps_its_entry() {
    let mut network = network();
    network.joined = 1;
    let counts = |found: PeerMembershipResult| {
        found.peers_by_org.into_values().map(|peers| peers.peers.len()).collect::<Vec<_>>()
    };
    let all = Kind::PeerQuery(PeerMembershipQuery::default());
    assert_eq!(counts(members(&network, "mychannel", all)), [1, 0]);
    network.joined = 2;
    assert_eq!(counts(members(&network, "mychannel", peers_with("one", &[]))), [1, 0]);
    assert_eq!(counts(members(&network, "mychannel", peers_with("basic", &[]))), [1, 1]);
    assert_eq!(counts(members(&network, "mychannel", peers_with("basic", &["secrets"]))), [1, 0]);
    let local = members(&network, "", Kind::LocalPeers(LocalPeerQuery {}));
    assert!(local.peers_by_org.values().flat_map(|peers| &peers.peers).all(|peer| peer.state_info.is_none()));
    assert_eq!(counts(local), [1, 1]);
    assert_eq!(
        refusal(&network, "mychannel", Some(peers_with("nowhere", &[]))).0,
        "No metadata was found for chaincode nowhere in channel mychannel"
    );
}

#[test]
fn a_descriptor_has_the_peers_of_each_group() {
    let network = network();
    let found =
        ask(&network, "mychannel", Some(endorsers(vec![interest("basic", &[]), interest("one", &[])])));
    let Some(Content::CcQueryRes(found)) = found.result.result else { panic!() };
    let [basic, one] = found.content.as_slice() else { panic!() };
    let quantities =
        |layout: &[(&str, u32)]| layout.iter().map(|(group, count)| ((*group).to_owned(), *count)).collect();
    assert_eq!((basic.chaincode.as_str(), basic.layouts.len()), ("basic", 1));
    assert_eq!(basic.layouts[0].quantities_by_group, quantities(&[("G0", 1), ("G1", 1)]));
    for (group, peer) in [("G0", &network.peers[0]), ("G1", &network.peers[1])] {
        let peers = &basic.endorsers_by_groups[group].peers;
        assert_eq!(peers.len(), 1);
        assert_eq!(peers[0].identity, peer.signer.creator());
        assert!(peers[0].state_info.is_some() && peers[0].membership_info.is_some());
    }
    // The second peer has an older definition.
    assert_eq!(one.layouts.len(), 1);
    assert_eq!(one.endorsers_by_groups["G0"].peers[0].identity, network.peers[0].signer.creator());
}

#[test]
fn a_client_without_access_receives_nothing_else() {
    let mut network = network();
    let config = || Some(Kind::ConfigQuery(ConfigQuery {}));
    let denied = |reason: &str| ("access denied".to_owned(), Some(reason.to_owned()));
    assert_eq!(refusal(&network, "other", config()), denied("this peer has not joined channel other"));
    network.is_writer = false;
    assert_eq!(refusal(&network, "mychannel", config()), denied("no writer of mychannel"));
    network.is_admin = false;
    assert_eq!(refusal(&network, "", Some(Kind::LocalPeers(LocalPeerQuery {}))), denied("no admin"));
}

#[test]
fn a_query_that_cannot_be_answered_has_a_text() {
    let network = network();
    let (local, config) =
        (Some(Kind::LocalPeers(LocalPeerQuery {})), Some(Kind::ConfigQuery(ConfigQuery {})));
    let unknown = ("unknown or missing request type".to_owned(), None);
    assert_eq!(refusal(&network, "mychannel", local), unknown);
    assert_eq!(refusal(&network, "mychannel", None), unknown);
    assert_eq!(refusal(&network, "", config), unknown);
    for (interests, text, reason) in [
        (vec![], "chaincode query must have at least one chaincode interest", None),
        (vec![ChaincodeInterest::default()], "chaincode interest must contain at least one chaincode", None),
        (vec![interest("", &[])], "chaincode name in interest cannot be empty", None),
        (
            vec![interest("basic", &[]), interest("nowhere", &[])],
            r#"failed constructing descriptor for chaincodes:{name:"nowhere"}"#,
            Some("No metadata was found for chaincode nowhere in channel mychannel"),
        ),
        (
            vec![interest("basic", &["secrets"])],
            r#"failed constructing descriptor for chaincodes:{name:"basic" collection_names:"secrets"}"#,
            Some("no peer combination can satisfy the endorsement policy"),
        ),
    ] {
        let expected = (text.to_owned(), reason.map(str::to_owned));
        assert_eq!(refusal(&network, "mychannel", Some(endorsers(interests))), expected);
    }
}
