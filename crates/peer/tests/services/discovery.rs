//! `discovery.Discovery`, with real signatures.

use ccs_proto::discovery::discovery_client::DiscoveryClient;
use ccs_proto::discovery::query::Query as Kind;
use ccs_proto::discovery::query_result::Result as Content;
use ccs_proto::discovery::{
    AuthInfo, ChaincodeQuery, ConfigQuery, LocalPeerQuery, PeerMembershipQuery, Query, Request, Response,
    SignedRequest,
};
use ccs_proto::gossip::GossipMessage;
use ccs_proto::gossip::gossip_message::Content as Announcement;
use ccs_proto::peer::{ChaincodeCall, ChaincodeInterest};
use prost::Message;
use tonic::{Code, Status};

use ccs_identity::Signer;

use crate::network::{CHANNEL, Organization};
use crate::organizations;
use crate::running::{Running, start};

fn config() -> Kind {
    Kind::ConfigQuery(ConfigQuery {})
}

fn endorsers(chaincode: &str) -> Kind {
    let call = ChaincodeCall { name: chaincode.to_owned(), ..ChaincodeCall::default() };
    Kind::CcQuery(ChaincodeQuery { interests: vec![ChaincodeInterest { chaincodes: vec![call] }] })
}

fn request(client: &Signer, queries: &[(&str, Kind)]) -> Request {
    let queries = queries
        .iter()
        .map(|(channel, kind)| Query { channel: (*channel).to_owned(), query: Some(kind.clone()) });
    // A peer that requests no client certificate has nothing to compare the hash with.
    let client_tls_cert_hash = b"the hash of a certificate".to_vec();
    let authentication = AuthInfo { client_identity: client.creator().to_vec(), client_tls_cert_hash };
    Request { authentication: Some(authentication), queries: queries.collect() }
}

async fn send(peer: &Running, payload: Vec<u8>, signature: Vec<u8>) -> Result<Response, Status> {
    let mut client = DiscoveryClient::new(peer.channel.clone());
    client.discover(SignedRequest { payload, signature }).await.map(tonic::Response::into_inner)
}

/// Returns the results of a client's queries.
async fn ask(peer: &Running, client: &Signer, queries: &[(&str, Kind)]) -> Vec<Content> {
    let payload = request(client, queries).encode_to_vec();
    let signature = client.sign(&payload).unwrap();
    let response = send(peer, payload, signature).await.unwrap();
    response.results.into_iter().map(|result| result.result.unwrap()).collect()
}

fn text(content: &Content) -> &str {
    let Content::Error(error) = content else { return "no error" };
    &error.content
}

