//! What clients without an identity can do to `ccs dev`: how much memory they make it hold, and how long a client that
//! behaves well waits meanwhile.
//!
//! At once: connections that say nothing, requests that never end, and proposals whose creator is a public certificate
//! followed by padding, under a wrong signature. Prints the resident memory of the peer and the times of a client's
//! evaluations before, meanwhile and afterwards. It needs 25,000 open files in all; without them it has fewer silent
//! connections, and says so.

#![expect(clippy::expect_used, reason = "a benchmark may stop")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use ccs_client::{Call, Endpoint, Gateway};
use ccs_identity::Signer;
use ccs_proto::common::{ChannelHeader, Header, HeaderType, SignatureHeader};
use ccs_proto::gateway::EvaluateRequest;
use ccs_proto::gateway::gateway_client::GatewayClient;
use ccs_proto::peer::{Proposal, SignedProposal};
use h2::client::SendRequest;
use prost::Message as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tonic::codegen::Bytes;
use tonic::codegen::http::Request;

const SILENT_CONNECTIONS: usize = 10_000;
const CONNECTIONS: usize = 10;
const STREAMS_OF_EACH: usize = 1_000;
const CREATORS: usize = 1_000;
const CREATOR_IN_BYTES: usize = 2 << 20;

/// What the header of a request that never ends says of its length, and how much of it comes.
const NEVER_ENDING: (u32, usize) = (90 << 20, 8 << 10);

const TIMEOUT: Duration = Duration::from_secs(30);

/// How long the attack goes on.
const ATTACK: Duration = Duration::from_mins(1);

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

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (peer, address) = start(folder.path());
    let signer = Arc::new(user(folder.path()));
    runtime.block_on(async {
        let gateway = connect(&address, &signer).await;
        let client = || well_behaved(&gateway, &address, &signer);
        report("before", &peer, &client().await);
        let (over, done) = (Arc::new(AtomicBool::new(false)), Arc::new(Done::default()));
        let mut attack = JoinSet::new();
        attack.spawn(say_nothing(address.clone(), Arc::clone(&done)));
        for _ in 0..CONNECTIONS {
            attack.spawn(never_end(address.clone(), Arc::clone(&done)));
        }
        for _ in 0..4 {
            attack.spawn(propose(address.clone(), signer.creator().to_vec(), Arc::clone(&done)));
        }
        let peak = watch(peer.0.id(), Arc::clone(&over));
        let (begin, mut times) = (Instant::now(), Vec::new());
        while begin.elapsed() < ATTACK {
            times.append(&mut client().await);
        }
        report("meanwhile", &peer, &times);
        over.store(true, Ordering::Relaxed);
        println!("resident at most {} MiB; {done:?}", peak.join().expect("a watcher") >> 10);
        attack.shutdown().await;
        report("afterwards", &peer, &client().await);
    });
}

