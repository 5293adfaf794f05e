//! The peer with several chaincodes: who is launched, who comes by itself, and who calls whom. The chaincodes are fake where
//! no shim does what is tested.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ccs_ledger::Store;
use ccs_peer::observer::Event;
use ccs_peer::{
    Call, Change, Channel, Completed, Definition, End, Identity, Invocation, Limits, Observer, Peer,
    Proposal, SharedSimulation, Source, TransactionError, serve_chaincode,
};
use ccs_proto::common::{Block, BlockData, BlockHeader, BlockMetadata};
use ccs_proto::peer::ChaincodeMessage;
use ccs_proto::peer::chaincode_message::Type;
use ccs_proto::peer::chaincode_support_client::ChaincodeSupportClient;
use ccs_proto::peer::{ChaincodeId, ChaincodeInput, ChaincodeSpec, GetState, PutState, Response};
use prost::Message;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Status, Streaming};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::fake::{Talk, message, of, serve};
use crate::{package_id, plaintext};

fn genesis() -> Block {
    let data = vec![b"genesis".to_vec()];
    let data_hash = ccs_ledger::data_hash(&data).to_vec();
    Block {
        header: Some(BlockHeader { number: 0, previous_hash: Vec::new(), data_hash }),
        data: Some(BlockData { data }),
        metadata: Some(BlockMetadata::default()),
    }
}

/// A peer with the channels `ch` and `other`, and these chaincodes defined on both: name, ID, whether Init is required.
pub(crate) fn peer(limits: Limits, chaincodes: &[(&str, &str, bool)]) -> Arc<Peer> {
    let peer = Arc::new(Peer::new(limits));
    let store = Store::in_memory().unwrap();
    for name in ["ch", "other"] {
        let channel = Channel::new(store.channel(name, genesis).unwrap(), Vec::new());
        for &(chaincode, id, init_required) in chaincodes {
            let version = "1.0".to_owned();
            let definition = Definition { sequence: 1, version, init_required, ..Definition::default() };
            channel.define(chaincode, &definition).unwrap();
            channel.bind(chaincode, id);
        }
        peer.join(Arc::new(channel));
    }
    peer
}

fn call(peer: &Peer, chaincode: &str, arguments: &[&str]) -> Call {
    let arguments = arguments.iter().map(|argument| argument.as_bytes().to_vec());
    call_with(peer, chaincode, arguments.collect())
}

/// Calls a chaincode with arguments that need not be texts.
pub(crate) fn call_with(peer: &Peer, chaincode: &str, args: Vec<Vec<u8>>) -> Call {
    let proposal = Proposal::new(Invocation::new("ch", chaincode, &args), &Identity::default()).unwrap();
    let channel = peer.channel("ch").unwrap();
    let id = proposal.transaction_id().to_owned();
    let simulation = SharedSimulation::new(channel.ledger().simulate(id.as_str()).unwrap());
    Call {
        channel,
        chaincode: chaincode.to_owned(),
        input: ChaincodeInput { args, ..ChaincodeInput::default() },
        transaction_id: id,
        proposal: Arc::default(),
        creator: None,
        simulation,
    }
}

pub(crate) async fn run(
    peer: &Arc<Peer>,
    chaincode: &str,
    arguments: &[&str],
) -> Result<Completed, TransactionError> {
    peer.execute(call(peer, chaincode, arguments)).await
}

/// Registers under an ID and answers each transaction with the name of its message.
async fn echo(mut talk: Talk, id: &str) {
    talk.register_as(id).await;
    while let Some(transaction) = talk.receive().await {
        talk.complete(&transaction, 200, transaction.r#type().as_str_name()).await;
    }
}

#[tokio::test]
async fn many_transactions_launch_a_fake_chaincode_once() {
    let dials = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&dials);
    let address = serve(move |mut talk| {
        count.fetch_add(1, Ordering::SeqCst);
        async move {
            talk.register().await;
            while let Some(transaction) = talk.receive().await {
                talk.complete(&transaction, 200, "done").await;
            }
        }
    })
    .await;
    let id = package_id().to_string();
    let peer = peer(Limits::default(), &[("basic", &id, false)]);
    peer.chaincodes().add(&id, Source::Server(plaintext(address)));
    assert!(!peer.chaincodes().is_running(&id));
    let transactions = (0..50).map(|_| {
        let peer = Arc::clone(&peer);
        tokio::spawn(async move { run(&peer, "basic", &["f"]).await.unwrap().response.payload })
    });
    for transaction in transactions.collect::<Vec<_>>() {
        assert_eq!(transaction.await.unwrap(), b"done");
    }
    assert_eq!(dials.load(Ordering::SeqCst), 1);
    assert!(peer.chaincodes().is_running(&id));
}

