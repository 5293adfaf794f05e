//! Clients that have not authenticated, which say nothing, or too much, or do not come to an end.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::running::{LIMIT, Running, start};

/// The beginning of HTTP/2, with settings that say nothing.
const HTTP2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

async fn connect(server: &Running) -> TcpStream {
    TcpStream::connect(server.address).await.unwrap()
}

/// Reads until the server closes the connection.
async fn closed(connection: &mut TcpStream) {
    let mut read = Vec::new();
    // A reset closes it, too.
    let _ = timeout(LIMIT, connection.read_to_end(&mut read)).await.unwrap();
}

#[tokio::test]
async fn a_client_that_says_nothing_is_disconnected() {
    let server = start().await;
    let mut silent = connect(&server).await;
    let mut slow = connect(&server).await;
    slow.write_all(&HTTP2[..7]).await.unwrap();
    // The server's answer shows that it has taken the two before.
    server.call().await;
    tokio::time::pause();
    closed(&mut silent).await;
    closed(&mut slow).await;
    tokio::time::resume();
    let warned = server.warnings();
    let expected = format!(
        "a client failed to connect to {}: the client did not finish its handshake within 10 s",
        server.address
    );
    assert_eq!(warned, [expected], "two of them are one warning");
    server.stop().await;
}

#[tokio::test]
async fn a_check_whether_the_port_is_open_is_not_worth_a_warning() {
    let server = start().await;
    drop(connect(&server).await);
    let mut other = connect(&server).await;
    other.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    closed(&mut other).await;
    let expected =
        format!("a client failed to connect to {}: the client does not use HTTP/2", server.address);
    assert_eq!(server.warnings(), [expected]);
    server.stop().await;
}

#[tokio::test]
async fn of_too_many_silent_connections_the_oldest_is_closed_and_a_client_is_served() {
    let server = start().await;
    let mut silent = Vec::new();
    for _ in 0..=400 {
        silent.push(connect(&server).await);
    }
    closed(&mut silent[0]).await;
    server.call().await;
    server.stop().await;
}

#[tokio::test]
async fn of_too_many_connections_the_one_without_a_call_for_longest_is_closed() {
    let server = start().await;
    server.call().await;
    let mut idle = Vec::new();
    for _ in 0..400 {
        let mut connection = connect(&server).await;
        connection.write_all(HTTP2).await.unwrap();
        // The server's settings: it serves the connection.
        connection.read_exact(&mut [0; 9]).await.unwrap();
        idle.push(connection);
        if idle.len() == 300 {
            server.call().await;
        }
    }
    closed(&mut idle[0]).await;
    server.call().await;
    server.stop().await;
}
