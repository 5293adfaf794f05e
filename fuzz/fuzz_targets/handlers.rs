//! For any requests of a chaincode in any order, each request has one answer, and the transaction can still end.
//!
//! A request is encoded as its type, the length of its payload, and the payload. An empty payload of a query message
//! refers to the last open query, whose ID a fuzzer cannot guess.
#![no_main]

use ccs_chaincode::fuzzing::RunningTransaction;
use ccs_proto::peer::chaincode_message::Type;
use ccs_proto::peer::{ChaincodeMessage, QueryResponse, QueryStateNext};
use libfuzzer_sys::fuzz_target;
use prost::Message;

fuzz_target!(|bytes: &[u8]| {
    let transaction = RunningTransaction::begin().expect("a transaction begins");
    let mut last_query = String::new();
    let mut rest = bytes;
    while let [kind, length, more @ ..] = rest {
        let (payload, after) = more.split_at(usize::from(*length).min(more.len()));
        rest = after;
        let kind = i32::from(*kind);
        let is_about_query =
            kind == i32::from(Type::QueryStateNext) || kind == i32::from(Type::QueryStateClose);
        let payload = if is_about_query && payload.is_empty() {
            QueryStateNext { id: last_query.clone() }.encode_to_vec()
        } else {
            payload.to_vec()
        };
        let answer = transaction.answer(request(kind, payload));
        assert_eq!((answer.channel_id.as_str(), answer.txid.as_str()), ("ch", "t1"));
        match answer.r#type() {
            Type::Response => {
                let response = QueryResponse::decode(answer.payload.as_slice()).unwrap_or_default();
                if !response.id.is_empty() {
                    last_query = response.id;
                }
            }
            Type::Error => {
                let text = std::str::from_utf8(&answer.payload).expect("an error is a text");
                assert!(text.contains(" failed: transaction ID: t1: "), "{text}");
            }
            other => panic!("{other:?} is not an answer"),
        }
    }
    assert!(transaction.end() <= 4 * bytes.len() + 4096);
});

fn request(kind: i32, payload: Vec<u8>) -> ChaincodeMessage {
    ChaincodeMessage {
        r#type: kind,
        payload,
        txid: "t1".to_owned(),
        channel_id: "ch".to_owned(),
        ..ChaincodeMessage::default()
    }
}
