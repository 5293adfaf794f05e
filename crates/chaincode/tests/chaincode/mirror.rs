//! Rich queries answered by CouchDB: the stand-in of `conformance/couchdb-stand-in` over real HTTP, and a fake
//! chaincode.

use std::sync::Arc;

use ccs_chaincode::{ChaincodeLimits, ChaincodeSupport, Source};
use ccs_channel::{Channel, Definition, Index, MirrorError};
use ccs_ledger::{Content, Results, Transaction};
use ccs_proto::peer::chaincode_message::Type;
use ccs_proto::peer::write_record::Type as Write;
use ccs_proto::peer::{
    ChaincodeInput, CollectionConfig, CollectionConfigPackage, GetQueryResult, GetStateByRange,
    QueryMetadata, QueryResponse, QueryResponseMetadata, StateMetadata, StaticCollectionConfig,
    WriteBatchState, WriteRecord, collection_config,
};
use ccs_proto::queryresult::Kv;
use ccs_testkit::CouchDbStandIn;
use prost::Message;

use crate::fake::{Talk, serve};
use crate::peer::{peer, run};
use crate::plaintext;

/// Answers each transaction with the keys and values that the query in its first argument finds, in the collection of
/// the second argument if there is one.
async fn finder(mut talk: Talk) {
    talk.register_as("basic:1").await;
    while let Some(transaction) = talk.receive().await {
        let input = ChaincodeInput::decode(transaction.payload.as_slice()).unwrap();
        let text = |index| String::from_utf8(input.args.get(index).cloned().unwrap_or_default()).unwrap();
        let (query, collection) = (text(0), text(1));
        let request = GetQueryResult { query, collection, ..GetQueryResult::default() };
        let answer = talk.ask(&transaction, Type::GetQueryResult, &request).await;
        if answer.r#type() != Type::Response {
            talk.complete(&transaction, 500, &String::from_utf8(answer.payload).unwrap()).await;
            continue;
        }
        let found = QueryResponse::decode(answer.payload.as_slice()).unwrap().results;
        let shown = found.iter().map(|result| {
            let found = Kv::decode(result.result_bytes.as_slice()).unwrap();
            format!("{}={} ", found.key, String::from_utf8(found.value).unwrap())
        });
        talk.complete(&transaction, 200, &shown.collect::<String>()).await;
    }
}

/// Commits values, runs the follow-up work of the peer's committer, and returns its failures.
async fn commit(
    peer: &Arc<ChaincodeSupport>,
    channel: &Arc<Channel>,
    id: &str,
    values: &[(&str, &str)],
) -> Vec<String> {
    let mut simulation = channel.ledger().simulate(id).unwrap();
    for (key, value) in values {
        simulation.put("basic", key, value.as_bytes().to_vec()).unwrap();
    }
    commit_results(peer, channel, id, simulation.finish()).await
}

