//! Chaincode that connects in plaintext: which connections are accepted, and what the peer reports.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ccs_chaincode::{ChaincodeSupport, Source, StatusChange};
use ccs_dial::{ConnectionInfo, End};
use ccs_peer::observer::PeerEvent;
use ccs_peer::{ChaincodeListenerOptions, Observer, serve_chaincode};
use ccs_proto::peer::chaincode_message::Type;
use ccs_proto::peer::chaincode_support_client::ChaincodeSupportClient;
use ccs_proto::peer::{ChaincodeId, ChaincodeMessage, Response};
use ccs_testkit::fake_chaincode::{message, of};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::Streaming;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::{ID, peer, run};

/// Serves `ChaincodeSupport` for a peer.
async fn listen(peer: &ChaincodeSupport, observer: Observer) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let chaincodes = peer.chaincodes().clone();
    let options = ChaincodeListenerOptions { observer, ..ChaincodeListenerOptions::default() };
    tokio::spawn(serve_chaincode(listener, options, chaincodes, CancellationToken::new()));
    address
}

/// Serves `ChaincodeSupport` for a peer and opens a stream to it.
async fn come(peer: &ChaincodeSupport) -> (mpsc::Sender<ChaincodeMessage>, Streaming<ChaincodeMessage>) {
    come_watched(peer, Observer::default()).await
}

/// Like [`come`], with an observer.
async fn come_watched(
    peer: &ChaincodeSupport,
    observer: Observer,
) -> (mpsc::Sender<ChaincodeMessage>, Streaming<ChaincodeMessage>) {
    let (outbound, messages) = mpsc::channel(16);
    let registering = connect(peer, observer).await.register(ReceiverStream::new(messages)).await;
    (outbound, registering.unwrap().into_inner())
}

/// Serves `ChaincodeSupport` for a peer and connects to it.
async fn connect(
    peer: &ChaincodeSupport,
    observer: Observer,
) -> ChaincodeSupportClient<tonic::transport::Channel> {
    let address = listen(peer, observer).await;
    let channel = tonic::transport::Endpoint::from_shared(format!("http://{address}")).unwrap();
    ChaincodeSupportClient::new(channel.connect().await.unwrap())
}

fn register(id: &str) -> ChaincodeMessage {
    message(Type::Register, "", &ChaincodeId { name: id.to_owned(), ..ChaincodeId::default() })
}

