//! Calls that the peer rejects: each is reported, with what to do.

use ccs_proto::common::{Envelope, Payload};
use ccs_proto::gateway::{EvaluateRequest, SubmitRequest};
use ccs_proto::orderer::BroadcastResponse;
use prost::Message;
use tonic::Code;
use tonic::codegen::http::uri::PathAndQuery;

use crate::proposal::Parts;
use crate::running::start;

#[tokio::test]
async fn a_call_of_an_unknown_service_has_a_message_and_a_line() {
    let peer = start().await;
    let mut client = tonic::client::Grpc::new(peer.channel.clone());
    client.ready().await.unwrap();
    let codec = tonic_prost::ProstCodec::<Envelope, BroadcastResponse>::default();
    let path = PathAndQuery::from_static("/protos.Snapshot/Generate");
    let status = client.unary(tonic::Request::new(Envelope::default()), path, codec).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::Unimplemented, "unknown service protos.Snapshot"));
    assert_eq!(
        peer.warnings(),
        [
            "rejected a call: unknown service protos.Snapshot; this port serves gateway.Gateway, protos.Endorser, \
             protos.Deliver, discovery.Discovery and orderer.AtomicBroadcast"
        ]
    );
    peer.stop().await;
}

#[tokio::test]
async fn an_unknown_channel_or_chaincode_is_reported_with_the_known_ones() {
    let peer = start().await;
    let client = &peer.network.client;
    let on = |channel: &str, chaincode: &str| Parts::on(client, channel, chaincode, &[b"get", b"a"]);
    let channel = "; use the channel of this peer, mychannel";
    let mut gateway = peer.gateway();

    gateway.evaluate(peer.evaluate_request(&on("nowhere", "basic"))).await.unwrap_err();
    assert_eq!(
        peer.warnings().pop().unwrap(),
        format!(
            "rejected Evaluate: failed to get config for channel [nowhere]: could not get last config for channel nowhere{channel}"
        )
    );
    gateway.endorse(peer.endorse_request(&on("nowhere", "basic"))).await.unwrap_err();
    assert!(peer.warnings().pop().unwrap().starts_with("rejected Endorse: no combination of peers "));
    assert!(peer.warnings().pop().unwrap().ends_with(channel));
    gateway.endorse(peer.endorse_request(&on("mychannel", "other"))).await.unwrap_err();
    assert_eq!(
        peer.warnings().pop().unwrap(),
        "rejected Endorse: no combination of peers can be derived which satisfy the endorsement policy: No metadata was \
         found for chaincode other in channel mychannel; channel mychannel has no chaincode"
    );
    let mut request = peer.endorse_request(&on("mychannel", "basic"));
    request.endorsing_organizations = vec!["Org2MSP".to_owned()];
    gateway.endorse(request).await.unwrap_err();
    assert_eq!(
        peer.warnings().pop().unwrap(),
        "rejected Endorse: failed to find any endorsing peers for org(s): Org2MSP; this peer endorses for Org1MSP alone: \
         leave out the other organizations"
    );
    let envelope = Envelope { payload: Payload::default().encode_to_vec(), signature: vec![1] };
    let request = SubmitRequest {
        channel_id: "nowhere".to_owned(),
        prepared_transaction: Some(envelope),
        ..SubmitRequest::default()
    };
    gateway.submit(request).await.unwrap_err();
    assert!(peer.warnings().pop().unwrap().starts_with("rejected Submit: failed to get config for channel "));
    assert!(peer.warnings().pop().unwrap().ends_with(channel));
    assert_eq!(peer.warnings().len(), 5);
    peer.stop().await;
}

#[tokio::test]
async fn a_malformed_or_unauthorized_call_is_reported_with_its_reason() {
    let peer = start().await;
    peer.gateway().evaluate(EvaluateRequest::default()).await.unwrap_err();
    assert_eq!(
        peer.warnings().pop().unwrap(),
        "rejected Evaluate: failed to unpack transaction proposal: a signed proposal is required"
    );
    let mut epoch = peer.parts(&["get", "a"]);
    epoch.channel.epoch = 1;
    peer.gateway().endorse(peer.endorse_request(&epoch)).await.unwrap_err();
    assert_eq!(
        peer.warnings().pop().unwrap(),
        "rejected a proposal: error validating proposal: epoch is non-zero"
    );
    let stranger = peer.network.organization.signer("client");
    let signed = Parts::new(&peer.network.client, &["get", "a"]).signed(&stranger);
    peer.endorser().process_proposal(signed).await.unwrap_err();
    let warning = peer.warnings().pop().unwrap();
    assert!(warning.contains("creator org [Org1MSP]: ") && warning.contains("signature"), "{warning}");
    assert!(
        warning.ends_with("; sign with the key of an identity whose organization is in the channel"),
        "{warning}"
    );
    assert_eq!(peer.warnings().len(), 3);
    peer.stop().await;
}
