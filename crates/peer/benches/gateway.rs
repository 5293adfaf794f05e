//! Evaluate and submit through the gateway, compared with bare gRPC calls that carry messages of the same size.
//!
//! Client, peer and chaincode share one process and its processors and use loopback in plaintext; the ledger is
//! temporary.
//!
//! | Measured | Exchanges with the peer | with the chaincode | Signatures made | verified |
//! | --- | --- | --- | --- | --- |
//! | `ping-pong` | 1 | 0 | 0 | 0 |
//! | `signed ping-pong` | 1 | 0 | 1 | 1 |
//! | `evaluate` | 1 | 1 | 1 | 1 |
//! | `evaluate a read` | 1 | 2 | 1 | 1 |
//! | `submit a write` | 3 | 2 | 4 | 3 |
//!
//! The client makes all signatures except the endorsement of a submit, and the measured time includes them: a client
//! cannot call without signing.

#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use ccs_chaincode::{ChaincodeLimits, ChaincodeSupport, Source};
use ccs_channel::{Channel, Definition};
use ccs_client::{Call, Endpoint, Gateway};
use ccs_dial::ConnectionInfo;
use ccs_identity::{
    ChannelPlan, Identity, MspManager, Orderer, Organization, OrganizationPlan, Signer, genesis_block,
};
use ccs_ledger::Store;
use ccs_peer::{Peer, PeerOptions};
use ccs_proto::peer::chaincode_message::Type;
use ccs_proto::peer::chaincode_server::{Chaincode, ChaincodeServer};
use ccs_proto::peer::endorser_client::EndorserClient;
use ccs_proto::peer::endorser_server::{Endorser, EndorserServer};
use ccs_proto::peer::{
    ChaincodeId, ChaincodeInput, ChaincodeMessage, GetState, ProposalResponse, PutState, Response,
    SignedProposal,
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use prost::Message;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Status, Streaming};

const ID: &str = "echo:1.0";
const TIMEOUT: Duration = Duration::from_secs(10);

/// Sizes of an evaluation's request (1013 bytes with its certificate) and of its response.
const PROPOSAL_IN_BYTES: usize = 937;
const SIGNATURE_IN_BYTES: usize = 71;
const RESPONSE_IN_BYTES: usize = 25;

/// Chaincode that answers after it has read a key, written one, or done neither.
struct Echo;

type Messages = Pin<Box<ReceiverStream<Result<ChaincodeMessage, Status>>>>;

#[tonic::async_trait]
impl Chaincode for Echo {
    type ConnectStream = Messages;

    async fn connect(
        &self,
        request: Request<Streaming<ChaincodeMessage>>,
    ) -> Result<tonic::Response<Messages>, Status> {
        let (outbound, messages) = mpsc::channel(64);
        tokio::spawn(echo(request.into_inner(), outbound));
        Ok(tonic::Response::new(Box::pin(ReceiverStream::new(messages))))
    }
}

async fn echo(
    mut inbound: Streaming<ChaincodeMessage>,
    outbound: mpsc::Sender<Result<ChaincodeMessage, Status>>,
) {
    let id = ChaincodeId { name: ID.to_owned(), ..ChaincodeId::default() };
    let register = ChaincodeMessage {
        r#type: Type::Register.into(),
        payload: id.encode_to_vec(),
        ..ChaincodeMessage::default()
    };
    let mut next = Some(register);
    loop {
        if let Some(message) = next.take() {
            outbound.send(Ok(message)).await.unwrap();
        }
        let Ok(Some(message)) = inbound.message().await else { return };
        let answer = |message_type: Type, payload: Vec<u8>| ChaincodeMessage {
            r#type: message_type.into(),
            payload,
            proposal: None,
            ..message.clone()
        };
        next = match (message.r#type(), function(&message).as_slice()) {
            (Type::Transaction, b"Put") => {
                let put =
                    PutState { key: message.txid.clone(), value: b"value".to_vec(), ..PutState::default() };
                Some(answer(Type::PutState, put.encode_to_vec()))
            }
            (Type::Transaction, b"Get") => {
                let get = GetState { key: "key".to_owned(), ..GetState::default() };
                Some(answer(Type::GetState, get.encode_to_vec()))
            }
            (Type::Transaction | Type::Response, _) => {
                let response = Response { status: 200, payload: vec![b'x'; 20], ..Response::default() };
                Some(answer(Type::Completed, response.encode_to_vec()))
            }
            _ => None,
        };
    }
}

/// Returns the name of the function that a TRANSACTION calls.
fn function(message: &ChaincodeMessage) -> Vec<u8> {
    let input = ChaincodeInput::decode(message.payload.as_slice()).unwrap_or_default();
    input.args.into_iter().next().unwrap_or_default()
}

/// Service that answers immediately, or after it has verified the signature of the given identity.
struct Pong(Option<Arc<Identity>>);

