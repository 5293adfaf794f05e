//! Clients without an identity, which say nothing, or too much, or do not come to an end.

use ccs_peer::observer::PeerEvent;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::proposal::{Parts, transaction_id};
use crate::running::{LIMIT, Running, start};

/// The beginning of HTTP/2, with settings that say nothing.
const HTTP2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

async fn connect(peer: &Running) -> TcpStream {
    TcpStream::connect(peer.address).await.unwrap()
}

/// Reads until the peer closes the connection.
async fn closed(connection: &mut TcpStream) {
    let mut read = Vec::new();
    // A reset closes it, too.
    let _ = timeout(LIMIT, connection.read_to_end(&mut read)).await.unwrap();
}

fn warnings(peer: &Running) -> Vec<String> {
    let events = peer.events.lock().unwrap();
    let warning = |event: &PeerEvent| match event {
        PeerEvent::Warning(text) => Some(text.clone()),
        _ => None,
    };
    events.iter().filter_map(warning).collect()
}

#[tokio::test]
async fn a_client_that_says_nothing_is_disconnected() {
    let peer = start().await;
    let mut silent = connect(&peer).await;
    let mut slow = connect(&peer).await;
    slow.write_all(&HTTP2[..7]).await.unwrap();
    // The peer's answer shows that it has taken the two before.
    peer.evaluate(&["get", "a"]).await;
    tokio::time::pause();
    closed(&mut silent).await;
    closed(&mut slow).await;
    tokio::time::resume();
    let warned = warnings(&peer);
    let expected = format!(
        "a client failed to connect to {}: the client did not finish its handshake within 10 s",
        peer.address
    );
    assert_eq!(warned, [expected], "two of them are one warning");
    peer.stop().await;
}

#[tokio::test]
async fn a_check_whether_the_port_is_open_is_not_worth_a_warning() {
    let peer = start().await;
    drop(connect(&peer).await);
    let mut other = connect(&peer).await;
    other.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    closed(&mut other).await;
    let expected = format!("a client failed to connect to {}: the client does not use HTTP/2", peer.address);
    assert_eq!(warnings(&peer), [expected]);
    peer.stop().await;
}

#[tokio::test]
async fn of_too_many_silent_connections_the_oldest_is_closed_and_a_client_is_served() {
    let peer = start().await;
    let mut silent = Vec::new();
    for _ in 0..=400 {
        silent.push(connect(&peer).await);
    }
    closed(&mut silent[0]).await;
    peer.evaluate(&["get", "a"]).await;
    peer.stop().await;
}

#[tokio::test]
async fn of_too_many_connections_the_one_without_a_call_for_longest_is_closed() {
    let peer = start().await;
    peer.evaluate(&["get", "a"]).await;
    let mut idle = Vec::new();
    for _ in 0..400 {
        let mut connection = connect(&peer).await;
        connection.write_all(HTTP2).await.unwrap();
        // The peer's settings: it serves the connection.
        connection.read_exact(&mut [0; 9]).await.unwrap();
        idle.push(connection);
        if idle.len() == 300 {
            peer.evaluate(&["get", "a"]).await;
        }
    }
    closed(&mut idle[0]).await;
    peer.evaluate(&["get", "a"]).await;
    peer.stop().await;
}

#[tokio::test]
async fn a_creator_that_is_longer_than_a_certificate_can_be_is_refused() {
    let peer = start().await;
    let mut parts = Parts::new(&peer.network.client, &["get", "a"]);
    // With the length of the certificate as it is, the padding is of a field that nobody knows: the identity is a right one.
    parts.signature.creator.extend([&[0x7a, 0x80, 0x80, 0x04][..], &b"\n".repeat(64 << 10)].concat());
    parts.channel.tx_id = transaction_id(&parts.signature.nonce, &parts.signature.creator);
    let status = peer.gateway().evaluate(peer.evaluate_request(&parts)).await.unwrap_err();
    assert!(status.message().ends_with("creator org unknown, creator is malformed"), "{status:?}");
    peer.stop().await;
}