async fn commit_results(
    peer: &Arc<ChaincodeSupport>,
    channel: &Channel,
    id: &str,
    results: Results,
) -> Vec<String> {
    let content = Content::Endorsed { results: results.public, private: results.private };
    let transaction = Transaction { envelope: Vec::new(), id: id.to_owned(), content };
    let committed = channel.ledger().commit(&[transaction], &()).unwrap();
    let (peer, channel) = (Arc::clone(peer), peer.channel("ch").unwrap());
    let told = move || {
        let copied = ChaincodeSupport::copy(&channel, &committed);
        copied.into_iter().chain(peer.committed(&committed)).collect()
    };
    tokio::task::spawn_blocking(told).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Node.js, and npm ci in conformance/couchdb-stand-in"]
async fn a_mirror_answers_a_fake_chaincode_with_what_is_committed() {
    let stand_in = CouchDbStandIn::start(None).await;
    let address = serve(finder).await;
    let peer = peer(ChaincodeLimits::default(), &[("basic", "basic:1", false)]);
    peer.chaincodes().add("basic:1", Source::Server(plaintext(address)));
    let channel = peer.channel("ch").unwrap();
    let values = [("a", r#"{ "n": 1, "m": 2 }"#), ("b", r#"{"n": 20}"#), ("text", "n")];
    commit(&peer, &channel, "one", &values).await;

    // Existing values are copied, and later ones as well.
    let server = format!("http://127.0.0.1:{}", stand_in.port()).parse().unwrap();
    channel.mirror_to(server, &["basic".to_owned()]).await.unwrap();
    commit(&peer, &channel, "two", &[("b", ""), ("c", r#"{"n":3}"#)]).await;

    let found = async |query: &str| {
        let completed = run(&peer, "basic", &[query]).await.unwrap();
        (completed.response.status, String::from_utf8(completed.response.payload).unwrap())
    };
    // Bytes are those of the ledger, spaces included.
    let all = found(r#"{"selector":{"n":{"$gt":0}}}"#).await;
    assert_eq!(all, (200, r#"a={ "n": 1, "m": 2 } c={"n":3} "#.to_owned()));
    let fields = found(r#"{"selector":{"n":1},"fields":["m"]}"#).await;
    assert_eq!(fields, (200, r#"a={"m":2} "#.to_owned()));

    let sorted = r#"{"selector":{"n":{"$gt":0}},"sort":[{"n":"desc"}]}"#;
    assert_eq!(found(sorted).await.0, 500);
    let index = |collection: Option<&str>, definition: &str| Index {
        collection: collection.map(str::to_owned),
        file: "indexes/byN.json".into(),
        definition: definition.to_owned(),
    };
    let by_n = index(None, r#"{"index":{"fields":["n"]},"ddoc":"byN","name":"byN","type":"json"}"#);
    peer.add_indexes("basic:1", vec![by_n.clone(), index(Some("members"), "none")]);
    assert_eq!(
        peer.create_indexes().await,
        [
            "the index indexes/byN.json of basic:1 cannot be created: the index definition is not JSON: expected ident at line 1 column 2"
        ]
    );
    assert_eq!(found(sorted).await, (200, r#"c={"n":3} a={ "n": 1, "m": 2 } "#.to_owned()));

    drop(stand_in);
    let failures = commit(&peer, &channel, "three", &[("d", r#"{"n":4}"#)]).await;
    assert!(failures[0].starts_with("block 4 was not copied to CouchDB: "), "{failures:?}");
    let hint = "; rich queries are rejected until the peer is restarted, which copies the state again";
    assert!(failures[0].ends_with(hint), "{failures:?}");
    assert_eq!(commit(&peer, &channel, "four", &[("e", r#"{"n":5}"#)]).await, [""; 0], "told once");
    let (status, text) = found(r#"{"selector":{"n":{"$gt":0}}}"#).await;
    assert_eq!(status, 500);
    assert!(text.contains(": CouchDB is out of sync with the ledger: "), "{text}");
}

/// Copies a channel to the stand-in.
async fn mirror(stand_in: &CouchDbStandIn, channel: &Channel) -> Result<(), MirrorError> {
    let server = format!("http://127.0.0.1:{}", stand_in.port()).parse().unwrap();
    channel.mirror_to(server, &["basic".to_owned()]).await
}

/// Defines `basic` again, with the collection `secrets`.
fn define_secrets(channel: &Channel) {
    let secrets = StaticCollectionConfig { name: "secrets".to_owned(), ..StaticCollectionConfig::default() };
    let payload = Some(collection_config::Payload::StaticCollectionConfig(secrets));
    let collections = CollectionConfigPackage { config: vec![CollectionConfig { payload }] };
    let definition =
        Definition { sequence: 2, version: "2".to_owned(), collections, ..Definition::default() };
    channel.define("basic", &definition).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Node.js, and npm ci in conformance/couchdb-stand-in"]
async fn a_mirror_answers_a_fake_chaincode_for_a_collection_too() {
    let stand_in = CouchDbStandIn::start(None).await;
    let address = serve(finder).await;
    let peer = peer(ChaincodeLimits::default(), &[("basic", "basic:1", false)]);
    peer.chaincodes().add("basic:1", Source::Server(plaintext(address)));
    let channel = peer.channel("ch").unwrap();
    define_secrets(&channel);
    let mut simulation = channel.ledger().simulate("one").unwrap();
    simulation.put("basic", "a", br#"{"n":1}"#.to_vec()).unwrap();
    simulation.put_private("basic", "secrets", "b", br#"{"n":2, "m":3}"#.to_vec()).unwrap();
    commit_results(&peer, &channel, "one", simulation.finish()).await;
    mirror(&stand_in, &channel).await.unwrap();
    let found = async |arguments: &[&str]| {
        String::from_utf8(run(&peer, "basic", arguments).await.unwrap().response.payload).unwrap()
    };
    let all = r#"{"selector":{"n":{"$gt":0}}}"#;
    assert_eq!(found(&[all]).await, r#"a={"n":1} "#);
    assert_eq!(found(&[all, "secrets"]).await, r#"b={"n":2, "m":3} "#);
    assert_eq!(found(&[r#"{"selector":{"n":{"$gt":0}},"fields":["m"]}"#, "secrets"]).await, r#"b={"m":3} "#);
}

/// Writes as its arguments say, and then requests a page. Returns the peer's answers to both.
async fn writer(mut talk: Talk) {
    talk.register_as("basic:1").await;
    while let Some(transaction) = talk.receive().await {
        let input = ChaincodeInput::decode(transaction.payload.as_slice()).unwrap();
        let [record] = input.args.as_slice() else { panic!("{input:?}") };
        let batch = WriteBatchState { rec: vec![WriteRecord::decode(record.as_slice()).unwrap()] };
        let written = talk.ask(&transaction, Type::WriteBatchState, &batch).await;
        let metadata = QueryMetadata { page_size: 1, ..QueryMetadata::default() }.encode_to_vec();
        let page = GetStateByRange { metadata, ..GetStateByRange::default() };
        let page = talk.ask(&transaction, Type::GetStateByRange, &page).await;
        let said = [written.payload, page.payload].map(|payload| String::from_utf8(payload).unwrap());
        talk.complete(&transaction, 200, &said.join("\n")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Node.js, and npm ci in conformance/couchdb-stand-in"]
async fn what_couchdb_cannot_store_a_fake_chaincode_cannot_write() {
    let stand_in = CouchDbStandIn::start(None).await;
    let address = serve(writer).await;
    let peer = peer(ChaincodeLimits::default(), &[("basic", "basic:1", false)]);
    peer.chaincodes().add("basic:1", Source::Server(plaintext(address)));
    let channel = peer.channel("ch").unwrap();
    define_secrets(&channel);

    let write = async |kind: Write, collection: &str, key: &str, value: &str| {
        let record = WriteRecord {
            key: key.to_owned(),
            value: value.into(),
            collection: collection.to_owned(),
            metadata: Some(StateMetadata::default()),
            r#type: kind.into(),
        };
        let call = crate::peer::call_with(&peer, "basic", vec![record.encode_to_vec()]);
        let id = call.transaction_id.clone();
        let said = crate::peer::execute(&peer, "basic", call).await.unwrap().response.payload;
        let said = String::from_utf8(said).unwrap().replace(&id, "ID");
        let (written, page) = said.split_once('\n').unwrap();
        // A rejected write still counts as a write.
        assert_eq!(
            page,
            "GET_STATE_BY_RANGE failed: transaction ID: ID: txid [ID]: unsuppored transaction. Paginated queries are \
             supported only in a read-only transaction"
        );
        written.trim_start_matches("WRITE_BATCH_STATE failed: transaction ID: ID: ").to_owned()
    };
    assert_eq!(write(Write::PutState, "", "_x", "1").await, "");

    mirror(&stand_in, &channel).await.unwrap();
    for (kind, collection) in [
        (Write::PutState, ""),
        (Write::DelState, ""),
        (Write::PutStateMetadata, ""),
        (Write::PutState, "secrets"),
        (Write::DelState, "secrets"),
        (Write::PutStateMetadata, "secrets"),
        (Write::PurgePrivateData, "secrets"),
    ] {
        let text = write(kind, collection, "_x", "1").await;
        assert_eq!(text, "invalid key [_x], cannot begin with \"_\"", "{kind:?} {collection}");
    }
    for (key, value, expected) in [
        ("", "1", "invalid key. Empty string is not supported as a key by couchdb"),
        ("a", r#"{"_rev":1}"#, "field [_rev] is not valid for the CouchDB state database"),
        ("a", r#"{"~version":1}"#, "field [~version] is not valid for the CouchDB state database"),
        ("a", r#"{"n":{"_rev":1}}"#, ""),
    ] {
        assert_eq!(write(Write::PutState, "", key, value).await, expected);
    }
}

/// Answers each transaction with the bookmark of a page of the keys before its argument.
async fn pager(mut talk: Talk) {
    talk.register_as("basic:1").await;
    while let Some(transaction) = talk.receive().await {
        let input = ChaincodeInput::decode(transaction.payload.as_slice()).unwrap();
        let end_key = String::from_utf8(input.args[0].clone()).unwrap();
        let metadata = QueryMetadata { page_size: 1, ..QueryMetadata::default() }.encode_to_vec();
        let range = GetStateByRange { end_key, metadata, ..GetStateByRange::default() };
        let answer = talk.ask(&transaction, Type::GetStateByRange, &range).await;
        let page = QueryResponse::decode(answer.payload.as_slice()).unwrap();
        let metadata = QueryResponseMetadata::decode(page.metadata.as_slice()).unwrap();
        talk.complete(&transaction, 200, &metadata.bookmark).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Node.js, and npm ci in conformance/couchdb-stand-in"]
async fn the_last_page_of_a_range_ends_as_with_couchdb_for_a_fake_chaincode() {
    let stand_in = CouchDbStandIn::start(None).await;
    let address = serve(pager).await;
    let peer = peer(ChaincodeLimits::default(), &[("basic", "basic:1", false)]);
    peer.chaincodes().add("basic:1", Source::Server(plaintext(address)));
    let channel = peer.channel("ch").unwrap();
    commit(&peer, &channel, "one", &[("a", "1"), ("b", "2")]).await;
    let bookmark = async |end: &str| run(&peer, "basic", &[end]).await.unwrap().response.payload;
    assert_eq!(bookmark("b").await, b"");
    mirror(&stand_in, &channel).await.unwrap();
    assert_eq!([bookmark("b").await, bookmark("c").await, bookmark("").await], [b"b", b"b", b"b"]);
    assert_eq!(bookmark("a").await, b"a");
}

#[tokio::test]
#[ignore = "needs Node.js, and npm ci in conformance/couchdb-stand-in"]
async fn a_ledger_with_what_couchdb_cannot_store_is_not_mirrored() {
    let stand_in = CouchDbStandIn::start(None).await;
    let peer = peer(ChaincodeLimits::default(), &[("basic", "basic:1", false)]);
    let channel = peer.channel("ch").unwrap();
    commit(&peer, &channel, "one", &[("_x", "1")]).await;
    let error = mirror(&stand_in, &channel).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "could not copy channel ch to CouchDB: invalid key [_x], cannot begin with \"_\""
    );
    assert_eq!(
        error.hint().unwrap(),
        "the ledger was written without CouchDB: start with an empty ledger, or continue without CouchDB"
    );
}