#[tonic::async_trait]
impl Endorser for Pong {
    async fn process_proposal(
        &self,
        request: Request<SignedProposal>,
    ) -> Result<tonic::Response<ProposalResponse>, Status> {
        if let Some(identity) = &self.0 {
            let SignedProposal { proposal_bytes, signature } = request.get_ref();
            identity.verify(proposal_bytes, signature).unwrap();
        }
        let payload = vec![0; RESPONSE_IN_BYTES];
        Ok(tonic::Response::new(ProposalResponse { payload, ..ProposalResponse::default() }))
    }
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

/// Channel for the bare calls, and the signer of the messages.
#[derive(Clone)]
struct PingPong {
    client: EndorserClient<tonic::transport::Channel>,
    signer: Option<Arc<Signer>>,
}

impl PingPong {
    async fn call(mut self) {
        let proposal_bytes = vec![0; PROPOSAL_IN_BYTES];
        let signature = match self.signer {
            Some(signer) => signer.sign(&proposal_bytes).unwrap(),
            None => vec![0; SIGNATURE_IN_BYTES],
        };
        drop(self.client.process_proposal(SignedProposal { proposal_bytes, signature }).await.unwrap());
    }
}

async fn ping_pong(signer: Option<Arc<Signer>>, identity: Option<Arc<Identity>>) -> PingPong {
    let (listener, address) = listen().await;
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    tokio::spawn(
        Server::builder().add_service(EndorserServer::new(Pong(identity))).serve_with_incoming(incoming),
    );
    let endpoint = tonic::transport::Endpoint::from_shared(format!("http://{address}")).unwrap();
    PingPong { client: EndorserClient::new(endpoint.connect().await.unwrap()), signer }
}

/// Starts chaincode, peer and services, and connects a client, whose identity is returned too.
async fn gateway(store: &Store) -> (Gateway, Arc<Signer>, Arc<Identity>) {
    let (listener, chaincode) = listen().await;
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    tokio::spawn(Server::builder().add_service(ChaincodeServer::new(Echo)).serve_with_incoming(incoming));

    let (listener, address) = listen().await;
    let plan = OrganizationPlan {
        msp_id: "Org1MSP".parse().unwrap(),
        domain: "org1.example.com".parse().unwrap(),
        hosts: Vec::new(),
        endpoint: address.clone(),
    };
    let organization = Organization::in_memory(&plan, SystemTime::now()).unwrap();
    let msps = vec![Arc::clone(organization.msp())];
    let channel = ChannelPlan {
        name: "mychannel".to_owned(),
        organizations: msps.clone(),
        orderer: Orderer::Members(address.clone()),
    };
    let ledger = store.channel("mychannel", || genesis_block(&channel, SystemTime::now())).unwrap();
    let channel = Channel::new(ledger, msps.clone());
    let definition = Definition { sequence: 1, version: "1.0".to_owned(), ..Definition::default() };
    channel.define("echo", &definition).unwrap();
    channel.bind("echo", ID);
    let peer = Arc::new(ChaincodeSupport::new(ChaincodeLimits::default()));
    peer.join(Arc::new(channel));
    peer.chaincodes()
        .add(ID, Source::Server(ConnectionInfo { address: chaincode, dial_timeout: TIMEOUT, tls: None }));
    let options =
        PeerOptions::new(&address, Arc::clone(organization.peer()), Arc::new(MspManager::new(msps)));
    let node = Peer::with_chaincode(options, &peer);
    tokio::spawn(ccs_peer::serve(listener, None, node, std::future::pending()));
    let endpoint = Endpoint::new(&address, None).unwrap();
    let user = organization.user();
    let identity = organization.msp().identify(user.certificate().clone()).unwrap();
    let gateway = Gateway::connect(&endpoint, Arc::clone(user), TIMEOUT).await.unwrap();
    (gateway, Arc::clone(user), Arc::new(identity))
}

/// Runs an operation the given number of times in total, spread over `tasks`.
async fn timed<F: Future<Output = ()> + Send>(
    times: u64,
    tasks: u64,
    one: impl Fn() -> F + Clone + Send + 'static,
) -> Duration {
    let start = Instant::now();
    let running: Vec<_> = (0..tasks)
        .map(|task| {
            let (one, times) = (one.clone(), times / tasks + u64::from(task < times % tasks));
            tokio::spawn(async move {
                for _ in 0..times {
                    one().await;
                }
            })
        })
        .collect();
    for task in running {
        task.await.unwrap();
    }
    start.elapsed()
}

fn bench(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let store = Store::temporary().unwrap();
    let (gateway, user, identity) = runtime.block_on(gateway(&store));
    let bare = runtime.block_on(ping_pong(None, None));
    let signed = runtime.block_on(ping_pong(Some(user), Some(identity)));
    for tasks in [1, 16] {
        let mut group = criterion.benchmark_group(format!("concurrency {tasks}"));
        group.throughput(Throughput::Elements(1));
        for (name, pong) in [("ping-pong", &bare), ("signed ping-pong", &signed)] {
            group.bench_function(name, |bencher| {
                bencher.to_async(&runtime).iter_custom(async |times| {
                    let pong = pong.clone();
                    timed(times, tasks, move || pong.clone().call()).await
                });
            });
        }
        for (name, function) in [("evaluate", "Echo"), ("evaluate a read", "Get"), ("submit a write", "Put")]
        {
            let call = Arc::new(Call::new("mychannel", "echo", function));
            group.bench_function(name, |bencher| {
                bencher.to_async(&runtime).iter_custom(async |times| {
                    let (gateway, call) = (gateway.clone(), Arc::clone(&call));
                    timed(times, tasks, move || transact(gateway.clone(), Arc::clone(&call))).await
                });
            });
        }
        group.finish();
    }
}

/// Submits calls that write and evaluates the others.
async fn transact(gateway: Gateway, call: Arc<Call>) {
    if call.function == "Put" {
        drop(gateway.submit(&call).await.unwrap());
    } else {
        drop(gateway.evaluate(&call).await.unwrap());
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
