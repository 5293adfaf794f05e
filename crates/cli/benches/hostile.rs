//! What clients without an identity can do to `ccs dev`: how much memory they make it hold, and how long a client that
//! behaves well waits in the meantime.
//!
//! At once, for clients and for chaincode: connections that say nothing or begin a TLS handshake, requests that never end, and
//! proposals whose creator is a public certificate followed by padding, under a wrong signature; once in plaintext and once
//! over TLS. Prints the resident memory of the peer and the times of a client's evaluations before, meanwhile and afterwards,
//! and fails above 150 MiB or 200 ms. It needs 25,000 open files in all; without them it has fewer silent connections.

#![expect(clippy::expect_used, reason = "a benchmark may stop")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use ccs_client::{Call, Endpoint, Gateway, Tls};
use ccs_identity::Signer;
use ccs_proto::common::{ChannelHeader, Header, HeaderType, SignatureHeader};
use ccs_proto::gateway::EvaluateRequest;
use ccs_proto::gateway::gateway_client::GatewayClient;
use ccs_proto::peer::{
    ChaincodeHeaderExtension, ChaincodeId, ChaincodeInput, ChaincodeInvocationSpec, ChaincodeProposalPayload,
    ChaincodeSpec, Proposal, SignedProposal, chaincode_spec,
};
use h2::client::SendRequest;
use prost::Message as _;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tonic::codegen::Bytes;
use tonic::codegen::http::Request;
use tonic::transport::{Certificate, ClientTlsConfig};

const SILENT_CONNECTIONS: usize = 10_000;
const CONNECTIONS: usize = 10;
const STREAMS_OF_EACH: usize = 10_000;
const CREATORS: usize = 1_000;
const CREATOR_IN_BYTES: usize = 2 << 20;

/// What the header of a request that never ends says of its length, and how much of it comes.
const NEVER_ENDING: (u32, usize) = (90 << 20, 8 << 10);

const TIMEOUT: Duration = Duration::from_secs(30);

/// How long the attack lasts.
const ATTACK: Duration = Duration::from_secs(40);

/// How much memory the peer may have resident, in KiB, and how long a client that behaves well may wait.
const LIMITS: (u64, Duration) = (150 << 10, Duration::from_millis(200));

/// A process that is killed when it is dropped.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // A process that has already ended cannot be killed, and does not have to be.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the attackers have done.
#[derive(Debug, Default)]
struct Done {
    silent: AtomicUsize,
    streams: AtomicUsize,
    creators: AtomicUsize,
}

/// A peer that is attacked.
struct Target {
    process: Process,
    /// Where clients connect, and where chaincode does.
    clients: String,
    chaincode: String,
    /// With TLS, the CA that a client trusts.
    tls: Option<(Tls, TlsConnector)>,
    signer: Arc<Signer>,
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut is_well = true;
    for options in [&["--no-tls"][..], &["--chaincode-tls"]] {
        println!("{}:", options.join(" "));
        let folder = tempfile::tempdir().expect("a temporary folder");
        let target = Arc::new(start(folder.path(), options));
        is_well &= runtime.block_on(attack(&target));
    }
    if !is_well {
        eprintln!("the peer took more than 150 MiB, or a client waited for more than 200 ms");
        std::process::exit(1);
    }
}

/// Attacks a peer, and tells whether it kept within the limits.
async fn attack(target: &Arc<Target>) -> bool {
    let client = Client::new(Arc::clone(target));
    report("before", target, &client.evaluate().await);
    let (over, done) = (Arc::new(AtomicBool::new(false)), Arc::new(Done::default()));
    let mut attack = JoinSet::new();
    for address in [&target.clients, &target.chaincode] {
        attack.spawn(say_nothing(address.clone(), Arc::clone(&done)));
    }
    for _ in 0..CONNECTIONS {
        attack.spawn(never_end(Arc::clone(target), Arc::clone(&done), false));
        // Over TLS, no client without a certificate comes so far.
        if target.tls.is_none() {
            attack.spawn(never_end(Arc::clone(target), Arc::clone(&done), true));
        }
    }
    for _ in 0..4 {
        attack.spawn(propose(Arc::clone(target), Arc::clone(&done)));
    }
    let peak = watch(target.process.0.id(), Arc::clone(&over));
    let (begin, mut times) = (Instant::now(), Vec::new());
    while begin.elapsed() < ATTACK {
        times.append(&mut client.evaluate().await);
    }
    let longest = report("meanwhile", target, &times);
    over.store(true, Ordering::Relaxed);
    let peak = peak.join().expect("a watcher");
    println!("resident at most {} MiB; {done:?}", peak >> 10);
    attack.shutdown().await;
    report("afterwards", target, &client.evaluate().await);
    peak < LIMITS.0 && longest < LIMITS.1
}

