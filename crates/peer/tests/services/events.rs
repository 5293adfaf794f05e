//! The gateway's `ChaincodeEvents`.

use ccs_proto::gateway::{ChaincodeEventsRequest, ChaincodeEventsResponse, SignedChaincodeEventsRequest};
use ccs_proto::orderer::{SeekNewest, SeekOldest, SeekPosition, seek_position::Type as Position};
use prost::Message;
use tokio::time::timeout;
use tonic::{Code, Status, Streaming};

use crate::deliver::at;
use crate::network::{CHANNEL, Organization};
use crate::running::{LIMIT, Running, start};

pub(crate) fn wish(peer: &Running, start: Option<Position>, after: &str) -> ChaincodeEventsRequest {
    ChaincodeEventsRequest {
        channel_id: CHANNEL.to_owned(),
        chaincode_id: "basic".to_owned(),
        identity: peer.network.client.creator().to_vec(),
        start_position: start.map(|position| SeekPosition { r#type: Some(position) }),
        after_transaction_id: after.to_owned(),
    }
}

pub(crate) fn signed(peer: &Running, request: &ChaincodeEventsRequest) -> SignedChaincodeEventsRequest {
    let request = request.encode_to_vec();
    SignedChaincodeEventsRequest { signature: peer.network.client.sign(&request).unwrap(), request }
}

async fn listen(
    peer: &Running,
    request: &ChaincodeEventsRequest,
) -> Result<Streaming<ChaincodeEventsResponse>, Status> {
    peer.gateway().chaincode_events(signed(peer, request)).await.map(tonic::Response::into_inner)
}

/// Returns block number, names and payloads of the next response.
async fn next(stream: &mut Streaming<ChaincodeEventsResponse>) -> (u64, Vec<(String, Vec<u8>)>) {
    let response = timeout(LIMIT, stream.message()).await.unwrap().unwrap().unwrap();
    let events = response.events.into_iter().map(|event| (event.event_name, event.payload));
    (response.block_number, events.collect())
}

fn event(name: &str, payload: &str) -> Vec<(String, Vec<u8>)> {
    vec![(name.to_owned(), payload.into())]
}

#[tokio::test]
async fn events_come_with_their_blocks_and_other_blocks_are_passed_over() {
    let peer = start().await;
    peer.submit(&["emit", "first", "1"]).await;
    peer.submit(&["put", "a", "1"]).await;
    let mut from_now = listen(&peer, &wish(&peer, None, "")).await.unwrap();
    let mut from_start = listen(&peer, &wish(&peer, Some(at(0)), "")).await.unwrap();
    let other = ChaincodeEventsRequest { chaincode_id: "other".to_owned(), ..wish(&peer, Some(at(0)), "") };
    let mut of_others = listen(&peer, &other).await.unwrap();
    peer.submit(&["emit", "second", "2"]).await;
    assert_eq!(next(&mut from_now).await, (3, event("second", "2")));
    assert_eq!(next(&mut from_start).await, (1, event("first", "1")));
    assert_eq!(next(&mut from_start).await, (3, event("second", "2")));
    let (ledger, node) = (peer.ledger.clone(), std::sync::Arc::clone(&peer.node));
    node.stop().await;
    let end = timeout(LIMIT, of_others.message()).await.unwrap().unwrap_err();
    assert_eq!((end.code(), end.message()), (Code::Unavailable, "the peer is stopping"));
    assert_eq!(ledger.height(), 4);
    peer.stop().await;
}

#[tokio::test]
async fn invalid_transactions_have_no_events() {
    let peer = start().await;
    let parts = peer.parts(&["emit", "once", "1"]);
    let transaction = peer.prepare(&parts).await;
    peer.send(transaction.clone()).await.unwrap();
    peer.status(&parts.id()).await;
    peer.send(transaction).await.unwrap();
    // In the block of the duplicate, or in the one after it.
    let (_, last) = peer.submit(&["emit", "last", "2"]).await;
    let mut stream = listen(&peer, &wish(&peer, Some(at(0)), "")).await.unwrap();
    assert_eq!(next(&mut stream).await, (1, event("once", "1")));
    assert_eq!(next(&mut stream).await, (last, event("last", "2")));
    peer.stop().await;
}

#[tokio::test]
async fn one_goes_on_after_the_last_event_that_was_seen() {
    let peer = start().await;
    let (first, _) = peer.submit(&["emit", "first", "1"]).await;
    peer.submit(&["emit", "second", "2"]).await;
    // The transaction overrides any other start position.
    let mut stream = listen(&peer, &wish(&peer, Some(at(2)), &first)).await.unwrap();
    assert_eq!(next(&mut stream).await, (2, event("second", "2")));
    // The unknown transaction never appears, so no event follows it; but the stream is open.
    let mut stream = listen(&peer, &wish(&peer, Some(at(0)), "unknown")).await.unwrap();
    peer.node.stop().await;
    let end = timeout(LIMIT, stream.message()).await.unwrap().unwrap_err();
    assert_eq!(end.code(), Code::Unavailable);
    peer.stop().await;
}

#[tokio::test]
async fn requests_are_checked() {
    let peer = start().await;
    let stranger = Organization::new("Org2MSP").signer("client");
    let by_stranger =
        ChaincodeEventsRequest { identity: stranger.creator().to_vec(), ..wish(&peer, None, "") };
    let nowhere = ChaincodeEventsRequest { channel_id: "nowhere".to_owned(), ..wish(&peer, None, "") };
    let cases = [
        (
            wish(&peer, Some(Position::Oldest(SeekOldest {})), ""),
            Code::InvalidArgument,
            "invalid start position type: *orderer.SeekPosition_Oldest",
        ),
        (
            wish(&peer, Some(Position::Newest(SeekNewest {})), ""),
            Code::InvalidArgument,
            "invalid start position type: *orderer.SeekPosition_Newest",
        ),
        (
            by_stranger,
            Code::PermissionDenied,
            "Failed evaluating policy on signed data during check policy on channel [mychannel] with policy [/Channel/Application/Readers]: [implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy requires 1 of the 'Readers' sub-policies to be satisfied]",
        ),
        (nowhere, Code::PermissionDenied, "Failed to get policy manager for channel [nowhere]"),
    ];
    for (request, code, message) in cases {
        let status = listen(&peer, &request).await.unwrap_err();
        assert_eq!((status.code(), status.message()), (code, message));
    }
    let status = peer.gateway().chaincode_events(SignedChaincodeEventsRequest::default()).await.unwrap_err();
    assert_eq!(
        (status.code(), status.message()),
        (Code::InvalidArgument, "a chaincode events request is required")
    );
    let nonsense = SignedChaincodeEventsRequest { request: b"\xff".to_vec(), signature: vec![1] };
    let status = peer.gateway().chaincode_events(nonsense).await.unwrap_err();
    assert!(status.message().starts_with("invalid chaincode events request: "), "{status:?}");
    peer.stop().await;
}
