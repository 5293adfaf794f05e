//! Calls of every service by a client whose certificate is on its CA's revocation list.

use ccs_proto::common::{
    ChannelHeader, Envelope, Header, HeaderType, Payload, SignatureHeader, Status as Code,
};
use ccs_proto::gateway::{ChaincodeEventsRequest, SignedChaincodeEventsRequest};
use ccs_proto::orderer::atomic_broadcast_client::AtomicBroadcastClient;
use ccs_proto::peer::deliver_client::DeliverClient;
use ccs_proto::peer::deliver_response::Type;
use prost::Message;
use tonic::Status;

use crate::deliver::{at, request, seek};
use crate::network::{CHANNEL, Network};
use crate::running::{Running, start_on};

/// Starts a peer whose only client is revoked.
async fn start() -> Running {
    let mut network = Network::new();
    network.client = network.organization.revoked();
    start_on(network, |_| ()).await
}

fn is_denied(status: &Status) -> bool {
    status.message().contains("access denied") || status.message().contains("creator org [Org1MSP]")
}

/// Creates a transaction without endorsements.
fn transaction(peer: &Running) -> Envelope {
    let parts = peer.parts(&["put", "a", "1"]);
    let header = Header {
        channel_header: ChannelHeader { r#type: HeaderType::EndorserTransaction.into(), ..parts.channel }
            .encode_to_vec(),
        signature_header: SignatureHeader { ..parts.signature }.encode_to_vec(),
    };
    let payload = Payload { header: Some(header), data: Vec::new() }.encode_to_vec();
    Envelope { signature: peer.network.client.sign(&payload).unwrap(), payload }
}

#[tokio::test]
async fn a_revoked_client_is_refused_by_every_call_of_the_gateway() {
    let peer = start().await;
    let parts = peer.parts(&["get", "a"]);
    let evaluated = peer.gateway().evaluate(peer.evaluate_request(&parts)).await.unwrap_err();
    assert!(is_denied(&evaluated), "{evaluated:?}");
    let endorsed = peer.gateway().endorse(peer.endorse_request(&parts)).await.unwrap_err();
    let detail = String::from_utf8_lossy(endorsed.details()).into_owned();
    assert!(is_denied(&endorsed) || detail.contains("access denied"), "{endorsed:?}");
    let asked = peer.gateway().commit_status(peer.status_request("a")).await.unwrap_err();
    assert_eq!(asked.code(), tonic::Code::PermissionDenied, "{asked:?}");
    let wish = ChaincodeEventsRequest {
        channel_id: CHANNEL.to_owned(),
        chaincode_id: "basic".to_owned(),
        identity: peer.network.client.creator().to_vec(),
        ..ChaincodeEventsRequest::default()
    };
    let wish = wish.encode_to_vec();
    let wish =
        SignedChaincodeEventsRequest { signature: peer.network.client.sign(&wish).unwrap(), request: wish };
    let listened = peer.gateway().chaincode_events(wish).await.unwrap_err();
    assert_eq!(listened.code(), tonic::Code::PermissionDenied, "{listened:?}");
    let submitted = peer.send(transaction(&peer)).await.unwrap_err();
    assert_eq!(submitted.code(), tonic::Code::Aborted, "{submitted:?}");
    assert_eq!(peer.ledger.height(), 1, "nothing is committed");
    peer.stop().await;
}

#[tokio::test]
async fn a_revoked_client_is_refused_by_endorser_orderer_and_deliver() {
    let peer = start().await;
    let proposal = peer.parts(&["get", "a"]).signed(&peer.network.client);
    match peer.endorser().process_proposal(proposal).await {
        Ok(answer) => {
            let response = answer.into_inner().response.unwrap();
            assert!(response.message.contains("access denied"), "{response:?}");
        }
        Err(status) => assert!(is_denied(&status), "{status:?}"),
    }
    let mut orderer = AtomicBroadcastClient::new(peer.channel.clone());
    let stream = orderer.broadcast(tokio_stream::iter([transaction(&peer)])).await.unwrap();
    let answer = stream.into_inner().message().await.unwrap().unwrap();
    assert_eq!(answer.status(), Code::Forbidden, "{answer:?}");
    let wish = request(&peer.network.client, CHANNEL, &seek(at(0), at(0)));
    let mut deliver = DeliverClient::new(peer.channel.clone());
    let mut blocks = deliver.deliver(tokio_stream::iter([wish])).await.unwrap().into_inner();
    let answer = blocks.message().await.unwrap().unwrap().r#type;
    assert_eq!(answer, Some(Type::Status(Code::Forbidden.into())));
    assert_eq!(peer.ledger.height(), 1, "nothing is committed");
    peer.stop().await;
}
