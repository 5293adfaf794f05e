//! Events and blocks.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use assert_cmd::cargo::cargo_bin;
use ccs_proto::gateway::ChaincodeEventsResponse;
use ccs_proto::orderer::SeekInfo;
use ccs_proto::orderer::seek_position::Type as Seek;
use ccs_proto::peer::deliver_response::Type;
use ccs_proto::peer::filtered_transaction::Data;
use ccs_proto::peer::{
    ChaincodeEvent, DeliverResponse, FilteredBlock, FilteredChaincodeAction, FilteredTransaction,
    FilteredTransactionActions,
};
use ccs_testkit::FakeAnswers;
use prost::Message as _;

use super::Network;
use crate::{stderr, stdout};

fn event(id: &str, name: &str, payload: &[u8]) -> ChaincodeEvent {
    ChaincodeEvent {
        chaincode_id: "basic".to_owned(),
        tx_id: id.to_owned(),
        event_name: name.to_owned(),
        payload: payload.to_vec(),
    }
}

fn events() -> FakeAnswers {
    let events = vec![event("t1", "Made", b"{}"), event("t2", "Moved\u{1b}", b"\xff\xff")];
    let events = vec![ChaincodeEventsResponse { events, block_number: 4 }];
    FakeAnswers { events, ..FakeAnswers::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_lines_until_there_were_enough() {
    let network = Network::with(events()).await;
    let output = network.run(&["events", "basic", "--from", "3", "--count", "2"]);
    assert_eq!(
        stdout(&output),
        "block 4  Made  transaction t1  {}\nblock 4  Moved\\u{1b}  transaction t2  2 bytes that are not text\n"
    );
    let output = network.run(&["events", "basic", "--count", "1", "--after", "t0", "--json"]);
    assert_eq!(
        stdout(&output),
        "{\"block\":4,\"transaction_id\":\"t1\",\"chaincode\":\"basic\",\"name\":\"Made\",\"payload\":{\"text\":\"{}\",\"base64\":\"e30=\"}}\n"
    );
    let [first, second] = network.fake.event_requests().try_into().unwrap();
    assert!(matches!(first.start_position.unwrap().r#type, Some(Seek::Specified(at)) if at.number == 3));
    assert!(matches!(second.start_position.unwrap().r#type, Some(Seek::NextCommit(_))));
    assert_eq!(second.after_transaction_id, "t0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_0_when_it_is_interrupted() {
    let network = Network::with(events()).await;
    let mut child = Command::new(cargo_bin("ccs"))
        .args(["events", "basic"])
        .current_dir(network.folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut told = String::new();
    lines.read_line(&mut told).unwrap();
    let process = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(process, rustix::process::Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    lines.read_to_string(&mut told).unwrap();
    assert_eq!(told.lines().count(), 2, "{told}");
}

fn blocks() -> FakeAnswers {
    let transaction = |txid: &str, kind, code, event: Option<ChaincodeEvent>| FilteredTransaction {
        txid: txid.to_owned(),
        r#type: kind,
        tx_validation_code: code,
        data: event.map(|event| {
            let chaincode_actions = vec![FilteredChaincodeAction { chaincode_event: Some(event) }];
            Data::TransactionActions(FilteredTransactionActions { chaincode_actions })
        }),
    };
    let block = |number, filtered_transactions| {
        let channel_id = "mychannel".to_owned();
        let block = FilteredBlock { channel_id, number, filtered_transactions };
        DeliverResponse { r#type: Some(Type::FilteredBlock(block)) }
    };
    let blocks = vec![
        block(0, vec![transaction("", 1, 0, None)]),
        block(
            1,
            vec![transaction("t1", 3, 0, Some(event("t1", "Made", b""))), transaction("t2", 3, 11, None)],
        ),
        DeliverResponse { r#type: Some(Type::Status(200)) },
    ];
    FakeAnswers { blocks, ..FakeAnswers::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_are_a_line_for_each_transaction() {
    let network = Network::with(blocks()).await;
    let output = network.run(&["blocks", "--filtered"]);
    assert_eq!(
        stdout(&output),
        "block 0  tx 0  VALID  configuration\nblock 1  tx 0  VALID  basic  event Made  t1\n\
         block 1  tx 1  MVCC_READ_CONFLICT  transaction  t2\n"
    );
    let output = network.run(&["blocks", "--filtered", "--from", "1", "--to", "1", "--count", "1", "--json"]);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&document["block"], &document["kind"]), (&0.into(), &"configuration".into()));
    assert_eq!(document["writes"], serde_json::json!([]));
    let seeks = network.fake.seeks();
    let seek = |index: usize| {
        let payload = ccs_proto::common::Payload::decode(seeks[index].payload.as_slice()).unwrap();
        let seek = SeekInfo::decode(payload.data.as_slice()).unwrap();
        (seek.start.unwrap().r#type.unwrap(), seek.stop.unwrap().r#type.unwrap())
    };
    assert!(matches!(seek(0), (Seek::Oldest(_), Seek::Newest(_))));
    assert!(
        matches!(seek(1), (Seek::Specified(from), Seek::Specified(to)) if (from.number, to.number) == (1, 1))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_the_peer_does_not_have_ends_with_51() {
    let blocks = vec![DeliverResponse { r#type: Some(Type::Status(404)) }];
    let network = Network::with(FakeAnswers { blocks, ..FakeAnswers::default() }).await;
    let output = network.run(&["blocks", "--channel", "nochannel"]);
    assert_eq!(output.status.code(), Some(51));
    assert_eq!(
        stderr(&output),
        "error: cannot read blocks: the peer answers 404 NOT_FOUND\nhint: the peer has no such channel, or no such block yet\n"
    );
}
