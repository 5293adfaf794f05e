//! Clients that have not authenticated and send nothing, too much, or incomplete data.

use std::sync::Arc;
use std::time::Duration;

use ccs_server::Budget;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use crate::running::{LIMIT, Running, start, start_with};
use crate::tls::Certified;

/// Start of HTTP/2, with empty settings.
const HTTP2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

async fn connect(server: &Running) -> TcpStream {
    TcpStream::connect(server.address).await.unwrap()
}

/// Reads until the server closes the connection.
async fn closed(connection: &mut TcpStream) {
    let mut read = Vec::new();
    // A reset also closes the connection.
    let _ = timeout(LIMIT, connection.read_to_end(&mut read)).await.unwrap();
}

#[tokio::test]
async fn a_client_that_says_nothing_is_disconnected() {
    let server = start().await;
    let mut silent = connect(&server).await;
    let mut slow = connect(&server).await;
    slow.write_all(&HTTP2[..7]).await.unwrap();
    // The server's answer shows that it has accepted the two before.
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

/// Closes a connection with a reset, as some checks for an open port do.
fn reset(connection: TcpStream) {
    rustix::net::sockopt::set_socket_linger(&connection, Some(Duration::ZERO)).unwrap();
    drop(connection);
}

#[tokio::test]
async fn a_check_whether_a_tls_port_is_open_is_not_worth_a_warning() {
    let server = start_with(Some(&Certified::new()), few_files()).await;
    drop(connect(&server).await);
    reset(connect(&server).await);
    let mut other = connect(&server).await;
    other.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    closed(&mut other).await;
    let expected = format!(
        "a client failed to connect to {}: the client did not start a TLS handshake, but this port requires TLS",
        server.address
    );
    assert_eq!(server.warnings(), [expected]);
    server.stop().await;
}

#[tokio::test]
async fn a_check_whether_the_port_is_open_is_not_worth_a_warning() {
    let server = start().await;
    drop(connect(&server).await);
    reset(connect(&server).await);
    let mut other = connect(&server).await;
    other.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    closed(&mut other).await;
    let expected =
        format!("a client failed to connect to {}: the client does not use HTTP/2", server.address);
    assert_eq!(server.warnings(), [expected]);
    server.stop().await;
}

/// The client has started TLS, and then continues slowly or not at all.
#[tokio::test]
async fn a_client_that_does_not_finish_its_tls_handshake_is_disconnected() {
    let certified = Certified::new();
    for bytes_at_once in [1, usize::MAX] {
        let server = start_with(Some(&certified), Budget::new()).await;
        let mut slow = connect(&server).await;
        let hello = client_hello();
        let mut pieces = hello.chunks(bytes_at_once.min(hello.len()));
        slow.write_all(pieces.next().unwrap()).await.unwrap();
        // The server's answer shows that it has accepted the connection before.
        server.call().await;
        tokio::time::pause();
        let begin = Instant::now();
        let (mut reading, mut writing) = slow.into_split();
        let drip = async {
            for piece in pieces {
                sleep(Duration::from_millis(100)).await;
                if writing.write_all(piece).await.is_err() {
                    break;
                }
            }
            std::future::pending::<()>().await;
        };
        // The server's part of the handshake arrives, if it was sent.
        let mut read = Vec::new();
        tokio::select! {
            read = timeout(LIMIT, reading.read_to_end(&mut read)) => drop(read.unwrap()),
            () = drip => {}
        }
        // Less than the limit, because the time started before the clock was paused.
        assert!(begin.elapsed() <= Duration::from_secs(10), "{:?}", begin.elapsed());
        tokio::time::resume();
        let expected = format!(
            "a client failed to connect to {}: the client did not finish its handshake within 10 s",
            server.address
        );
        assert_eq!(server.warnings(), [expected]);
        server.stop().await;
    }
}

/// A client that sends its first message proceeds, however many connections send nothing or too little.
#[tokio::test]
async fn a_client_in_its_tls_handshake_keeps_its_place_before_silent_ones() {
    let server = start_with(Some(&Certified::new()), few_files()).await;
    let mut early = connect(&server).await;
    early.write_all(&client_hello()).await.unwrap();
    // The server's part of the handshake shows that it has read the client's.
    let mut first = [0];
    timeout(LIMIT, early.read_exact(&mut first)).await.unwrap().unwrap();
    let mut silent = Vec::new();
    for number in 0..600 {
        let mut connection = connect(&server).await;
        if number % 2 == 0 {
            connection.write_all(&client_hello()[..11]).await.unwrap();
        }
        silent.push(connection);
    }
    closed(&mut silent[300]).await;
    let mut rest = [0; 1 << 14];
    let end = loop {
        match early.try_read(&mut rest) {
            Ok(0) => break "closed".to_owned(),
            Ok(_) => {}
            Err(error) => break error.kind().to_string(),
        }
    };
    assert_eq!(end, "operation would block", "the handshake goes on");
    server.stop().await;
}

/// There can be 400 unfinished handshakes.
#[tokio::test]
async fn of_too_many_handshakes_the_one_that_began_first_is_closed() {
    let server = start_with(Some(&Certified::new()), few_files()).await;
    let hello = client_hello();
    let mut begun = Vec::new();
    for _ in 0..=400 {
        let mut client = connect(&server).await;
        client.write_all(&hello).await.unwrap();
        timeout(LIMIT, client.read_exact(&mut [0])).await.unwrap().unwrap();
        begun.push(client);
    }
    closed(&mut begun[0]).await;
    assert_eq!(server.warnings(), [too_many(&server)]);
    server.stop().await;
}

/// Connections are accepted even while all serving threads are busy.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_busy_server_accepts_connections() {
    let server = start_with(None, few_files()).await;
    server.call().await;
    let address = server.address;
    // The only serving thread runs this, and blocks.
    let busy = tokio::spawn(async move {
        let mut oldest = std::net::TcpStream::connect(address).unwrap();
        oldest.set_read_timeout(Some(LIMIT)).unwrap();
        let others: Vec<_> = (0..100).map(|_| std::net::TcpStream::connect(address).unwrap()).collect();
        (std::io::Read::read(&mut oldest, &mut [0]), others)
    });
    let (read, _others) = busy.await.unwrap();
    assert!(matches!(read, Ok(0)), "the oldest of 101 loses its place: {read:?}");
    server.call().await;
    server.stop().await;
}

