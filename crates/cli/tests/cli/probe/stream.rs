//! Errors on a working connection: the stream, REGISTER, the ID.

use ccs_proto::peer::ChaincodeMessage;
use ccs_proto::peer::chaincode_message::Type;
use tonic::Status;

use super::fake::{Script, grpc};
use super::{Serve, fails, rust_sample};

async fn fails_with(name: &str, script: Option<Script>, code_and_cause: (i32, &str)) {
    let address = grpc(script).await.to_string();
    // Only the two silent servers take this long; the others have an immediate verdict.
    fails(name, &[&address, "--timeout", "2s"], code_and_cause).await;
}

fn message(message_type: Type, payload: &[u8]) -> ChaincodeMessage {
    ChaincodeMessage {
        r#type: message_type.into(),
        payload: payload.to_vec(),
        txid: "tx1".to_owned(),
        ..ChaincodeMessage::default()
    }
}

#[tokio::test]
async fn a_grpc_server_without_chaincode_is_told_with_34() {
    fails_with("no_chaincode_service", None, (34, "no-chaincode-service")).await;
}

#[tokio::test]
async fn a_refused_stream_is_told_with_the_servers_words_made_safe_for_a_terminal() {
    let status = Status::permission_denied("not \u{1b}[31mtoday");
    fails_with("stream_refused", Some(Script::Refuses(status)), (34, "stream-refused")).await;
}

#[tokio::test]
async fn a_server_that_does_not_answer_to_the_stream_is_told_after_the_timeout() {
    fails_with("stream_silent", Some(Script::Hangs), (34, "stream-silent")).await;
}

#[tokio::test]
async fn a_chaincode_that_never_registers_is_told_after_the_timeout() {
    let keepalive = Script::Sends(vec![message(Type::Keepalive, b"")]);
    fails_with("no_register", Some(keepalive), (35, "no-register")).await;
}

#[tokio::test]
async fn a_stream_that_ends_before_register_is_told_with_35() {
    let ends = Script::Ends(Status::internal("no room"));
    fails_with("stream_ended", Some(ends), (35, "stream-ended")).await;
}

#[tokio::test]
async fn a_chaincode_that_begins_with_something_else_is_told_with_35() {
    let other = Script::Sends(vec![message(Type::GetState, b"")]);
    fails_with("not_register", Some(other), (35, "not-register")).await;
}

#[tokio::test]
async fn a_register_that_cannot_be_read_is_told_with_35() {
    let broken = Script::Sends(vec![message(Type::Register, b"\xff\xff")]);
    fails_with("malformed_register", Some(broken), (35, "not-register")).await;
}

#[tokio::test]
async fn another_id_is_told_with_36_and_both_ids() {
    let address = rust_sample(Serve::Plaintext).await.to_string();
    let other = format!("basic:{}", "aa".repeat(32));
    fails("wrong_id", &[&address, "--id", &other], (36, "wrong-id")).await;
}
