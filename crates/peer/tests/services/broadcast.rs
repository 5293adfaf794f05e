//! The orderer's services, on the peer's port.

use ccs_proto::common::{Envelope, HeaderType, Payload, Status as Code};
use ccs_proto::orderer::atomic_broadcast_client::AtomicBroadcastClient;
use ccs_proto::orderer::deliver_response::Type;
use ccs_proto::orderer::{BroadcastResponse, DeliverResponse};
use ccs_proto::peer::TxValidationCode;
use prost::Message;

use crate::deliver::{at, request, seek};
use crate::network::{CHANNEL, Organization};
use crate::proposal::envelope;
use crate::running::{Running, start};

async fn broadcast(peer: &Running, envelopes: Vec<Envelope>) -> Vec<BroadcastResponse> {
    let mut client = AtomicBroadcastClient::new(peer.channel.clone());
    let mut stream = client.broadcast(tokio_stream::iter(envelopes)).await.unwrap().into_inner();
    let mut answers = Vec::new();
    while let Some(answer) = stream.message().await.unwrap() {
        answers.push(answer);
    }
    answers
}

#[tokio::test]
async fn transactions_of_members_are_ordered() {
    let peer = start().await;
    let (one, two) = (peer.parts(&["put", "a", "1"]), peer.parts(&["put", "b", "2"]));
    let envelopes = vec![peer.prepare(&one).await, peer.prepare(&two).await];
    let answers = broadcast(&peer, envelopes).await;
    let success = BroadcastResponse { status: Code::Success.into(), info: String::new() };
    assert_eq!(answers, [success.clone(), success]);
    assert_eq!(peer.status(&one.id()).await.result(), TxValidationCode::Valid);
    assert_eq!(peer.status(&two.id()).await.result(), TxValidationCode::Valid);

    let mut client = AtomicBroadcastClient::new(peer.channel.clone());
    let first = request(&peer.network.client, CHANNEL, &seek(at(0), at(0)));
    let mut blocks = client.deliver(tokio_stream::iter([first])).await.unwrap().into_inner();
    let block = Some(Type::Block(peer.ledger.block(0).unwrap().unwrap()));
    assert_eq!(blocks.message().await.unwrap(), Some(DeliverResponse { r#type: block }));
    let success = Some(Type::Status(Code::Success.into()));
    assert_eq!(blocks.message().await.unwrap(), Some(DeliverResponse { r#type: success }));
    peer.stop().await;
}

#[tokio::test]
async fn the_first_that_is_refused_is_the_last() {
    let peer = start().await;
    let client = &peer.network.client;
    let good = peer.prepare(&peer.parts(&["put", "a", "1"])).await;
    let stranger = Organization::new("Org2MSP").signer("client");
    let old = peer.network.organization.expired();
    let changed = |signer: &ccs_identity::Signer, channel: &str, kind: HeaderType| {
        let mut parts = crate::proposal::Parts::on(signer, channel, "basic", &[b"get"]);
        parts.channel.r#type = kind.into();
        let payload = Payload { header: Some(parts.header()), data: Vec::new() };
        envelope(payload.encode_to_vec(), signer)
    };
    let transaction = HeaderType::EndorserTransaction;
    let cases = [
        (envelope(b"\xff".to_vec(), client), Code::BadRequest, "bad payload: "),
        (envelope(Vec::new(), client), Code::BadRequest, "payload header is nil"),
        (
            changed(client, CHANNEL, HeaderType::ConfigUpdate),
            Code::BadRequest,
            "message of type 2 cannot be processed: this peer orders transactions only",
        ),
        (changed(client, "nowhere", transaction), Code::BadRequest, "channel does not exist"),
        (changed(client, "nowhere", HeaderType::ConfigUpdate), Code::BadRequest, "channel does not exist"),
        (changed(&old, CHANNEL, transaction), Code::BadRequest, "broadcast client identity expired"),
        (
            changed(&stranger, CHANNEL, transaction),
            Code::Forbidden,
            "implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy requires 1 of the 'Writers' sub-policies to be satisfied: permission denied",
        ),
    ];
    for (bad, status, info) in cases {
        let answers = broadcast(&peer, vec![bad, good.clone()]).await;
        assert_eq!(answers.len(), 1, "{answers:?}");
        assert_eq!(answers[0].status(), status);
        assert!(answers[0].info.starts_with(info), "{answers:?}");
    }
    assert_eq!(peer.ledger.height(), 1);
    peer.stop().await;
}