#[tokio::test]
async fn a_fake_chaincode_whose_stream_ended_is_dialled_again() {
    let address = serve(|mut talk| async move {
        talk.register().await;
        let transaction = talk.expect(Type::Transaction).await;
        talk.complete(&transaction, 200, "then it stops").await;
    })
    .await;
    let id = package_id().to_string();
    let peer = peer(Limits::default(), &[("basic", &id, false)]);
    peer.chaincodes().add(&id, Source::Server(plaintext(address)));
    for _ in 0..3 {
        let completed = run(&peer, "basic", &["f"]).await.unwrap();
        assert_eq!(completed.response.payload, b"then it stops");
        peer.chaincodes().ended(&id).await;
    }
}

#[tokio::test]
async fn a_fake_chaincode_with_another_id_is_refused_at_once_and_both_ids_are_named() {
    let address = serve(|mut talk| async move {
        talk.send_register("other:00").await;
        talk.receive().await;
    })
    .await;
    let id = package_id().to_string();
    let peer = peer(Limits::default(), &[("basic", &id, false)]);
    peer.chaincodes().add(&id, Source::Server(plaintext(address)));
    let error = run(&peer, "basic", &["f"]).await.unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("error in simulation: failed to execute transaction "), "{text}");
    let end = format!(
        ": could not launch chaincode {id}: chaincode registration failed: the chaincode registered as \"other:00\", not as \
         \"{id}\""
    );
    assert!(text.ends_with(&end), "{text}");
}

#[tokio::test]
async fn a_fake_chaincode_whose_stream_ends_before_it_is_ready_is_told_in_the_words_of_a_peer() {
    let id = package_id().to_string();
    let begin = format!("{id}: connection to {id} failed: error handling chaincode stream for {id}: ");
    let ends = serve(|talk| async move { talk.fail(Status::internal("no room")).await });
    let misplaced = serve(|mut talk| async move {
        talk.send(message(Type::GetState, "t", &GetState::default())).await;
        talk.receive().await;
    });
    for (address, end) in [
        (ends.await, "chaincode stream terminated: Internal error: no room"),
        (misplaced.await, "[t] Fabric side handler cannot handle message (GET_STATE) while in created state"),
    ] {
        let peer = peer(Limits::default(), &[("basic", &id, false)]);
        peer.chaincodes().add(&id, Source::Server(plaintext(address)));
        let text = run(&peer, "basic", &["f"]).await.unwrap_err().to_string();
        let (_, text) = text.split_once("could not launch chaincode ").unwrap();
        assert_eq!(text, format!("{begin}{end}"));
    }
}

#[tokio::test]
async fn a_chaincode_that_nobody_starts_is_waited_for_no_longer_than_the_limit() {
    let limits = Limits { startup_timeout: Duration::from_mins(1), ..Limits::default() };
    let peer = peer(limits, &[("basic", "basic:1.0", false)]);
    peer.chaincodes().add("basic:1.0", Source::Client);
    tokio::time::pause();
    let error = run(&peer, "basic", &["f"]).await.unwrap_err();
    assert!(
        error.to_string().ends_with(
            ": could not launch chaincode basic:1.0: timeout expired while starting chaincode basic:1.0 for transaction"
        ),
        "{error}"
    );
}

/// Serves `ChaincodeSupport` for a peer.
async fn listen(peer: &Peer, observer: Observer) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let chaincodes = peer.chaincodes().clone();
    tokio::spawn(serve_chaincode(listener, None, chaincodes, observer, CancellationToken::new()));
    address
}

/// Serves `ChaincodeSupport` for a peer and opens a stream to it.
async fn come(peer: &Peer) -> (mpsc::Sender<ChaincodeMessage>, Streaming<ChaincodeMessage>) {
    come_watched(peer, Observer::default()).await
}

/// The same with somebody who hears what the peer tells.
async fn come_watched(
    peer: &Peer,
    observer: Observer,
) -> (mpsc::Sender<ChaincodeMessage>, Streaming<ChaincodeMessage>) {
    let (outbound, messages) = mpsc::channel(16);
    let registering = connect(peer, observer).await.register(ReceiverStream::new(messages)).await;
    (outbound, registering.unwrap().into_inner())
}

