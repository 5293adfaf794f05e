//! Chaincode that connects over TLS: its certificate decides which ID it may register. The chaincodes are fakes; the
//! TLS is real.

use std::sync::Arc;
use std::time::SystemTime;

use ccs_chaincode::{ChaincodeSupport, Source};
use ccs_identity::{ChaincodeTls, Pair};
use ccs_peer::observer::PeerEvent;
use ccs_peer::{ChaincodeListenerOptions, Observer, serve_chaincode};
use ccs_proto::peer::chaincode_message::Type;
use ccs_proto::peer::chaincode_support_client::ChaincodeSupportClient;
use ccs_proto::peer::{ChaincodeId, ChaincodeMessage};
use ccs_testkit::fake_chaincode::message;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};
use tonic::{Status, Streaming};

use crate::ID;

/// Peer that expects `basic:1.0` and `other:1.0`, with its listener and the listener's TLS credentials.
struct Listening {
    peer: Arc<ChaincodeSupport>,
    tls: Arc<ChaincodeTls>,
    port: u16,
}

impl Listening {
    async fn start() -> Self {
        let peer = crate::peer();
        for id in [ID, "other:1.0"] {
            peer.chaincodes().add(id, Source::Client);
        }
        let tls = ChaincodeTls::new(&["localhost".parse().unwrap()], SystemTime::now()).unwrap();
        let tls = Arc::new(tls);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let chaincodes = peer.chaincodes().clone();
        let options =
            ChaincodeListenerOptions { tls: Some(Arc::clone(&tls)), ..ChaincodeListenerOptions::default() };
        tokio::spawn(serve_chaincode(listener, options, chaincodes, CancellationToken::new()));
        Self { peer, tls, port }
    }

    /// Connects with the certificate that `issuer` issues for an ID, or without one.
    async fn come(&self, issuer: &ChaincodeTls, id: Option<&str>) -> Result<Come, tonic::transport::Error> {
        self.come_with(id.map(|id| issuer.issue(id).unwrap())).await
    }

    async fn come_with(&self, pair: Option<Pair>) -> Result<Come, tonic::transport::Error> {
        let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(self.tls.ca()));
        if let Some(pair) = pair {
            // The label is for shims; rustls checks it and the content.
            let key = pair.key.replace(" EC PRIVATE KEY", " PRIVATE KEY");
            tls = tls.identity(Identity::from_pem(pair.certificate, key));
        }
        let endpoint = Endpoint::from_shared(format!("https://localhost:{}", self.port)).unwrap();
        let channel = endpoint.tls_config(tls).unwrap().connect().await?;
        let (outbound, messages) = mpsc::channel(16);
        let register = ChaincodeSupportClient::new(channel).register(ReceiverStream::new(messages)).await;
        Ok(Come { outbound, inbound: register.map(tonic::Response::into_inner) })
    }

    /// Registers an ID with the certificate of another chaincode or of an unknown CA, and returns the error text.
    async fn refusal(&self, issuer: &ChaincodeTls, id: &str, first: ChaincodeMessage) -> String {
        refusal(self.come(issuer, Some(id)).await.unwrap(), first).await
    }
}

async fn refusal(come: Come, first: ChaincodeMessage) -> String {
    come.outbound.send(first).await.unwrap();
    come.inbound.unwrap().message().await.unwrap_err().message().to_owned()
}

struct Come {
    outbound: mpsc::Sender<ChaincodeMessage>,
    inbound: Result<Streaming<ChaincodeMessage>, Status>,
}

fn register(id: &str) -> ChaincodeMessage {
    message(Type::Register, "", &ChaincodeId { name: id.to_owned(), ..ChaincodeId::default() })
}