/// A well-behaved client in a separate thread, so that the attackers of this program do not delay it.
struct Client {
    rounds: std::sync::mpsc::Sender<tokio::sync::oneshot::Sender<Vec<Duration>>>,
}

impl Client {
    fn new(target: Arc<Target>) -> Self {
        let (rounds, wanted) = std::sync::mpsc::channel::<tokio::sync::oneshot::Sender<_>>();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("a runtime");
            let gateway = runtime.block_on(target.connect()).expect("a connection");
            for answer in wanted {
                let times = runtime.block_on(well_behaved(&gateway, &target));
                answer.send(times).expect("a benchmark that waits");
            }
        });
        Self { rounds }
    }

    async fn evaluate(&self) -> Vec<Duration> {
        let (answer, times) = tokio::sync::oneshot::channel();
        self.rounds.send(answer).expect("the client's thread");
        times.await.expect("times")
    }
}

/// Starts a peer without chaincode.
fn start(folder: &Path, options: &[&str]) -> Target {
    let peer = Command::new(env!("CARGO_BIN_EXE_ccs"))
        .args(["dev", "--json", "--listen", "127.0.0.1:0", "--chaincode-listen", "127.0.0.1:0"])
        .args(options)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn();
    let mut process = Process(peer.expect("the peer"));
    let mut lines = BufReader::new(process.0.stdout.take().expect("its output")).lines();
    let ready = loop {
        let line = lines.next().expect("a peer that goes on").expect("text");
        let document: serde_json::Value = serde_json::from_str(&line).expect("a document");
        if document["event"] == "ready" {
            break document;
        }
    };
    // The peer never waits for a full pipe.
    std::thread::spawn(move || lines.for_each(drop));
    let text = |key: &str| ready[key].as_str().expect("text").to_owned();
    let ca = folder
        .join("organizations/peerOrganizations/org1.example.com/peers/peer0.org1.example.com/tls/ca.crt");
    let tls = (ready["tls"] == true).then(|| trust(std::fs::read(ca).expect("a CA")));
    let signer = Arc::new(user(folder));
    Target { process, clients: text("endpoint"), chaincode: text("chaincode_listen"), tls, signer }
}

/// Creates the TLS settings that trust a CA.
fn trust(ca: Vec<u8>) -> (Tls, TlsConnector) {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(&ca).expect("a certificate")).expect("a CA");
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.expect("TLS").with_root_certificates(roots);
    let mut config = config.with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    (Tls { ca, server_name: None }, TlsConnector::from(Arc::new(config)))
}

impl Target {
    async fn connect(&self) -> Result<Gateway, String> {
        let tls = self.tls.as_ref().map(|(tls, _)| tls.clone());
        let endpoint = Endpoint::new(&self.clients, tls).expect("an endpoint");
        let gateway = Gateway::connect(&endpoint, Arc::clone(&self.signer), TIMEOUT).await;
        gateway.map_err(|error| error.to_string())
    }
}

fn user(folder: &Path) -> Signer {
    let user = "organizations/peerOrganizations/org1.example.com/users/User1@org1.example.com/msp";
    Signer::read(&"Org1MSP".parse().expect("an MSP ID"), &folder.join(user)).expect("a signer")
}

