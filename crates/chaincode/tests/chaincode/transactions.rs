//! Edge cases of the protocol in transactions. All chaincodes here are fakes.

use std::net::SocketAddr;
use std::time::Duration;

use ccs_chaincode::{
    Intent, Invocation, InvokeError, Proposer, RegisterOptions, TransactionError, UnsignedProposal,
};
use ccs_proto::peer::TxValidationCode;
use ccs_proto::peer::chaincode_message::Type;
use ccs_proto::peer::{ChaincodeEvent, ChaincodeInput, ChaincodeMessage, GetState, PutState, Response};
use prost::Message;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tonic::Status;

use crate::fake::{Talk, of, register, serve_for, start};

fn put(key: &str, value: &str) -> PutState {
    PutState { key: key.to_owned(), value: value.into(), collection: String::new() }
}

fn get(key: &str) -> GetState {
    GetState { key: key.to_owned(), collection: String::new() }
}

fn function(transaction: &ChaincodeMessage) -> String {
    let input = ChaincodeInput::decode(transaction.payload.as_slice()).unwrap();
    String::from_utf8(input.args[0].clone()).unwrap()
}

/// Puts the name of its function under "k" and returns the previous value; fails with 400 for "fail".
async fn exchange(mut talk: Talk) {
    talk.register().await;
    while let Some(transaction) = talk.receive().await {
        let function = function(&transaction);
        let before = talk.ask(&transaction, Type::GetState, &get("k")).await;
        assert_eq!(before.r#type(), Type::Response);
        talk.ask(&transaction, Type::PutState, &put("k", &function)).await;
        let status = if function == "fail" { 400 } else { 200 };
        talk.complete(&transaction, status, &String::from_utf8(before.payload).unwrap()).await;
    }
}

#[tokio::test]
async fn only_submitted_transactions_below_400_commit_with_a_fake_chaincode() {
    let chaincode = start(exchange).await.unwrap();
    let submitted = chaincode.submit("ch", "basic", &["one"]).await.unwrap();
    assert_eq!((submitted.payload.as_slice(), submitted.is_committed()), (b"".as_slice(), true));
    assert_eq!((submitted.reads, submitted.writes), (1, 1));
    let evaluated = chaincode.evaluate("ch", "basic", &["two"]).await.unwrap();
    assert_eq!((evaluated.payload.as_slice(), evaluated.code), (b"one".as_slice(), None));
    let failed = chaincode.submit("ch", "basic", &["fail"]).await.unwrap();
    assert_eq!((failed.status, failed.code), (400, None));
    let after = chaincode.evaluate("ch", "basic", &["three"]).await.unwrap();
    assert_eq!(after.payload, b"one");
    let elsewhere = chaincode.evaluate("ch2", "basic", &["three"]).await.unwrap();
    assert_eq!(elsewhere.payload, b"");
}

#[tokio::test]
async fn of_two_submits_that_read_and_write_one_key_one_is_committed_with_a_fake_chaincode() {
    // Both requests arrive before either is answered.
    let chaincode = start(|mut talk| async move {
        talk.register().await;
        let first = talk.expect(Type::Transaction).await;
        let second = talk.expect(Type::Transaction).await;
        for transaction in [first, second] {
            let function = function(&transaction);
            talk.ask(&transaction, Type::GetState, &get("k")).await;
            talk.ask(&transaction, Type::PutState, &put("k", &function)).await;
            talk.complete(&transaction, 200, "").await;
        }
        let reader = talk.expect(Type::Transaction).await;
        let found = talk.ask(&reader, Type::GetState, &get("k")).await;
        talk.complete(&reader, 200, &String::from_utf8(found.payload).unwrap()).await;
    })
    .await
    .unwrap();
    let (one, two) =
        tokio::join!(chaincode.submit("ch", "basic", &["one"]), chaincode.submit("ch", "basic", &["two"]));
    let (one, two) = (one.unwrap(), two.unwrap());
    let mut codes = [one.code.unwrap(), two.code.unwrap()];
    codes.sort_unstable();
    assert_eq!(codes, [TxValidationCode::Valid, TxValidationCode::MvccReadConflict]);
    let winner = if one.is_committed() { b"one" } else { b"two" };
    assert_eq!(chaincode.evaluate("ch", "basic", &["read"]).await.unwrap().payload, winner);
}

#[tokio::test]
async fn a_proposal_that_runs_already_is_refused_with_a_fake_chaincode() {
    let chaincode = start(|mut talk| async move {
        talk.register().await;
        let first = talk.expect(Type::Transaction).await;
        let second = talk.expect(Type::Transaction).await;
        talk.complete(&second, 200, "second").await;
        talk.complete(&first, 200, "first").await;
    })
    .await
    .unwrap();
    let propose =
        || UnsignedProposal::new(Invocation::new("ch", "basic", &["f"]), &Proposer::default()).unwrap();
    let (proposal, other) = (propose(), propose());
    let id = proposal.transaction_id().to_owned();
    let (first, duplicate, second) = tokio::join!(
        chaincode.execute(proposal.clone(), Intent::Submit),
        chaincode.execute(proposal, Intent::Submit),
        chaincode.execute(other, Intent::Submit),
    );
    assert_eq!(first.unwrap().payload, b"first");
    assert_eq!(second.unwrap().payload, b"second");
    assert_eq!(
        duplicate.unwrap_err().to_string(),
        format!(
            "error in simulation: failed to execute transaction {id}: error sending: txid: {id}(ch) exists"
        )
    );
}

#[tokio::test]
async fn several_transactions_run_at_once_on_the_stream_of_a_fake_chaincode() {
    let chaincode = start(|mut talk| async move {
        talk.register().await;
        let transactions = [talk.expect(Type::Transaction).await, talk.expect(Type::Transaction).await];
        for transaction in &transactions {
            talk.send(of(transaction, Type::PutState, &put("k", &transaction.txid))).await;
        }
        for transaction in transactions.iter().rev() {
            talk.send(of(transaction, Type::GetState, &get("k"))).await;
        }
        // Four answers, each for the transaction of its request.
        let mut answered = Vec::new();
        for _ in 0..4 {
            answered.push(talk.expect(Type::Response).await.txid);
        }
        let [first, second] = transactions.each_ref().map(|transaction| transaction.txid.clone());
        assert_eq!(answered, [first.clone(), second.clone(), second, first]);
        for transaction in &transactions {
            talk.complete(transaction, 200, &transaction.txid).await;
        }
    })
    .await
    .unwrap();
    let (one, two) =
        tokio::join!(chaincode.submit("ch", "basic", &["f"]), chaincode.submit("ch", "basic", &["f"]));
    for result in [one.unwrap(), two.unwrap()] {
        assert_eq!(result.payload, result.transaction_id.as_bytes());
    }
}

#[tokio::test]
async fn init_goes_as_init_and_the_event_comes_back_with_a_fake_chaincode() {
    let chaincode = start(|mut talk| async move {
        talk.register().await;
        let init = talk.expect(Type::Init).await;
        assert!(init.proposal.is_some());
        for status in [200, 500] {
            let response = Response { status, message: "done".to_owned(), payload: Vec::new() };
            let transaction = if status == 200 { init.clone() } else { talk.expect(Type::Transaction).await };
            let mut completed = of(&transaction, Type::Completed, &response);
            completed.chaincode_event = Some(ChaincodeEvent {
                event_name: "created".to_owned(),
                payload: b"a1".to_vec(),
                chaincode_id: "anything".to_owned(),
                tx_id: "anything".to_owned(),
            });
            talk.send(completed).await;
        }
    })
    .await
    .unwrap();
    let invocation = Invocation { is_init: true, ..Invocation::new("ch", "basic", &["Init"]) };
    let result = chaincode.invoke(invocation, Intent::Submit).await.unwrap();
    let event = result.event.unwrap();
    assert_eq!((event.name.as_str(), event.payload.as_slice()), ("created", b"a1".as_slice()));
    assert_eq!(result.message, "done");
    let failed = chaincode.submit("ch", "basic", &["f"]).await.unwrap();
    assert_eq!((failed.status, failed.event), (500, None));
}

#[tokio::test]
async fn an_error_of_a_fake_chaincode_is_told_in_the_words_of_the_peer() {
    let chaincode = start(|mut talk| async move {
        talk.register().await;
        let transaction = talk.expect(Type::Transaction).await;
        let mut error = of(&transaction, Type::Error, &Response::default());
        error.payload = b"it broke".to_vec();
        talk.send(error).await;
        let transaction = talk.expect(Type::Transaction).await;
        let mut completed = of(&transaction, Type::Completed, &Response::default());
        completed.payload = vec![0xff];
        talk.send(completed).await;
    })
    .await
    .unwrap();
    let error = chaincode.submit("ch", "basic", &["f"]).await.unwrap_err();
    assert_eq!(error.to_string(), "error in simulation: transaction returned with failure: it broke");
    let error = chaincode.submit("ch", "basic", &["f"]).await.unwrap_err().to_string();
    assert!(
        error.starts_with("error in simulation: failed to unmarshal response for transaction "),
        "{error}"
    );
}

#[tokio::test]
async fn a_fake_chaincode_that_takes_too_long_finds_no_ledger_context_and_commits_nothing() {
    let chaincode = start(|mut talk| async move {
        talk.register().await;
        let late = talk.expect(Type::Transaction).await;
        let in_time = talk.ask(&late, Type::PutState, &put("k", "in time")).await;
        assert_eq!(in_time.r#type(), Type::Response);
        let next = talk.expect(Type::Transaction).await;
        let refused = talk.ask(&late, Type::PutState, &put("k", "late")).await;
        assert_eq!(refused.r#type(), Type::Error);
        talk.complete(&late, 200, "").await;
        let committed = talk.ask(&next, Type::GetState, &get("k")).await;
        assert_eq!(committed.payload, b"");
        talk.complete(&next, 200, &String::from_utf8(refused.payload).unwrap()).await;
    })
    .await
    .unwrap();
    // From here on, only the limit of 30 s is waited for.
    tokio::time::pause();
    let error = chaincode.submit("ch", "basic", &["slow"]).await.unwrap_err();
    tokio::time::resume();
    let TransactionError::Invoke { id, error: InvokeError::Timeout { after } } = &error else {
        panic!("{error}")
    };
    assert_eq!(*after, Duration::from_secs(30));
    assert_eq!(
        error.to_string(),
        format!(
            "error in simulation: failed to execute transaction {id}: error sending: timeout expired while executing \
             transaction"
        )
    );
    let result = chaincode.submit("ch", "basic", &["next"]).await.unwrap();
    assert_eq!(
        String::from_utf8(result.payload).unwrap(),
        format!("PUT_STATE failed: transaction ID: {id}: no ledger context")
    );
}

#[tokio::test]
async fn a_lost_stream_fails_all_transactions_of_a_fake_chaincode() {
    let chaincode = start(|mut talk| async move {
        talk.register().await;
        talk.expect(Type::Transaction).await;
        talk.expect(Type::Transaction).await;
        talk.fail(Status::aborted("killed")).await;
    })
    .await
    .unwrap();
    let (one, two) =
        tokio::join!(chaincode.submit("ch", "basic", &["f"]), chaincode.submit("ch", "basic", &["f"]));
    for error in [one.unwrap_err(), two.unwrap_err()] {
        let text = error.to_string();
        assert!(text.starts_with("error in simulation: failed to execute transaction "), "{text}");
        assert!(text.ends_with(": error sending: chaincode stream terminated"), "{text}");
    }
}

#[tokio::test]
async fn a_misplaced_message_of_a_fake_chaincode_ends_the_stream_for_both() {
    let (seen, mut end) = tokio::sync::mpsc::channel(1);
    let chaincode = start(move |mut talk| {
        let seen = seen.clone();
        async move {
            talk.register().await;
            let transaction = talk.expect(Type::Transaction).await;
            talk.send(of(&transaction, Type::Register, &Response::default())).await;
            seen.send(talk.receive().await).await.unwrap();
        }
    })
    .await
    .unwrap();
    let error = chaincode.submit("ch", "basic", &["f"]).await.unwrap_err();
    let hint = error.hint().unwrap();
    assert!(hint.ends_with("cannot handle message (REGISTER) while in ready state"), "{hint}");
    assert_eq!(end.recv().await.unwrap(), None);
}

/// Type of the frame with which a server asks its client to disconnect.
const GOAWAY: u8 = 7;

/// Proxy between the peer and a server, which reports when a GOAWAY frame has passed. Each frame of HTTP/2 has a
/// header of nine bytes: three of the length, then the type.
async fn watched(server: SocketAddr) -> (SocketAddr, watch::Receiver<bool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = watch::channel(false);
    tokio::spawn(async move {
        let (peer, _) = listener.accept().await.unwrap();
        let (mut from_peer, mut to_peer) = peer.into_split();
        let (mut from_server, mut to_server) = TcpStream::connect(server).await.unwrap().into_split();
        tokio::spawn(async move { tokio::io::copy(&mut from_peer, &mut to_server).await });
        let mut header = [0; 9];
        while from_server.read_exact(&mut header).await.is_ok() {
            let length = u32::from_be_bytes([0, header[0], header[1], header[2]]);
            let mut payload = vec![0; usize::try_from(length).unwrap()];
            from_server.read_exact(&mut payload).await.unwrap();
            if to_peer.write_all(&[header.as_slice(), &payload].concat()).await.is_err() {
                break;
            }
            tell.send_modify(|seen| *seen |= header[3] == GOAWAY);
        }
    });
    (address, told)
}

#[tokio::test]
async fn a_graceful_goaway_of_a_fake_chaincode_leaves_the_stream_alone() {
    let (hand_over, told) = watch::channel(None::<watch::Receiver<bool>>);
    // The Java shim sends one after 5 s.
    let server = serve_for(Duration::from_millis(50), move |mut talk| {
        let mut told = told.clone();
        async move {
            talk.register().await;
            let transaction = talk.expect(Type::Transaction).await;
            let seen = told.wait_for(Option::is_some).await.unwrap().clone();
            seen.unwrap().wait_for(|seen| *seen).await.unwrap();
            let before = talk.ask(&transaction, Type::GetState, &get("k")).await;
            talk.complete(&transaction, 200, before.r#type().as_str_name()).await;
        }
    })
    .await;
    let (address, seen) = watched(server).await;
    hand_over.send_replace(Some(seen.clone()));
    let chaincode = register(address, &RegisterOptions::default()).await.unwrap();
    assert_eq!(chaincode.submit("ch", "basic", &["f"]).await.unwrap().payload, b"RESPONSE");
    assert!(*seen.borrow(), "no GOAWAY was sent");
}
