//! The peer with several chaincodes: launches, and calls between them. Fakes replace chaincodes where no shim behaves
//! as the test requires.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ccs_chaincode::{
    ChaincodeCall, ChaincodeLimits, ChaincodeSupport, Completed, Invocation, Proposer, SharedSimulation,
    Source, TransactionError, UnsignedProposal,
};
use ccs_channel::{Channel, Definition, envelope};
use ccs_ledger::Store;
use ccs_proto::peer::ChaincodeMessage;
use ccs_proto::peer::chaincode_message::Type;
use ccs_proto::peer::{ChaincodeId, ChaincodeInput, ChaincodeSpec, GetState, PutState, Response};
use prost::Message;
use tonic::Status;

use crate::fake::{Talk, message, of, serve};
use crate::{package_id, plaintext};

/// Creates a peer with the channels `ch` and `other`, and these chaincodes defined on both: name, ID, whether Init is
/// required.
pub(crate) fn peer(limits: ChaincodeLimits, chaincodes: &[(&str, &str, bool)]) -> Arc<ChaincodeSupport> {
    let peer = Arc::new(ChaincodeSupport::new(limits));
    let store = Store::temporary().unwrap();
    for name in ["ch", "other"] {
        let channel = Channel::new(store.channel(name, || envelope::genesis(name)).unwrap(), Vec::new());
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

fn call(peer: &ChaincodeSupport, chaincode: &str, arguments: &[&str]) -> ChaincodeCall {
    let arguments = arguments.iter().map(|argument| argument.as_bytes().to_vec());
    call_with(peer, chaincode, arguments.collect())
}

/// Creates a call of a chaincode with binary arguments.
pub(crate) fn call_with(peer: &ChaincodeSupport, chaincode: &str, args: Vec<Vec<u8>>) -> ChaincodeCall {
    let proposal =
        UnsignedProposal::new(Invocation::new("ch", chaincode, &args), &Proposer::default()).unwrap();
    let channel = peer.channel("ch").unwrap();
    let id = proposal.transaction_id().to_owned();
    let simulation = SharedSimulation::new(channel.ledger().simulate(id.as_str()).unwrap());
    ChaincodeCall {
        input: ChaincodeInput { args, ..ChaincodeInput::default() },
        transaction_id: id,
        proposal: Arc::default(),
        creator: None,
        simulation,
    }
}

pub(crate) async fn run(
    peer: &Arc<ChaincodeSupport>,
    chaincode: &str,
    arguments: &[&str],
) -> Result<Completed, TransactionError> {
    execute(peer, chaincode, call(peer, chaincode, arguments)).await
}

/// Runs a call of a chaincode on the channel `ch`.
pub(crate) async fn execute(
    peer: &Arc<ChaincodeSupport>,
    chaincode: &str,
    call: ChaincodeCall,
) -> Result<Completed, TransactionError> {
    let target = peer.resolve(&peer.channel("ch").unwrap(), chaincode).unwrap();
    peer.execute(target, call).await
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
    let peer = peer(ChaincodeLimits::default(), &[("basic", &id, false)]);
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
async fn a_fake_chaincode_whose_stream_ended_is_dialed_again() {
    let address = serve(|mut talk| async move {
        talk.register().await;
        let transaction = talk.expect(Type::Transaction).await;
        talk.complete(&transaction, 200, "then it stops").await;
    })
    .await;
    let id = package_id().to_string();
    let peer = peer(ChaincodeLimits::default(), &[("basic", &id, false)]);
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
    let peer = peer(ChaincodeLimits::default(), &[("basic", &id, false)]);
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
        let peer = peer(ChaincodeLimits::default(), &[("basic", &id, false)]);
        peer.chaincodes().add(&id, Source::Server(plaintext(address)));
        let text = run(&peer, "basic", &["f"]).await.unwrap_err().to_string();
        let (_, text) = text.split_once("could not launch chaincode ").unwrap();
        assert_eq!(text, format!("{begin}{end}"));
    }
}

#[tokio::test]
async fn a_chaincode_that_nobody_starts_is_waited_for_no_longer_than_the_limit() {
    let limits = ChaincodeLimits { startup_timeout: Duration::from_mins(1), ..ChaincodeLimits::default() };
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

/// Runs the command in its arguments and answers with the result: `put KEY`, `get KEY`, `fail TEXT`, `call TARGET
/// ...`.
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

/// Creates a peer with the fake chaincodes `a` and `b`, which call each other.
async fn callers() -> Arc<ChaincodeSupport> {
    let peer = peer(ChaincodeLimits::default(), &[("a", "a:1", false), ("b", "b:1", false)]);
    for id in ["a:1", "b:1"] {
        let address = serve(move |talk| caller(talk, id)).await;
        peer.chaincodes().add(id, Source::Server(plaintext(address)));
    }
    peer
}

/// Returns the namespaces that are written.
fn written(call: &ChaincodeCall) -> Vec<String> {
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
    let completed = execute(&peer, "a", call.clone()).await.unwrap();
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
    assert_eq!(execute(&peer, "a", call.clone()).await.unwrap().response.status, 200);
    assert_eq!(written(&call), Vec::<String>::new());
}

#[tokio::test]
async fn calls_that_cannot_be_are_refused_in_the_words_of_a_peer() {
    let peer = callers().await;
    for (target, expected) in [
        ("a", "execute failed: error sending: txid: ID(ch) exists"),
        ("b/absent", "Failed to get policy manager for channel [absent]"),
        (
            "absent",
            "execute failed: invalid invocation: [channel ch] failed to get chaincode container info for absent: chaincode absent not found",
        ),
    ] {
        let call = call(&peer, "a", &["call", target, "get", "k"]);
        let id = call.transaction_id.clone();
        let response = execute(&peer, "a", call).await.unwrap().response;
        assert_eq!(response.status, 500);
        let text = String::from_utf8(response.payload).unwrap().replace(&id, "ID");
        assert_eq!(text, format!("INVOKE_CHAINCODE failed: transaction ID: ID: {expected}"));
    }
}

#[tokio::test]
async fn init_comes_first_and_once_with_a_fake_chaincode() {
    let address = serve(|talk| echo(talk, "strict:1")).await;
    let peer = peer(ChaincodeLimits::default(), &[("strict", "strict:1", true), ("free", "strict:1", false)]);
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
        refusal(execute(&peer, "free", init).await.unwrap_err()),
        "chaincode 'free' does not require initialization but called as init"
    );
    let mut init = call(&peer, "strict", &["f"]);
    init.input.is_init = true;
    assert_eq!(execute(&peer, "strict", init.clone()).await.unwrap().response.payload, b"INIT");
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
    let peer = peer(ChaincodeLimits::default(), &[("basic", &id, false)]);
    peer.chaincodes().add(&id, Source::Server(plaintext(address)));
    let mut call = call(&peer, "basic", &["f"]);
    call.input.decorations.insert("role".to_owned(), b"admin".to_vec());
    let answer = execute(&peer, "basic", call).await.unwrap().response.payload;
    assert_eq!(String::from_utf8(answer).unwrap(), "[[102]] {}");
}