/// Evaluates twenty times, in turns on an old connection and on a new one; returns how long each took.
async fn well_behaved(gateway: &Gateway, target: &Target) -> Vec<Duration> {
    let mut call = Call::new("mychannel", "qscc", "GetChainInfo");
    call.arguments = vec![b"mychannel".to_vec()];
    let mut times = Vec::new();
    for number in 0..20 {
        let begin = Instant::now();
        let gateway = if number % 2 == 0 { Ok(gateway.clone()) } else { target.connect().await };
        let answer = match gateway {
            Ok(gateway) => gateway.evaluate(&call).await.map_err(|error| error.to_string()),
            Err(error) => Err(error),
        };
        match answer {
            Ok(_) => times.push(begin.elapsed()),
            Err(error) => {
                println!("not served after {:.1?}: {error}", begin.elapsed());
                times.push(TIMEOUT);
            }
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    times
}

/// Prints the times, and returns the longest one.
fn report(when: &str, target: &Target, times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort();
    let at = |share: usize| times[(times.len() - 1) * share / 100];
    println!(
        "{when}: {} evaluations, median {:.1?}, 99 % within {:.1?}, longest {:.1?}; resident {} MiB",
        times.len(),
        at(50),
        at(99),
        at(100),
        resident(target.process.0.id()) >> 10
    );
    at(100)
}

/// Returns how much memory a process has resident, in KiB.
fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// Watches how much memory a process has resident, from a thread of its own, until it is over; returns the most.
fn watch(process: u32, over: Arc<AtomicBool>) -> std::thread::JoinHandle<u64> {
    std::thread::spawn(move || {
        let mut most = 0;
        while !over.load(Ordering::Relaxed) {
            most = most.max(resident(process));
            std::thread::sleep(Duration::from_millis(10));
        }
        most
    })
}

/// Opens connections and says nothing, or begins TLS; and opens those again that the peer closes.
async fn say_nothing(address: String, done: Arc<Done>) {
    let mut connections = Vec::new();
    loop {
        match TcpStream::connect(&address).await {
            Ok(mut connection) => {
                if connections.len() % 2 == 0 {
                    // The header of a message of 16 KiB, and the beginning of it.
                    drop(connection.write_all(&[0x16, 3, 1, 0x40, 0, 1, 0, 0xff, 0xf0, 3, 3]).await);
                }
                connections.push(connection);
                done.silent.fetch_add(1, Ordering::Relaxed);
            }
            // No more open files.
            Err(_) => connections.truncate(SILENT_CONNECTIONS / 4),
        }
        if connections.len() >= SILENT_CONNECTIONS {
            connections.drain(..SILENT_CONNECTIONS / 2);
        }
        tokio::task::yield_now().await;
    }
}

/// Opens requests on one connection that never end, again and again.
async fn never_end(target: Arc<Target>, done: Arc<Done>, is_chaincode: bool) {
    loop {
        let client =
            if is_chaincode { target.handshake_as_chaincode().await } else { target.handshake().await };
        if let Some(client) = client {
            let path =
                if is_chaincode { "/protos.ChaincodeSupport/Register" } else { "/gateway.Gateway/Evaluate" };
            let mut streams = JoinSet::new();
            for _ in 0..STREAMS_OF_EACH {
                streams.spawn(begin(client.clone(), path, Arc::clone(&done)));
            }
            streams.join_all().await;
        }
        tokio::task::yield_now().await;
    }
}

/// Bytes both ways.
trait Bytestream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Bytestream for T {}

impl Target {
    async fn handshake(&self) -> Option<SendRequest<Bytes>> {
        let stream = TcpStream::connect(&self.clients).await.ok()?;
        let stream: Box<dyn Bytestream> = match &self.tls {
            Some((_, connector)) => {
                let name = "localhost".try_into().expect("a name");
                Box::new(connector.connect(name, stream).await.ok()?)
            }
            None => Box::new(stream),
        };
        greet(stream).await
    }

    async fn handshake_as_chaincode(&self) -> Option<SendRequest<Bytes>> {
        greet(Box::new(TcpStream::connect(&self.chaincode).await.ok()?)).await
    }
}

async fn greet(stream: Box<dyn Bytestream>) -> Option<SendRequest<Bytes>> {
    let (client, connection) = h2::client::handshake(stream).await.ok()?;
    tokio::spawn(connection);
    Some(client)
}

/// Begins a request, and waits until the peer ends it.
async fn begin(client: SendRequest<Bytes>, path: &str, done: Arc<Done>) -> Option<()> {
    let request = Request::post(format!("http://localhost{path}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(())
        .expect("a request");
    let (answer, mut stream) = client.ready().await.ok()?.send_request(request, false).ok()?;
    let (length, sent) = NEVER_ENDING;
    let begun = [&[0][..], &length.to_be_bytes(), &vec![7; sent]].concat();
    stream.send_data(begun.into(), false).ok()?;
    done.streams.fetch_add(1, Ordering::Relaxed);
    drop(answer.await);
    Some(())
}

/// Proposes under a certificate that is not its own, with padding.
async fn propose(target: Arc<Target>, done: Arc<Done>) {
    let scheme = if target.tls.is_some() { "https" } else { "http" };
    let endpoint = tonic::transport::Endpoint::from_shared(format!("{scheme}://{}", target.clients));
    let mut endpoint = endpoint.expect("an address");
    if let Some((tls, _)) = &target.tls {
        let trusted = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(&tls.ca));
        endpoint = endpoint.tls_config(trusted).expect("TLS");
    }
    let mut number = 0_u32;
    while done.creators.load(Ordering::Relaxed) < CREATORS {
        let Ok(channel) = endpoint.connect().await else { continue };
        let mut gateway = GatewayClient::new(channel).max_encoding_message_size(100 << 20);
        number += 1;
        let request = EvaluateRequest {
            proposed_transaction: Some(proposal(target.signer.creator(), number)),
            channel_id: "mychannel".to_owned(),
            ..EvaluateRequest::default()
        };
        let refused = gateway.evaluate(request).await.expect_err("a wrong signature");
        // Others see that the connection has ended, or that there is no room.
        if refused.message().contains("creator") {
            done.creators.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Makes a proposal of a creator with padding, different from all others.
fn proposal(creator: &[u8], number: u32) -> SignedProposal {
    // Unknown fields of the message.
    let mut creator = creator.to_vec();
    let padding = vec![b'\n'; CREATOR_IN_BYTES];
    prost::encoding::bytes::encode(15, &padding, &mut creator);
    prost::encoding::uint32::encode(14, &number, &mut creator);
    let nonce = number.to_be_bytes().to_vec();
    let chaincode = ChaincodeId { name: "qscc".to_owned(), ..ChaincodeId::default() };
    let extension = ChaincodeHeaderExtension { chaincode_id: Some(chaincode.clone()) };
    let specification = ChaincodeSpec {
        r#type: chaincode_spec::Type::Golang.into(),
        chaincode_id: Some(chaincode),
        input: Some(ChaincodeInput { args: vec![b"GetChainInfo".to_vec()], ..ChaincodeInput::default() }),
        ..ChaincodeSpec::default()
    };
    let input = ChaincodeInvocationSpec { chaincode_spec: Some(specification) }.encode_to_vec();
    let payload = ChaincodeProposalPayload { input, ..ChaincodeProposalPayload::default() };
    let header = ChannelHeader {
        r#type: HeaderType::EndorserTransaction.into(),
        channel_id: "mychannel".to_owned(),
        tx_id: ccs_proto::transaction_id(&nonce, &creator),
        timestamp: Some(std::time::SystemTime::now().into()),
        extension: extension.encode_to_vec(),
        ..ChannelHeader::default()
    };
    let header = Header {
        channel_header: header.encode_to_vec(),
        signature_header: SignatureHeader { creator, nonce }.encode_to_vec(),
    };
    let proposal =
        Proposal { header: header.encode_to_vec(), payload: payload.encode_to_vec(), ..Proposal::default() };
    SignedProposal { proposal_bytes: proposal.encode_to_vec(), signature: b"wrong".to_vec() }
}