#[tokio::test]
async fn a_writer_finds_the_peer_and_its_chaincodes() {
    let peer = start().await;
    let queries = [
        (CHANNEL, Kind::PeerQuery(PeerMembershipQuery::default())),
        (CHANNEL, endorsers("_lifecycle")),
        (CHANNEL, endorsers("nowhere")),
        (CHANNEL, config()),
    ];
    let found = ask(&peer, &peer.network.client, &queries).await;
    let [Content::Members(members), Content::CcQueryRes(descriptors), unknown, without_groups] =
        found.as_slice()
    else {
        panic!("{found:?}")
    };
    let [listed] = members.peers_by_org["Org1MSP"].peers.as_slice() else { panic!("{members:?}") };
    let open = |envelope: &Option<ccs_proto::gossip::Envelope>| {
        GossipMessage::decode(envelope.as_ref().unwrap().payload.as_slice()).unwrap().content.unwrap()
    };
    let Announcement::AliveMsg(alive) = open(&listed.membership_info) else { panic!() };
    assert_eq!(alive.membership.unwrap().endpoint, "peer:7051");
    let Announcement::StateInfo(state) = open(&listed.state_info) else { panic!() };
    let properties = state.properties.unwrap();
    assert_eq!(properties.ledger_height, 1);
    assert_eq!(properties.chaincodes[0].name, "_lifecycle");
    let [lifecycle] = descriptors.content.as_slice() else { panic!("{descriptors:?}") };
    assert_eq!(lifecycle.layouts[0].quantities_by_group["G0"], 1);
    assert_eq!(lifecycle.endorsers_by_groups["G0"].peers[0].identity, listed.identity);
    assert_eq!(text(unknown), r#"failed constructing descriptor for chaincodes:{name:"nowhere"}"#);
    // The first block of these tests has an empty configuration.
    assert_eq!(text(without_groups), "failed fetching config for channel mychannel");
    assert_eq!(
        peer.warnings()[0],
        "rejected a query of discovery: failed constructing descriptor for chaincodes:{name:\"nowhere\"}: No metadata was \
         found for chaincode nowhere in channel mychannel"
    );
    peer.stop().await;
}

#[tokio::test]
async fn others_are_denied_access() {
    let peer = start().await;
    let (client, admin) = (&peer.network.client, peer.network.organization.signer("admin"));
    let local = || Kind::LocalPeers(LocalPeerQuery {});
    assert_eq!(text(&ask(&peer, client, &[("", local())]).await[0]), "access denied");
    let Content::Members(members) = &ask(&peer, &admin, &[("", local())]).await[0] else { panic!() };
    assert!(members.peers_by_org["Org1MSP"].peers[0].state_info.is_none());

    let stranger = Organization::new("Org2MSP").signer("admin");
    for channel in ["", CHANNEL] {
        assert_eq!(text(&ask(&peer, &stranger, &[(channel, config())]).await[0]), "access denied");
    }
    assert_eq!(text(&ask(&peer, client, &[("other", config())]).await[0]), "access denied");
    let payload = request(client, &[(CHANNEL, config())]).encode_to_vec();
    let signature = client.sign(b"something else").unwrap();
    let found = send(&peer, payload, signature).await.unwrap().results.remove(0).result.unwrap();
    assert_eq!(text(&found), "access denied");
    peer.stop().await;
}

#[tokio::test]
async fn a_request_without_a_client_is_rejected() {
    let peer = start().await;
    let status = send(&peer, Request::default().encode_to_vec(), Vec::new()).await.unwrap_err();
    assert_eq!(
        (status.code(), status.message()),
        (Code::Unknown, "access denied, no authentication info in request")
    );
    peer.stop().await;
}

#[tokio::test]
async fn each_peer_lists_those_of_all_organizations() {
    let peers = organizations::start().await;
    for peer in &peers {
        let queries =
            [(CHANNEL, Kind::PeerQuery(PeerMembershipQuery::default())), (CHANNEL, endorsers("_lifecycle"))];
        let found = ask(peer, &peer.network.client, &queries).await;
        let [Content::Members(members), Content::CcQueryRes(descriptors)] = found.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!(members.peers_by_org.keys().collect::<Vec<_>>(), ["Org1MSP", "Org2MSP"]);
        let listed: Vec<_> = members.peers_by_org.values().flat_map(|peers| &peers.peers).collect();
        assert_eq!(listed.len(), 2);
        let [lifecycle] = descriptors.content.as_slice() else { panic!("{descriptors:?}") };
        let [layout] = lifecycle.layouts.as_slice() else { panic!("{lifecycle:?}") };
        assert_eq!(layout.quantities_by_group.values().collect::<Vec<_>>(), [&1, &1]);
        for (group, peer) in lifecycle.endorsers_by_groups.values().zip(&listed) {
            assert_eq!(group.peers[0].identity, peer.identity);
        }
        // A peer signs what it announces to others.
        let own =
            |peer: &&&ccs_proto::discovery::Peer| peer.membership_info.as_ref().unwrap().signature.is_empty();
        assert_eq!(listed.iter().filter(own).count(), 1);
    }
    organizations::stop(peers).await;
}