/// Returns the budget of a process that may open 1,024 files, with 100 slots for silent connections.
fn few_files() -> Budget {
    Budget::for_open_files(1_024)
}

/// rustls would collect up to 64 KiB from such a client, and wait for more.
#[tokio::test]
async fn a_client_that_begins_with_another_record_of_tls_is_disconnected_at_once() {
    let server = start_with(Some(&Certified::new()), few_files()).await;
    for first in [&[0x17, 3, 3, 0x40, 0][..], &[0x16, 3, 1, 0x48, 0], &[0x80, 0x2e, 1, 3, 1]] {
        let mut client = connect(&server).await;
        client.write_all(first).await.unwrap();
        tokio::time::timeout(Duration::from_secs(5), closed(&mut client)).await.unwrap();
    }
    let expected = format!(
        "a client failed to connect to {}: the client did not start a TLS handshake, but this port requires TLS",
        server.address
    );
    assert_eq!(server.warnings(), [expected]);
    server.stop().await;
}

/// Returns the first message of a TLS handshake.
fn client_hello() -> Vec<u8> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let client = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let client = client.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
    let name = "localhost".try_into().unwrap();
    let mut hello = Vec::new();
    rustls::ClientConnection::new(Arc::new(client), name).unwrap().write_tls(&mut hello).unwrap();
    assert!(hello.len() > 100, "at ten bytes a second it takes longer than the limit");
    hello
}

fn too_many(server: &Running) -> String {
    format!(
        "a client failed to connect to {}: too many clients did not finish their handshake",
        server.address
    )
}

#[tokio::test]
async fn two_listeners_share_a_budget() {
    let budget = few_files();
    let (one, two) = (start_with(None, budget.clone()).await, start_with(None, budget).await);
    let mut silent = Vec::new();
    for _ in 0..99 {
        silent.push(connect(&one).await);
    }
    // The answer shows that all of them were accepted.
    one.call().await;
    for _ in 0..2 {
        silent.push(connect(&two).await);
    }
    closed(&mut silent[0]).await;
    assert_eq!(one.warnings(), [too_many(&one)]);
    one.call().await;
    two.call().await;
    one.stop().await;
    two.stop().await;
}

#[tokio::test]
async fn of_too_many_silent_connections_the_oldest_is_closed_and_a_client_is_served() {
    let server = start_with(None, few_files()).await;
    let mut silent = Vec::new();
    for _ in 0..=100 {
        silent.push(connect(&server).await);
    }
    closed(&mut silent[0]).await;
    assert_eq!(server.warnings(), [too_many(&server)]);
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
        // The server's settings show that it serves the connection.
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