#[tokio::test]
async fn a_fake_chaincode_with_its_own_certificate_gets_ready() {
    let listening = Listening::start().await;
    let come = listening.come(&listening.tls, Some(ID)).await.unwrap();
    come.outbound.send(register(ID)).await.unwrap();
    let mut inbound = come.inbound.unwrap();
    assert_eq!(inbound.message().await.unwrap().unwrap().r#type(), Type::Registered);
    assert_eq!(inbound.message().await.unwrap().unwrap().r#type(), Type::Ready);
    assert!(listening.peer.chaincodes().is_running(ID));
}

#[tokio::test]
async fn a_fake_chaincode_with_the_certificate_of_another_is_refused() {
    let listening = Listening::start().await;
    let text = listening.refusal(&listening.tls, "other:1.0", register(ID)).await;
    let (begin, end) =
        ("chaincode basic:1.0 with given certificate hash ", " belongs to a different chaincode");
    let hash = text.strip_prefix(begin).and_then(|text| text.strip_suffix(end));
    assert_eq!(hash.map(str::len), Some(64), "{text}");
    assert!(!listening.peer.chaincodes().is_running(ID));
}

#[tokio::test]
async fn a_fake_chaincode_with_a_certificate_that_is_no_chaincodes_is_refused() {
    let listening = Listening::start().await;
    // The only other certificate that this CA has issued.
    let come = listening.come_with(Some(listening.tls.server().clone())).await.unwrap();
    let text = refusal(come, register(ID)).await;
    let (begin, end) = ("chaincode basic:1.0 with given certificate hash ", " not found in registry");
    let hash = text.strip_prefix(begin).and_then(|text| text.strip_suffix(end));
    assert_eq!(hash.map(str::len), Some(64), "{text}");
    assert!(!listening.peer.chaincodes().is_running(ID));
}

#[tokio::test]
async fn a_fake_chaincode_over_tls_begins_with_register() {
    let listening = Listening::start().await;
    let first = message(Type::GetState, "t", &ChaincodeId::default());
    assert_eq!(listening.refusal(&listening.tls, ID, first).await, "First message needs to be a register");
}

#[tokio::test]
async fn a_fake_chaincode_without_a_certificate_of_this_peer_does_not_get_in() {
    let listening = Listening::start().await;
    let elsewhere = ChaincodeTls::new(&["localhost".parse().unwrap()], SystemTime::now()).unwrap();
    for (issuer, id) in [(&*listening.tls, None), (&elsewhere, Some(ID))] {
        // With TLS 1.3, a client sees the rejection only when it uses the connection.
        let refused = match listening.come(issuer, id).await {
            Err(_) => true,
            Ok(come) => match come.inbound {
                Err(_) => true,
                Ok(mut inbound) => inbound.message().await.is_err(),
            },
        };
        assert!(refused, "{id:?}");
        assert!(!listening.peer.chaincodes().is_running(ID));
    }
}

#[tokio::test]
async fn a_client_with_tls_on_a_plaintext_port_or_without_on_a_tls_port_is_reported() {
    let tls = ChaincodeTls::new(&["localhost".parse().unwrap()], SystemTime::now()).unwrap();
    for (tls, first, expected) in [
        (
            None,
            b"\x16\x03\x01\0\x05hello".as_slice(),
            "the client started a TLS handshake, but this port serves plaintext",
        ),
        (
            Some(Arc::new(tls)),
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "the client did not start a TLS handshake, but this port requires TLS",
        ),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, mut told) = mpsc::unbounded_channel();
        let observer = Observer::new(move |event| drop(tell.send(event)));
        let chaincodes = crate::peer().chaincodes().clone();
        let options = ChaincodeListenerOptions { tls, observer, ..ChaincodeListenerOptions::default() };
        tokio::spawn(serve_chaincode(listener, options, chaincodes, CancellationToken::new()));
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(first).await.unwrap();
        let Some(PeerEvent::Warning(warning)) = told.recv().await else { panic!("it is a warning") };
        assert_eq!(warning, format!("a client failed to connect to {address}: {expected}"));
    }
}

#[tokio::test]
async fn a_stream_on_which_no_chaincode_registers_ends() {
    let listening = Listening::start().await;
    let come = listening.come(&listening.tls, Some(ID)).await.unwrap();
    let mut inbound = come.inbound.unwrap();
    tokio::time::pause();
    let status = inbound.message().await.unwrap_err();
    assert!(status.message().contains("the request did not arrive in time"), "{status:?}");
    drop(come.outbound);
}