#[tokio::test]
async fn a_fake_chaincode_that_comes_by_itself_serves_the_transaction_that_waits_for_it() {
    let peer = peer();
    peer.chaincodes().add(ID, Source::Client);
    let waiting = tokio::spawn({
        let peer = Arc::clone(&peer);
        async move { run(&peer).await }
    });
    let (outbound, mut inbound) = come(&peer).await;
    outbound.send(register(ID)).await.unwrap();
    assert_eq!(inbound.message().await.unwrap().unwrap().r#type(), Type::Registered);
    assert_eq!(inbound.message().await.unwrap().unwrap().r#type(), Type::Ready);
    let transaction = inbound.message().await.unwrap().unwrap();
    let response = Response { status: 200, payload: b"here".to_vec(), ..Response::default() };
    outbound.send(of(&transaction, Type::Completed, &response)).await.unwrap();
    assert_eq!(waiting.await.unwrap().unwrap().response.payload, b"here");

    // A second chaincode under the same ID is rejected, and the first one stays.
    let (second, mut inbound) = come(&peer).await;
    second.send(register(ID)).await.unwrap();
    let status = inbound.message().await.unwrap_err();
    assert_eq!(status.message(), "duplicate chaincodeID: basic:1.0");
    assert!(peer.chaincodes().is_running(ID));
}

#[tokio::test]
async fn a_fake_chaincode_that_connects_while_it_is_dialed_ends_the_dial() {
    let peer = peer();
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let server = ConnectionInfo { address, dial_timeout: Duration::from_hours(1), tls: None };
    peer.chaincodes().add(ID, Source::Server(server));
    let chaincodes = peer.chaincodes().clone();
    let launching = tokio::spawn(async move { chaincodes.launch(ID).await });
    let (mut dialed, _) = silent.accept().await.unwrap();
    let (outbound, _inbound) = come(&peer).await;
    outbound.send(register(ID)).await.unwrap();
    launching.await.unwrap().unwrap();
    // However it ends: a dial that continued would interfere with the next launch.
    let ended = timeout(Duration::from_secs(10), dialed.read_to_end(&mut Vec::new())).await;
    assert!(ended.is_ok(), "the dial goes on");
    assert!(peer.chaincodes().is_running(ID));
}

/// Reads a stream until its end and returns the reason.
async fn end_of(mut inbound: Streaming<ChaincodeMessage>) -> String {
    loop {
        if let Err(status) = inbound.message().await {
            return status.message().to_owned();
        }
    }
}

#[tokio::test]
async fn of_two_fake_chaincodes_that_come_at_once_under_one_id_one_is_taken() {
    let peer = peer();
    peer.chaincodes().add(ID, Source::Client);
    let client = connect(&peer, Observer::default()).await;
    let come = async || {
        let (outbound, messages) = mpsc::channel(16);
        outbound.try_send(register(ID)).unwrap();
        let inbound = client.clone().register(ReceiverStream::new(messages)).await.unwrap().into_inner();
        (outbound, inbound)
    };
    let ((_one, of_one), (_other, of_other)) = tokio::join!(come(), come());
    let first_end = async {
        tokio::select! {
            end = end_of(of_one) => end,
            end = end_of(of_other) => end,
        }
    };
    let end = timeout(Duration::from_secs(10), first_end).await.unwrap();
    assert_eq!(end, "duplicate chaincodeID: basic:1.0");
    assert!(peer.chaincodes().is_running(ID));
}

#[tokio::test]
async fn a_fake_chaincode_that_nobody_knows_is_told_so_and_so_is_who_watches_the_peer() {
    let peer = peer();
    let (tell, mut told) = mpsc::unbounded_channel();
    let observer = Observer::new(move |event| drop(tell.send(event)));
    let (outbound, mut inbound) = come_watched(&peer, observer).await;
    outbound.send(register("lost:1.0")).await.unwrap();
    let status = inbound.message().await.unwrap_err();
    assert_eq!(
        status.message(),
        "peer will not accept external chaincode connection lost:1.0 (except in dev mode)"
    );
    let Some(PeerEvent::Warning(warning)) = told.recv().await else { panic!("no warning") };
    assert_eq!(
        warning,
        "rejected a chaincode that connected: peer will not accept external chaincode connection lost:1.0 \
         (except in dev mode); start the chaincode with the ID that was printed for it instead of lost:1.0, or give \
         the peer a package of that ID"
    );
}

#[tokio::test]
async fn whoever_watches_a_fake_chaincode_hears_that_it_is_needed_comes_and_goes() {
    let peer = peer();
    assert!(peer.chaincodes().watch(ID).is_none());
    peer.chaincodes().add(ID, Source::Client);
    let mut changes = peer.chaincodes().watch(ID).unwrap();
    for _ in 0..2 {
        let waiting = tokio::spawn({
            let peer = Arc::clone(&peer);
            async move { run(&peer).await }
        });
        assert_eq!(changes.next().await, Some(StatusChange::Needed));
        let (outbound, mut inbound) = come(&peer).await;
        outbound.send(register(ID)).await.unwrap();
        assert_eq!(changes.next().await, Some(StatusChange::Ready));
        while inbound.message().await.unwrap().unwrap().r#type() != Type::Transaction {}
        drop((outbound, inbound));
        let Some(StatusChange::Ended(End::Stream(_))) = changes.next().await else { panic!("it goes on") };
        waiting.await.unwrap().unwrap_err();
    }
}

#[tokio::test]
async fn whoever_asks_hears_that_the_listener_of_chaincode_serves() {
    let peer = peer();
    let address = listen(&peer, Observer::default()).await;
    let channel = tonic::transport::Endpoint::from_shared(format!("http://{address}")).unwrap();
    let mut client = HealthClient::new(channel.connect().await.unwrap());
    let answer = client.check(HealthCheckRequest::default()).await.unwrap().into_inner();
    assert_eq!(answer.status(), ServingStatus::Serving);
    let service = HealthCheckRequest { service: "protos.ChaincodeSupport".to_owned() };
    assert_eq!(client.check(service).await.unwrap_err().code(), tonic::Code::NotFound);
}

#[tokio::test]
async fn of_those_who_watch_the_health_there_are_a_hundred_at_most() {
    let peer = peer();
    let address = listen(&peer, Observer::default()).await;
    let channel = tonic::transport::Endpoint::from_shared(format!("http://{address}")).unwrap();
    let mut client = HealthClient::new(channel.connect().await.unwrap());
    let mut watching = Vec::new();
    for _ in 0..100 {
        let mut statuses = client.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
        assert_eq!(statuses.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
        watching.push(statuses);
    }
    let status = client.watch(HealthCheckRequest::default()).await.unwrap_err();
    let text = "too many requests for /grpc.health.v1.Health, exceeding concurrency limit (100)";
    assert_eq!(status.message(), text);
    client.check(HealthCheckRequest::default()).await.unwrap();
}

#[tokio::test]
async fn who_answers_no_ping_on_the_listener_of_chaincode_is_given_up_after_two_hours() {
    let peer = peer();
    let address = listen(&peer, Observer::default()).await;
    let mut vanished = TcpStream::connect(address).await.unwrap();
    let empty_settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    vanished.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    vanished.write_all(&empty_settings).await.unwrap();
    vanished.read_exact(&mut [0; 9]).await.unwrap();
    tokio::time::pause();
    let begin = tokio::time::Instant::now();
    let two_hours = 2 * 60 * 60;
    let limit = Duration::from_secs(2 * two_hours);
    timeout(limit, vanished.read_to_end(&mut Vec::new())).await.unwrap().unwrap();
    assert!((two_hours..=two_hours + 20).contains(&begin.elapsed().as_secs()), "{:?}", begin.elapsed());
}
