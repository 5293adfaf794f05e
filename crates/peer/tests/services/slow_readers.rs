//! Clients that request blocks but do not read them: the peer reads no further than they do.

use ccs_proto::gateway::gateway_client::GatewayClient;
use ccs_proto::peer::deliver_client::DeliverClient;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;
use tonic::transport::{Channel, Endpoint};

use crate::deliver::{at, request, seek};
use crate::events::{signed, wish};
use crate::network::CHANNEL;
use crate::running::{LIMIT, Running, start};

/// Number of blocks to read, and the minimum size of each in bytes.
const BLOCKS: usize = 12;
const BYTES: usize = 64 << 10;

/// Number of blocks that the peer may hold for one client: one being sent, one queued, and one waiting for the queue.
const HELD: usize = 3;

/// Connects a client with small receive windows.
async fn connect(peer: &Running) -> Channel {
    let endpoint = Endpoint::from_shared(format!("http://{}", peer.address)).unwrap();
    endpoint.initial_stream_window_size(16 << 10).connect().await.unwrap()
}

async fn commit_blocks(peer: &Running) {
    let payload = "x".repeat(BYTES);
    for _ in 0..BLOCKS {
        peer.submit(&["emit", "large", &payload]).await;
    }
}

/// Counts the remaining messages of a stream to which nothing is added any more.
async fn rest<T>(stream: &mut Streaming<T>) -> usize {
    let mut count = 0;
    while let Ok(Some(_)) = timeout(LIMIT, stream.message()).await.unwrap() {
        count += 1;
    }
    count
}

#[tokio::test]
async fn a_client_that_reads_no_blocks_makes_the_peer_hold_few_of_them() {
    let peer = start().await;
    let (requests, stream) = mpsc::channel(1);
    requests.send(request(&peer.network.client, CHANNEL, &seek(at(1), at(u64::MAX)))).await.unwrap();
    let stream = DeliverClient::new(connect(&peer).await).deliver(ReceiverStream::new(stream)).await;
    let mut stream = stream.unwrap().into_inner();
    commit_blocks(&peer).await;
    // The peer stops reading blocks; those that it holds still arrive.
    peer.node.stop().await;
    let held = rest(&mut stream).await;
    assert!((1..=HELD).contains(&held), "{held} of {BLOCKS}");
    peer.stop().await;
}

#[tokio::test]
async fn a_client_that_reads_no_events_makes_the_peer_hold_few_of_them() {
    let peer = start().await;
    let wish = signed(&peer, &wish(&peer, Some(at(1)), ""));
    let stream = GatewayClient::new(connect(&peer).await).chaincode_events(wish).await;
    let mut stream = stream.unwrap().into_inner();
    commit_blocks(&peer).await;
    peer.node.stop().await;
    let held = rest(&mut stream).await;
    assert!((1..=HELD).contains(&held), "{held} of {BLOCKS}");
    peer.stop().await;
}
