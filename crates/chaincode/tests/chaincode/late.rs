//! Requests that are answered late. All chaincodes here are fakes.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use ccs_chaincode::{ChaincodeLimits, ChaincodeSupport, Source};
use ccs_proto::peer::chaincode_message::Type;
use ccs_proto::peer::{ChaincodeId, ChaincodeInput, ChaincodeMessage, ChaincodeSpec, GetState, Response};
use prost::Message;
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;

use crate::fake::{Talk, of, serve};
use crate::peer::{peer, run};
use crate::plaintext;

/// Starts a peer whose fake chaincode `a` runs the script and may call `b`. `b` reports the call, and waits for
/// permission before it answers.
async fn with_a_slow_one<F: Future<Output = ()> + Send + 'static>(
    script: impl Fn(Talk) -> F + Send + Sync + 'static,
) -> (Arc<ChaincodeSupport>, Arc<Notify>, Arc<Notify>) {
    let peer = peer(ChaincodeLimits::default(), &[("a", "a:1", false), ("b", "b:1", false)]);
    let (called, may_answer) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (tell, wait) = (Arc::clone(&called), Arc::clone(&may_answer));
    let slow = serve(move |mut talk| {
        let (tell, wait) = (Arc::clone(&tell), Arc::clone(&wait));
        async move {
            talk.register_as("b:1").await;
            let transaction = talk.expect(Type::Transaction).await;
            tell.notify_one();
            wait.notified().await;
            talk.complete(&transaction, 200, "at last").await;
            talk.receive().await;
        }
    });
    peer.chaincodes().add("b:1", Source::Server(plaintext(slow.await)));
    peer.chaincodes().add("a:1", Source::Server(plaintext(serve(script).await)));
    (peer, called, may_answer)
}

fn call_of_b() -> ChaincodeSpec {
    let chaincode_id = Some(ChaincodeId { name: "b".to_owned(), ..ChaincodeId::default() });
    ChaincodeSpec { chaincode_id, input: Some(ChaincodeInput::default()), ..ChaincodeSpec::default() }
}

#[tokio::test]
async fn a_request_of_a_transaction_that_nobody_waits_for_any_more_is_answered_all_the_same() {
    let (heard, mut answers) = mpsc::channel(1);
    let (peer, called, may_answer) = with_a_slow_one(move |mut talk| {
        let heard = heard.clone();
        async move {
            talk.register_as("a:1").await;
            let first = talk.expect(Type::Transaction).await;
            talk.send(of(&first, Type::InvokeChaincode, &call_of_b())).await;
            let second = talk.expect(Type::Transaction).await;
            talk.complete(&second, 200, "done").await;
            let answer = talk.expect(Type::Response).await;
            assert_eq!(answer.txid, first.txid);
            heard.send(answer.payload).await.unwrap();
        }
    })
    .await;
    let first = tokio::spawn({
        let peer = Arc::clone(&peer);
        async move { run(&peer, "a", &["f"]).await }
    });
    called.notified().await;
    // Its client disconnects, and another one connects.
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    assert_eq!(run(&peer, "a", &["f"]).await.unwrap().response.payload, b"done");
    may_answer.notify_one();
    let answer = timeout(Duration::from_secs(10), answers.recv()).await.unwrap().unwrap();
    let answer = ChaincodeMessage::decode(answer.as_slice()).unwrap();
    assert_eq!(Response::decode(answer.payload.as_slice()).unwrap().payload, b"at last");
}

#[tokio::test]
async fn a_second_request_of_a_fake_chaincode_that_does_not_wait_is_dropped() {
    let looked_at = Arc::new(Notify::new());
    let tell = Arc::clone(&looked_at);
    let (peer, _, may_answer) = with_a_slow_one(move |mut talk| {
        let tell = Arc::clone(&tell);
        async move {
            talk.register_as("a:1").await;
            let transaction = talk.expect(Type::Transaction).await;
            talk.send(of(&transaction, Type::InvokeChaincode, &call_of_b())).await;
            talk.send(of(&transaction, Type::GetState, &GetState::default())).await;
            // Messages are handled in order, so the previous one was handled before this is answered.
            let other = ChaincodeMessage { txid: "other".to_owned(), ..transaction.clone() };
            assert_eq!(talk.ask(&other, Type::GetState, &GetState::default()).await.txid, "other");
            tell.notify_one();
            let answer = talk.expect(Type::Response).await;
            let answer = ChaincodeMessage::decode(answer.payload.as_slice()).unwrap();
            assert_eq!(answer.r#type(), Type::Completed);
            let next = talk.ask(&transaction, Type::GetState, &GetState::default()).await;
            assert_eq!((next.r#type(), next.payload.as_slice()), (Type::Response, b"".as_slice()));
            talk.complete(&transaction, 200, "one answer each").await;
        }
    })
    .await;
    let waiting = tokio::spawn({
        let peer = Arc::clone(&peer);
        async move { run(&peer, "a", &["f"]).await }
    });
    looked_at.notified().await;
    may_answer.notify_one();
    assert_eq!(waiting.await.unwrap().unwrap().response.payload, b"one answer each");
}