/// Starts a peer in plaintext without chaincode, and returns where it listens.
fn start(folder: &Path) -> (Process, String) {
    let peer = Command::new(env!("CARGO_BIN_EXE_ccs"))
        .args(["dev", "--json", "--no-tls", "--listen", "127.0.0.1:0", "--chaincode-listen", "127.0.0.1:0"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn();
    let mut peer = Process(peer.expect("the peer"));
    let mut lines = BufReader::new(peer.0.stdout.take().expect("its output")).lines();
    let address = loop {
        let line = lines.next().expect("a peer that goes on").expect("text");
        let document: serde_json::Value = serde_json::from_str(&line).expect("a document");
        if document["event"] == "ready" {
            break document["endpoint"].as_str().expect("an address").to_owned();
        }
    };
    // The peer never waits for a full pipe.
    std::thread::spawn(move || lines.for_each(drop));
    (peer, address)
}

fn user(folder: &Path) -> Signer {
    let user = "organizations/peerOrganizations/org1.example.com/users/User1@org1.example.com/msp";
    Signer::read(&"Org1MSP".parse().expect("an MSP ID"), &folder.join(user)).expect("a signer")
}

async fn connect(address: &str, signer: &Arc<Signer>) -> Gateway {
    let endpoint = Endpoint::new(address, None).expect("an endpoint");
    Gateway::connect(&endpoint, Arc::clone(signer), TIMEOUT).await.expect("a connection")
}

/// Evaluates twenty times, in turns on an old connection and on a new one; returns how long each took.
async fn well_behaved(gateway: &Gateway, address: &str, signer: &Arc<Signer>) -> Vec<Duration> {
    let mut call = Call::new("mychannel", "qscc", "GetChainInfo");
    call.arguments = vec![b"mychannel".to_vec()];
    let mut times = Vec::new();
    for number in 0..20 {
        let begin = Instant::now();
        let gateway = if number % 2 == 0 { gateway.clone() } else { connect(address, signer).await };
        gateway.evaluate(&call).await.expect("an answer");
        times.push(begin.elapsed());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    times
}

fn report(when: &str, peer: &Process, times: &[Duration]) {
    let mut times = times.to_vec();
    times.sort();
    let at = |share: usize| times[(times.len() - 1) * share / 100];
    println!(
        "{when}: {} evaluations, median {:.1?}, 99 % within {:.1?}, longest {:.1?}; resident {} MiB",
        times.len(),
        at(50),
        at(99),
        at(100),
        resident(peer.0.id()) >> 10
    );
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

/// Opens connections and says nothing; those that the peer closes are opened anew.
async fn say_nothing(address: String, done: Arc<Done>) {
    let mut connections = Vec::new();
    loop {
        match TcpStream::connect(&address).await {
            Ok(connection) => {
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
async fn never_end(address: String, done: Arc<Done>) {
    loop {
        if let Some(client) = handshake(&address).await {
            let mut streams = JoinSet::new();
            for _ in 0..STREAMS_OF_EACH {
                streams.spawn(begin(client.clone(), Arc::clone(&done)));
            }
            streams.join_all().await;
        }
        tokio::task::yield_now().await;
    }
}

async fn handshake(address: &str) -> Option<SendRequest<Bytes>> {
    let stream = TcpStream::connect(address).await.ok()?;
    let (client, connection) = h2::client::handshake(stream).await.ok()?;
    tokio::spawn(connection);
    Some(client)
}

/// Begins a request, and waits until the peer ends it.
async fn begin(client: SendRequest<Bytes>, done: Arc<Done>) -> Option<()> {
    let request = Request::post("http://localhost/gateway.Gateway/Evaluate")
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
async fn propose(address: String, creator: Vec<u8>, done: Arc<Done>) {
    let endpoint = tonic::transport::Endpoint::from_shared(format!("http://{address}")).expect("an address");
    let mut number = 0_u32;
    while done.creators.load(Ordering::Relaxed) < CREATORS {
        let Ok(channel) = endpoint.connect().await else { continue };
        let mut gateway = GatewayClient::new(channel).max_encoding_message_size(100 << 20);
        number += 1;
        let request = EvaluateRequest {
            proposed_transaction: Some(proposal(&creator, number)),
            channel_id: "mychannel".to_owned(),
            ..EvaluateRequest::default()
        };
        let refused = gateway.evaluate(request).await.expect_err("a wrong signature");
        // Others are told that the connection has ended, or that there is no room.
        if refused.message().contains("creator") {
            done.creators.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Makes a proposal of a creator with padding, which nobody else has.
fn proposal(creator: &[u8], number: u32) -> SignedProposal {
    // Fields of the message that nobody knows.
    let mut creator = creator.to_vec();
    let padding = vec![b'\n'; CREATOR_IN_BYTES];
    prost::encoding::bytes::encode(15, &padding, &mut creator);
    prost::encoding::uint32::encode(14, &number, &mut creator);
    let nonce = number.to_be_bytes().to_vec();
    let header = ChannelHeader {
        r#type: HeaderType::EndorserTransaction.into(),
        channel_id: "mychannel".to_owned(),
        tx_id: ccs_proto::transaction_id(&nonce, &creator),
        timestamp: Some(std::time::SystemTime::now().into()),
        ..ChannelHeader::default()
    };
    let header = Header {
        channel_header: header.encode_to_vec(),
        signature_header: SignatureHeader { creator, nonce }.encode_to_vec(),
    };
    let proposal = Proposal { header: header.encode_to_vec(), ..Proposal::default() };
    SignedProposal { proposal_bytes: proposal.encode_to_vec(), signature: b"wrong".to_vec() }
}
