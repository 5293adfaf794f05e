//! Evaluate and submit through the gateway, against a bare gRPC ping-pong with messages of the same size.
//!
//! Client, peer and chaincode are in this process, over loopback in plaintext. The chaincode is an echo that reads one key: with
//! it every evaluation is two messages each way on its stream, where the ping-pong has one. The client signs each proposal.

#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use ccs_client::{Call, Endpoint, Gateway};
use ccs_identity::{ChannelPlan, MspManager, Organization, OrganizationPlan, genesis_block};
use ccs_ledger::Store;
use ccs_peer::{Channel, ConnectionInfo, Definition, Limits, Node, NodeOptions, Peer, Source};
use ccs_proto::peer::chaincode_message::Type;
use ccs_proto::peer::chaincode_server::{Chaincode, ChaincodeServer};
use ccs_proto::peer::endorser_client::EndorserClient;
use ccs_proto::peer::endorser_server::{Endorser, EndorserServer};
use ccs_proto::peer::{
    ChaincodeId, ChaincodeMessage, GetState, ProposalResponse, PutState, Response, SignedProposal,
};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
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

/// About what a signed proposal with its certificate has, and what the answer has.
const REQUEST_IN_BYTES: usize = 1100;
const RESPONSE_IN_BYTES: usize = 40;

/// Reads or writes a key and answers.
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
        next = match message.r#type() {
            Type::Transaction if message.payload.windows(3).any(|part| part == b"Put") => {
                let put =
                    PutState { key: message.txid.clone(), value: b"value".to_vec(), ..PutState::default() };
                Some(answer(Type::PutState, put.encode_to_vec()))
            }
            Type::Transaction => {
                let get = GetState { key: "key".to_owned(), ..GetState::default() };
                Some(answer(Type::GetState, get.encode_to_vec()))
            }
            Type::Response => {
                let response = Response { status: 200, payload: vec![b'x'; 20], ..Response::default() };
                Some(answer(Type::Completed, response.encode_to_vec()))
            }
            _ => None,
        };
    }
}

/// Answers at once.
struct Pong;

#[tonic::async_trait]
impl Endorser for Pong {
    async fn process_proposal(
        &self,
        _: Request<SignedProposal>,
    ) -> Result<tonic::Response<ProposalResponse>, Status> {
        let payload = vec![0; RESPONSE_IN_BYTES];
        Ok(tonic::Response::new(ProposalResponse { payload, ..ProposalResponse::default() }))
    }
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

async fn ping_pong() -> EndorserClient<tonic::transport::Channel> {
    let (listener, address) = listen().await;
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    tokio::spawn(Server::builder().add_service(EndorserServer::new(Pong)).serve_with_incoming(incoming));
    let endpoint = tonic::transport::Endpoint::from_shared(format!("http://{address}")).unwrap();
    EndorserClient::new(endpoint.connect().await.unwrap())
}

/// Starts chaincode, peer and services, and connects.
async fn gateway(store: &Store) -> Gateway {
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
    let channel =
        ChannelPlan { name: "mychannel".to_owned(), organizations: msps.clone(), orderer: address.clone() };
    let ledger = store.channel("mychannel", || genesis_block(&channel, SystemTime::now())).unwrap();
    let channel = Channel::new(ledger, msps.clone());
    let definition = Definition { sequence: 1, version: "1.0".to_owned(), ..Definition::default() };
    channel.define("echo", &definition).unwrap();
    channel.bind("echo", ID);
    let peer = Arc::new(Peer::new(Limits::default()));
    peer.join(Arc::new(channel));
    peer.chaincodes()
        .add(ID, Source::Server(ConnectionInfo { address: chaincode, dial_timeout: TIMEOUT, tls: None }));
    let options =
        NodeOptions::new(&address, Arc::clone(organization.peer()), Arc::new(MspManager::new(msps)));
    let node = Node::of_peer(options, &peer);
    tokio::spawn(ccs_peer::serve(listener, None, node, std::future::pending()));
    let endpoint = Endpoint::new(&address, None).unwrap();
    Gateway::connect(&endpoint, Arc::clone(organization.user()), TIMEOUT).await.unwrap()
}

/// Runs something so many times in all, on so many tasks.
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
    let store = Store::in_memory().unwrap();
    let (pong, gateway) = runtime.block_on(async { (ping_pong().await, gateway(&store).await) });
    for tasks in [1, 16] {
        let mut group = criterion.benchmark_group(format!("concurrency {tasks}"));
        group.throughput(Throughput::Elements(1));
        let request = SignedProposal { proposal_bytes: vec![0; REQUEST_IN_BYTES], signature: Vec::new() };
        group.bench_function(BenchmarkId::from_parameter("ping-pong"), |bencher| {
            bencher.to_async(&runtime).iter_custom(async |times| {
                let (pong, request) = (pong.clone(), request.clone());
                timed(times, tasks, move || {
                    let (mut pong, request) = (pong.clone(), request.clone());
                    async move { drop(pong.process_proposal(request).await.unwrap()) }
                })
                .await
            });
        });
        for (name, function) in [("evaluate", "Get"), ("submit", "Put")] {
            let call = Arc::new(Call::new("mychannel", "echo", function));
            group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
                bencher.to_async(&runtime).iter_custom(async |times| {
                    let (gateway, call) = (gateway.clone(), Arc::clone(&call));
                    timed(times, tasks, move || {
                        let (gateway, call) = (gateway.clone(), Arc::clone(&call));
                        async move {
                            if call.function == "Get" {
                                drop(gateway.evaluate(&call).await.unwrap());
                            } else {
                                drop(gateway.submit(&call).await.unwrap());
                            }
                        }
                    })
                    .await
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
