//! The server: TLS, message sizes, and shutdown.

use std::sync::Arc;

use ccs_ledger::Store;
use ccs_peer::{Peer, PeerOptions, ServerTls, serve};
use ccs_proto::gateway::EvaluateRequest;
use ccs_proto::gateway::gateway_client::GatewayClient;
use hyper_util::rt::TokioIo;
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tonic::transport::Endpoint;
use tonic::{Code, Request};

use crate::fake_contract::FakeContract;
use crate::network::{CHANNEL, Network};
use crate::proposal::Parts;
use crate::running::{LIMIT, genesis, start};

#[tokio::test]
async fn a_client_may_demand_tls() {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let tls = ServerTls::from_pem(certificate.pem().as_bytes(), key.serialize_pem().as_bytes()).unwrap();
    let network = Network::new();
    let ledger = Store::temporary().unwrap().channel(CHANNEL, genesis).unwrap();
    let options =
        PeerOptions::new("peer:7051", Arc::new(network.organization.signer("peer")), network.msps());
    let node = Peer::start(options, Arc::new(FakeContract::default()), vec![network.channel(ledger)]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(serve(listener, Some(tls), node, async { drop(stopped.await) }));

    let mut roots = RootCertStore::empty();
    roots.add(certificate.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let client = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut client = client.with_root_certificates(roots).with_no_client_auth();
    client.alpn_protocols = vec![b"h2".to_vec()];
    let connector = TlsConnector::from(Arc::new(client));
    let connect = tower::service_fn(move |_: tonic::transport::Uri| {
        let connector = connector.clone();
        async move {
            let stream = TcpStream::connect(address).await?;
            let name = ServerName::try_from("localhost").unwrap();
            connector.connect(name, stream).await.map(TokioIo::new)
        }
    });
    let channel = Endpoint::from_static("http://localhost").connect_with_connector(connect).await.unwrap();
    let signed = Parts::new(&network.client, &["answer", "200", "hello"]).signed(&network.client);
    let request = EvaluateRequest { proposed_transaction: Some(signed), ..EvaluateRequest::default() };
    let result = GatewayClient::new(channel).evaluate(request).await.unwrap().into_inner().result.unwrap();
    assert_eq!(result.message, "hello");
    stop.send(()).unwrap();
    timeout(LIMIT, served).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn messages_of_many_megabytes_pass() {
    let peer = start().await;
    // More than tonic's default limit of 4 MiB.
    let value = "x".repeat(5 << 20);
    let mut gateway =
        peer.gateway().max_decoding_message_size(100 << 20).max_encoding_message_size(100 << 20);
    let request = peer.evaluate_request(&peer.parts(&["put", "a", &value]));
    let result = gateway.evaluate(request).await.unwrap().into_inner().result.unwrap();
    assert_eq!(result.payload.len(), value.len());
    peer.stop().await;
}

#[tokio::test]
async fn a_stop_ends_waits_and_refuses_connections() {
    let peer = start().await;
    let address = peer.address;
    let request = peer.status_request("never");
    let mut gateway = peer.gateway();
    let waiting = tokio::spawn(async move { gateway.commit_status(Request::new(request)).await });
    // On the same connection, so that the wait has usually begun; the call ends the same way if it has not.
    peer.evaluate(&["get", "a"]).await;
    peer.stop().await;
    let status = timeout(LIMIT, waiting).await.unwrap().unwrap().unwrap_err();
    assert!(matches!(status.code(), Code::Unavailable | Code::Unknown | Code::Cancelled), "{status:?}");
    assert!(TcpStream::connect(address).await.is_err());
}