/// Serves `ChaincodeSupport` for a peer and connects to it.
async fn connect(peer: &Peer, observer: Observer) -> ChaincodeSupportClient<tonic::transport::Channel> {
    let address = listen(peer, observer).await;
    let channel = tonic::transport::Endpoint::from_shared(format!("http://{address}")).unwrap();
    ChaincodeSupportClient::new(channel.connect().await.unwrap())
}

fn register(id: &str) -> ChaincodeMessage {
    message(Type::Register, "", &ChaincodeId { name: id.to_owned(), ..ChaincodeId::default() })
}

#[tokio::test]
async fn a_fake_chaincode_that_comes_by_itself_serves_the_transaction_that_waits_for_it() {
    let peer = peer(Limits::default(), &[("basic", "basic:1.0", false)]);
    peer.chaincodes().add("basic:1.0", Source::Client);
    let waiting = tokio::spawn({
        let peer = Arc::clone(&peer);
        async move { run(&peer, "basic", &["f"]).await }
    });
    let (outbound, mut inbound) = come(&peer).await;
    outbound.send(register("basic:1.0")).await.unwrap();
    assert_eq!(inbound.message().await.unwrap().unwrap().r#type(), Type::Registered);
    assert_eq!(inbound.message().await.unwrap().unwrap().r#type(), Type::Ready);
    let transaction = inbound.message().await.unwrap().unwrap();
    let response = Response { status: 200, payload: b"here".to_vec(), ..Response::default() };
    outbound.send(of(&transaction, Type::Completed, &response)).await.unwrap();
    assert_eq!(waiting.await.unwrap().unwrap().response.payload, b"here");

    // A second one under the same ID is told so, and the first one stays.
    let (second, mut inbound) = come(&peer).await;
    second.send(register("basic:1.0")).await.unwrap();
    let status = inbound.message().await.unwrap_err();
    assert_eq!(status.message(), "duplicate chaincodeID: basic:1.0");
    assert!(peer.chaincodes().is_running("basic:1.0"));
}

#[tokio::test]
async fn a_fake_chaincode_that_connects_while_it_is_dialled_ends_the_dial() {
    let peer = peer(Limits::default(), &[]);
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut server = plaintext(silent.local_addr().unwrap());
    server.dial_timeout = Duration::from_hours(1);
    peer.chaincodes().add("basic:1.0", Source::Server(server));
    let chaincodes = peer.chaincodes().clone();
    let launching = tokio::spawn(async move { chaincodes.launch("basic:1.0").await });
    let (mut dialled, _) = silent.accept().await.unwrap();
    let (outbound, _inbound) = come(&peer).await;
    outbound.send(register("basic:1.0")).await.unwrap();
    launching.await.unwrap().unwrap();
    // However it ends: a dial that went on would decide about the next launch.
    let ended = timeout(Duration::from_secs(10), dialled.read_to_end(&mut Vec::new())).await;
    assert!(ended.is_ok(), "the dial goes on");
    assert!(peer.chaincodes().is_running("basic:1.0"));
}

/// Reads a stream until its end and gives the reason.
async fn end_of(mut inbound: Streaming<ChaincodeMessage>) -> String {
    loop {
        if let Err(status) = inbound.message().await {
            return status.message().to_owned();
        }
    }
}

#[tokio::test]
async fn of_two_fake_chaincodes_that_come_at_once_under_one_id_one_is_taken() {
    let peer = peer(Limits::default(), &[]);
    peer.chaincodes().add("basic:1.0", Source::Client);
    let client = connect(&peer, Observer::default()).await;
    let come = async || {
        let (outbound, messages) = mpsc::channel(16);
        outbound.try_send(register("basic:1.0")).unwrap();
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
    assert!(peer.chaincodes().is_running("basic:1.0"));
}

#[tokio::test]
async fn a_fake_chaincode_that_nobody_knows_is_told_so_and_so_is_who_watches_the_peer() {
    let peer = peer(Limits::default(), &[]);
    let (tell, mut told) = mpsc::unbounded_channel();
    let observer = Observer::new(move |event| drop(tell.send(event)));
    let (outbound, mut inbound) = come_watched(&peer, observer).await;
    outbound.send(register("who:1.0")).await.unwrap();
    let status = inbound.message().await.unwrap_err();
    assert_eq!(
        status.message(),
        "peer will not accept external chaincode connection who:1.0 (except in dev mode)"
    );
    let Some(Event::Warning(warning)) = told.recv().await else { panic!("no warning") };
    assert_eq!(
        warning,
        "a chaincode has connected and is refused: peer will not accept external chaincode connection who:1.0 \
         (except in dev mode); start the chaincode with the ID that was printed for it in place of who:1.0, or give \
         the peer a package of that ID"
    );
}

#[tokio::test]
async fn whoever_watches_a_fake_chaincode_hears_that_it_is_needed_comes_and_goes() {
    let peer = peer(Limits::default(), &[("basic", "basic:1.0", false)]);
    assert!(peer.chaincodes().watch("basic:1.0").is_none());
    peer.chaincodes().add("basic:1.0", Source::Client);
    let mut changes = peer.chaincodes().watch("basic:1.0").unwrap();
    for _ in 0..2 {
        let waiting = tokio::spawn({
            let peer = Arc::clone(&peer);
            async move { run(&peer, "basic", &["f"]).await }
        });
        assert_eq!(changes.next().await, Some(Change::Needed));
        let (outbound, mut inbound) = come(&peer).await;
        outbound.send(register("basic:1.0")).await.unwrap();
        assert_eq!(changes.next().await, Some(Change::Ready));
        while inbound.message().await.unwrap().unwrap().r#type() != Type::Transaction {}
        drop((outbound, inbound));
        let Some(Change::Ended(End::Stream(_))) = changes.next().await else { panic!("it goes on") };
        waiting.await.unwrap().unwrap_err();
    }
}

#[tokio::test]
async fn whoever_asks_hears_that_the_listener_of_chaincode_serves() {
    let peer = peer(Limits::default(), &[]);
    let address = listen(&peer, Observer::default()).await;
    let channel = tonic::transport::Endpoint::from_shared(format!("http://{address}")).unwrap();
    let mut client = HealthClient::new(channel.connect().await.unwrap());
    let answer = client.check(HealthCheckRequest::default()).await.unwrap().into_inner();
    assert_eq!(answer.status(), ServingStatus::Serving);
    let service = HealthCheckRequest { service: "protos.ChaincodeSupport".to_owned() };
    assert_eq!(client.check(service).await.unwrap_err().code(), tonic::Code::NotFound);
}

#[tokio::test]
async fn who_answers_no_ping_on_the_listener_of_chaincode_is_given_up_after_two_hours() {
    let peer = peer(Limits::default(), &[]);
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

/// Puts its name and answers what it read, fails, or calls another chaincode: `put KEY`, `get KEY`, `fail TEXT`,
/// `call TARGET ...`.
async fn caller(mut talk: Talk, id: &'static str) {
    talk.register_as(id).await;
    while let Some(transaction) = talk.receive().await {
        let input = ChaincodeInput::decode(transaction.payload.as_slice()).unwrap();
        let arguments: Vec<_> =
            input.args.iter().map(|argument| String::from_utf8(argument.clone()).unwrap()).collect();
        let answer = match arguments[0].as_str() {
            "put" => {
                let put = PutState { key: arguments[1].clone(), value: id.into(), ..PutState::default() };
                talk.ask(&transaction, Type::PutState, &put).await
            }
            "fail" => {
                let text = arguments[1].clone().into_bytes();
                talk.send(ChaincodeMessage {
                    payload: text,
                    ..of(&transaction, Type::Error, &Response::default())
                })
                .await;
                continue;
            }
            "get" => {
                let get = GetState { key: arguments[1].clone(), ..GetState::default() };
                talk.ask(&transaction, Type::GetState, &get).await
            }
            _ => {
                let spec = ChaincodeSpec {
                    chaincode_id: Some(ChaincodeId { name: arguments[1].clone(), ..ChaincodeId::default() }),
                    input: Some(ChaincodeInput {
                        args: input.args[2..].to_vec(),
                        ..ChaincodeInput::default()
                    }),
                    ..ChaincodeSpec::default()
                };
                talk.ask(&transaction, Type::InvokeChaincode, &spec).await
            }
        };
        let status = if answer.r#type() == Type::Response { 200 } else { 500 };
        let response = Response { status, payload: answer.payload, ..Response::default() };
        talk.send(of(&transaction, Type::Completed, &response)).await;
    }
}

/// A peer with the fake chaincodes `a` and `b`, which call each other.
async fn callers() -> Arc<Peer> {
    let peer = peer(Limits::default(), &[("a", "a:1", false), ("b", "b:1", false)]);
    for id in ["a:1", "b:1"] {
        let address = serve(move |talk| caller(talk, id)).await;
        peer.chaincodes().add(id, Source::Server(plaintext(address)));
    }
    peer
}

/// The namespaces in which something is written.
fn written(call: &Call) -> Vec<String> {
    let touched = call.simulation.results().touched;
    touched
        .into_iter()
        .filter(|touched| !touched.written.is_empty())
        .map(|touched| touched.namespace)
        .collect()
}

#[tokio::test]
async fn a_called_fake_chaincode_writes_into_the_simulation_of_its_caller() {
    let peer = callers().await;
    let call = call(&peer, "a", &["call", "b:any", "put", "k"]);
    let completed = peer.execute(call.clone()).await.unwrap();
    let inner = ChaincodeMessage::decode(completed.response.payload.as_slice()).unwrap();
    assert_eq!(inner.r#type(), Type::Completed);
    assert_eq!(Response::decode(inner.payload.as_slice()).unwrap().status, 200);
    assert_eq!(written(&call), ["b"]);
}

#[tokio::test]
async fn the_error_message_of_a_called_fake_chaincode_is_the_callers_to_judge() {
    let peer = callers().await;
    let completed = run(&peer, "a", &["call", "b", "fail", "it broke"]).await.unwrap();
    assert_eq!(completed.response.status, 200);
    let inner = ChaincodeMessage::decode(completed.response.payload.as_slice()).unwrap();
    assert_eq!((inner.r#type(), inner.payload.as_slice()), (Type::Error, b"it broke".as_slice()));
}

#[tokio::test]
async fn what_a_called_fake_chaincode_writes_on_another_channel_is_lost() {
    let peer = callers().await;
    let call = call(&peer, "a", &["call", "b/other", "put", "k"]);
    assert_eq!(peer.execute(call.clone()).await.unwrap().response.status, 200);
    assert_eq!(written(&call), Vec::<String>::new());
}

#[tokio::test]
async fn calls_that_cannot_be_are_refused_in_the_words_of_a_peer() {
    let peer = callers().await;
    for (target, expected) in [
        ("a", "execute failed: error sending: txid: ID(ch) exists"),
        ("b/absent", "failed to find ledger for channel: absent"),
        (
            "absent",
            "execute failed: [channel ch] failed to get chaincode container info for absent: chaincode absent not found",
        ),
    ] {
        let call = call(&peer, "a", &["call", target, "get", "k"]);
        let id = call.transaction_id.clone();
        let response = peer.execute(call).await.unwrap().response;
        assert_eq!(response.status, 500);
        let text = String::from_utf8(response.payload).unwrap().replace(&id, "ID");
        assert_eq!(text, format!("INVOKE_CHAINCODE failed: transaction ID: ID: {expected}"));
    }
}

#[tokio::test]
async fn init_comes_first_and_once_with_a_fake_chaincode() {
    let address = serve(|talk| echo(talk, "strict:1")).await;
    let peer = peer(Limits::default(), &[("strict", "strict:1", true), ("free", "strict:1", false)]);
    peer.chaincodes().add("strict:1", Source::Server(plaintext(address)));
    let refusal = |error: TransactionError| {
        let text = error.to_string();
        text.split_once(": invalid invocation: ").map(|(_, text)| text.to_owned()).unwrap()
    };
    assert_eq!(
        refusal(run(&peer, "strict", &["f"]).await.unwrap_err()),
        "chaincode 'strict' has not been initialized for this version, must call as init first"
    );
    let mut init = call(&peer, "free", &["f"]);
    init.input.is_init = true;
    assert_eq!(
        refusal(peer.execute(init).await.unwrap_err()),
        "chaincode 'free' does not require initialization but called as init"
    );
    let mut init = call(&peer, "strict", &["f"]);
    init.input.is_init = true;
    assert_eq!(peer.execute(init.clone()).await.unwrap().response.payload, b"INIT");
    assert_eq!(written(&init), ["strict"]);
}

#[tokio::test]
async fn a_fake_chaincode_is_given_no_decorations_of_who_calls_it() {
    let address = serve(|mut talk| async move {
        talk.register().await;
        let transaction = talk.expect(Type::Transaction).await;
        let input = ChaincodeInput::decode(transaction.payload.as_slice()).unwrap();
        talk.complete(&transaction, 200, &format!("{:?} {:?}", input.args, input.decorations)).await;
    })
    .await;
    let id = package_id().to_string();
    let peer = peer(Limits::default(), &[("basic", &id, false)]);
    peer.chaincodes().add(&id, Source::Server(plaintext(address)));
    let mut call = call(&peer, "basic", &["f"]);
    call.input.decorations.insert("role".to_owned(), b"admin".to_vec());
    let answer = peer.execute(call).await.unwrap().response.payload;
    assert_eq!(String::from_utf8(answer).unwrap(), "[[102]] {}");
}
