//! Transactions and queries.

use ccs_proto::peer::{ChaincodeInvocationSpec, ChaincodeProposalPayload, Proposal};
use ccs_testkit::{FakeAnswers, status_details};
use prost::Message as _;
use tonic::{Code, Status};

use super::{Network, assert_told};
use crate::{stderr, stdout};

#[tokio::test(flavor = "multi_thread")]
async fn a_question_prints_the_answer_as_it_is() {
    let result = Ok(b"{\"ID\":\"\xff\"}".to_vec());
    let network = Network::with(FakeAnswers { result, ..FakeAnswers::default() }).await;
    let output = network.run(&["query", "basic", "ReadAsset", "asset1"]);
    assert_eq!((output.stdout.as_slice(), stderr(&output).as_str()), (&b"{\"ID\":\"\xff\"}"[..], ""));
    let output = network.run(&["query", "basic", "ReadAsset", "asset1", "--json"]);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        document,
        serde_json::json!({
            "channel": "mychannel", "chaincode": "basic", "function": "ReadAsset",
            "result": { "text": null, "base64": "eyJJRCI6Iv8ifQ==" },
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_prints_the_answer_and_where_it_is() {
    let answers =
        FakeAnswers { result: Ok(b"done".to_vec()), commit: Some((0, 7)), ..FakeAnswers::default() };
    let network = Network::with(answers).await;
    let output = network.run(&["invoke", "basic", "CreateAsset", "asset1"]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), "done"));
    let told = stderr(&output);
    let id = told.strip_prefix("VALID in block 7, transaction ").unwrap().trim_end();
    assert_eq!(id.len(), 64, "{told}");

    let output = network.run(&["invoke", "basic", "CreateAsset", "asset1", "--json", "--channel", "other"]);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&document["code"], &document["block"]), (&"VALID".into(), &7.into()));
    assert_eq!((&document["channel"], &document["result"]["text"]), (&"other".into(), &"done".into()));
    assert_eq!(network.fake.envelopes().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn arguments_and_transient_values_come_from_words_and_files() {
    let network = Network::with(FakeAnswers::default()).await;
    std::fs::write(network.folder.path().join("asset.bin"), b"\xff").unwrap();
    let output = network.run(&[
        "invoke",
        "basic",
        "Set",
        "-5",
        "@asset.bin",
        "@@at",
        "--transient",
        "price=@asset.bin",
        "--transient",
        "salt=a=b",
        "--org",
        "Org1MSP",
        "--org",
        "Org2MSP",
        "--init",
        "--",
        "--dash",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let [signed] = network.fake.proposals().try_into().unwrap();
    let proposal = Proposal::decode(signed.proposal_bytes.as_slice()).unwrap();
    let payload = ChaincodeProposalPayload::decode(proposal.payload.as_slice()).unwrap();
    assert_eq!(payload.transient_map["price"], b"\xff");
    assert_eq!(payload.transient_map["salt"], b"a=b");
    let spec = ChaincodeInvocationSpec::decode(payload.input.as_slice()).unwrap().chaincode_spec.unwrap();
    let input = spec.input.unwrap();
    assert_eq!(input.args, [&b"Set"[..], b"-5", b"\xff", b"@at", b"--dash"]);
    assert!(input.is_init);
    assert_eq!(network.fake.organizations(), ["Org1MSP", "Org2MSP"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_ends_with_51_and_the_words_of_the_chaincode() {
    let message = "failed to endorse transaction, see attached details for more info";
    let details =
        [("peer0.org1.example.com:7051", "Org1MSP", "chaincode response 500, the asset \u{1b} exists")];
    let details = status_details(Code::Aborted as i32, message, &details);
    let result = Err(Status::with_details(Code::Aborted, message, details.into()));
    let network = Network::with(FakeAnswers { result, ..FakeAnswers::default() }).await;
    let output = network.run(&["invoke", "basic", "CreateAsset", "asset1"]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(51), ""));
    assert_told("refused", &stderr(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_does_not_count_ends_with_52() {
    let network = Network::with(FakeAnswers { commit: Some((11, 8)), ..FakeAnswers::default() }).await;
    let output = network.run(&["invoke", "basic", "CreateAsset", "asset1", "--json"]);
    assert_eq!(output.status.code(), Some(52));
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&document["code"], &document["block"]), (&"MVCC_READ_CONFLICT".into(), &8.into()));
    let told = stderr(&output).replace(document["transaction_id"].as_str().unwrap(), "TRANSACTION");
    assert_told("invalid", &told);
    let output = network.run(&["invoke", "basic", "CreateAsset", "asset1"]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(52), ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_whose_end_is_not_known_ends_with_53() {
    let network = Network::with(FakeAnswers { commit: None, ..FakeAnswers::default() }).await;
    // Only the status takes this long; everything before it is answered immediately.
    let output = network.run(&["invoke", "basic", "CreateAsset", "asset1", "--timeout", "5s"]);
    assert_eq!(output.status.code(), Some(53));
    let told = stderr(&output);
    assert!(told.contains("its outcome is unknown: cannot get the status of the transaction"), "{told}");
}
