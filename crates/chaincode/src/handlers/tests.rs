mod access;
mod rich;

use std::collections::BTreeMap;

use ccs_channel::{Channel, Definition, envelope};
use ccs_identity::{MspManager, Organization, Signer};
use ccs_ledger::Store;
use ccs_proto::peer::collection_config::Payload as Config;
use ccs_proto::peer::{
    CollectionConfig, CollectionConfigPackage, DelState, GetHistoryForKey, GetQueryResult, GetState,
    GetStateByRange, GetStateMetadata, GetStateMultiple, GetStateMultipleResult, PutState, PutStateMetadata,
    QueryMetadata, QueryResponse, QueryResponseMetadata, QueryStateClose, QueryStateNext, SignedProposal,
    StateMetadata, StateMetadataResult, StaticCollectionConfig, WriteBatchState, WriteRecord,
};
use ccs_proto::queryresult::{KeyModification, Kv};
use ccs_testkit::organization;

use super::*;
use crate::context::{ChaincodeCall, Target};
use crate::{ChaincodeLimits, ChaincodeSupport, SharedSimulation};

/// Creates a channel with a chaincode that has the collection `secrets`.
fn channel() -> Arc<Channel> {
    let ledger = Store::temporary().unwrap().channel("ch", || envelope::genesis("ch")).unwrap();
    let channel = Channel::new(ledger, Vec::new());
    let secrets = StaticCollectionConfig { name: "secrets".to_owned(), ..StaticCollectionConfig::default() };
    let config = CollectionConfig { payload: Some(Config::StaticCollectionConfig(secrets)) };
    let definition = Definition {
        sequence: 1,
        version: "1.0".to_owned(),
        collections: CollectionConfigPackage { config: vec![config] },
        ..Definition::default()
    };
    channel.define("basic", &definition).unwrap();
    Arc::new(channel)
}

/// Starts a transaction on the current state of the channel.
fn begin(channel: &Arc<Channel>, is_init: bool) -> Arc<Context> {
    let call = ChaincodeCall {
        input: ccs_proto::peer::ChaincodeInput { is_init, ..Default::default() },
        transaction_id: "t1".to_owned(),
        proposal: Arc::new(SignedProposal::default()),
        creator: None,
        simulation: SharedSimulation::new(channel.ledger().simulate("t1").unwrap()),
    };
    let target = Target {
        channel: Arc::clone(channel),
        chaincode: "basic".to_owned(),
        definition: channel.definition("basic").unwrap().unwrap(),
        id: "basic:1".to_owned(),
    };
    let callees = Arc::new(ChaincodeSupport::new(ChaincodeLimits::default()));
    Arc::new(Context::new(callees, 1000, target, call))
}

/// Starts a transaction over the keys `k000`, `k001`, ..., each with its own name as value.
fn transaction(keys: usize) -> Arc<Context> {
    let channel = channel();
    let fill = begin(&channel, false);
    for key in (0..keys).map(|n| format!("k{n:03}")) {
        fill.simulation().put("basic", &key, key.clone().into_bytes()).unwrap();
    }
    channel.commit_unsigned(fill.shared_simulation().results(), "fill".to_owned()).unwrap();
    begin(&channel, false)
}

/// Starts a transaction proposed by a signer of an organization.
fn proposed_by(signer: &Signer, organization: &Organization, channel: &Arc<Channel>) -> Arc<Context> {
    let msps = MspManager::new(vec![Arc::clone(organization.msp())]);
    let mut context = Arc::into_inner(begin(channel, false)).unwrap();
    context.creator = Some(msps.identify(signer.creator()).unwrap());
    Arc::new(context)
}

/// Returns the written keys and their values.
fn writes(context: &Context) -> BTreeMap<String, Option<Vec<u8>>> {
    let results = context.shared_simulation().results();
    let set = results.public.ns_rwset.iter().find(|set| set.namespace == "basic").unwrap();
    let set = ccs_proto::kvrwset::KvrwSet::decode(set.rwset.as_slice()).unwrap();
    set.writes.into_iter().map(|write| (write.key, (!write.is_delete).then_some(write.value))).collect()
}

/// Returns the number of keys that were read.
fn reads(context: &Context) -> usize {
    context.shared_simulation().results().touched.iter().map(|touched| touched.read.len()).sum()
}

fn request(message_type: Type, payload: &impl Message) -> ChaincodeMessage {
    let key = TransactionKey { channel: "ch".to_owned(), id: "t1".to_owned() };
    key.message(message_type, payload.encode_to_vec())
}

/// Sends a request and returns the payload, or the text of the error.
fn ask(context: &Arc<Context>, message_type: Type, payload: &impl Message) -> Result<Vec<u8>, String> {
    send(context, request(message_type, payload))
}

#[expect(clippy::panic_in_result_fn, reason = "the error is a value of the test, not its failure")]
fn send(context: &Arc<Context>, request: ChaincodeMessage) -> Result<Vec<u8>, String> {
    let answer = match super::answer(request, context) {
        Answer::Now(answer) => answer,
        Answer::Later(answer) => {
            tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(answer)
        }
    };
    assert_eq!((answer.channel_id.as_str(), answer.txid.as_str()), ("ch", "t1"));
    assert_eq!((answer.timestamp, &answer.chaincode_event), (None, &None));
    match answer.r#type() {
        Type::Response => Ok(answer.payload),
        Type::Error => Err(String::from_utf8(answer.payload).unwrap()),
        other => panic!("{other:?}"),
    }
}

fn get(context: &Arc<Context>, key: &str) -> Vec<u8> {
    ask(context, Type::GetState, &GetState { key: key.to_owned(), ..GetState::default() }).unwrap()
}

fn put(key: &str, value: &[u8]) -> PutState {
    PutState { key: key.to_owned(), value: value.to_vec(), ..PutState::default() }
}

fn query(context: &Arc<Context>, message_type: Type, payload: &impl Message) -> QueryResponse {
    QueryResponse::decode(ask(context, message_type, payload).unwrap().as_slice()).unwrap()
}

fn keys(response: &QueryResponse) -> Vec<String> {
    let key = |result: &ccs_proto::peer::QueryResultBytes| {
        let kv = Kv::decode(result.result_bytes.as_slice()).unwrap();
        assert_eq!((kv.namespace.as_str(), kv.value), ("basic", kv.key.clone().into_bytes()));
        kv.key
    };
    response.results.iter().map(key).collect()
}

fn paginated(page_size: i32, bookmark: &str) -> GetStateByRange {
    let metadata = QueryMetadata { page_size, bookmark: bookmark.to_owned() }.encode_to_vec();
    GetStateByRange { metadata, ..GetStateByRange::default() }
}

#[test]
fn a_transaction_does_not_see_what_it_writes() {
    let context = transaction(2);
    assert_eq!(ask(&context, Type::PutState, &put("k000", b"new")).unwrap(), b"");
    let delete = DelState { key: "k001".to_owned(), ..DelState::default() };
    assert_eq!(ask(&context, Type::DelState, &delete).unwrap(), b"");
    assert_eq!(get(&context, "k000"), b"k000");
    assert_eq!(get(&context, "k001"), b"k001");
    assert_eq!(get(&context, "absent"), b"");
    assert_eq!(
        writes(&context).into_iter().collect::<Vec<_>>(),
        [("k000".to_owned(), Some(b"new".to_vec())), ("k001".to_owned(), None)]
    );
}

#[test]
fn an_empty_value_deletes() {
    let context = transaction(1);
    ask(&context, Type::PutState, &put("k000", b"")).unwrap();
    assert_eq!(writes(&context).into_values().collect::<Vec<_>>(), [None]);
}

#[test]
fn a_range_comes_in_batches_of_a_hundred() {
    let context = transaction(250);
    let first = query(&context, Type::GetStateByRange, &GetStateByRange::default());
    assert_eq!((first.results.len(), first.has_more, first.metadata.len()), (100, true, 0));
    assert_eq!(uuid::Uuid::parse_str(&first.id).unwrap().get_version_num(), 4);
    let next = QueryStateNext { id: first.id.clone() };
    let second = query(&context, Type::QueryStateNext, &next);
    assert_eq!((second.results.len(), second.has_more, &second.id), (100, true, &first.id));
    let third = query(&context, Type::QueryStateNext, &next);
    assert_eq!((third.results.len(), third.has_more), (50, false));
    assert_eq!(keys(&third).last().unwrap(), "k249");
    assert_eq!(
        ask(&context, Type::QueryStateNext, &next).unwrap_err(),
        "QUERY_STATE_NEXT failed: transaction ID: t1: query iterator not found"
    );
}

#[test]
fn closing_an_iterator_is_always_answered() {
    let context = transaction(101);
    let open = query(&context, Type::GetStateByRange, &GetStateByRange::default());
    for id in [open.id.clone(), open.id.clone(), "unknown".to_owned()] {
        let closed = query(&context, Type::QueryStateClose, &QueryStateClose { id: id.clone() });
        assert_eq!(closed, QueryResponse { id, ..QueryResponse::default() });
    }
    assert!(ask(&context, Type::QueryStateNext, &QueryStateNext { id: open.id }).is_err());
}

#[test]
fn a_page_tells_where_the_next_begins() {
    let context = transaction(5);
    let mut pages = Vec::new();
    let mut bookmark = String::new();
    loop {
        let page = query(&context, Type::GetStateByRange, &paginated(2, &bookmark));
        let metadata = QueryResponseMetadata::decode(page.metadata.as_slice()).unwrap();
        assert!(!page.has_more);
        assert_eq!(usize::try_from(metadata.fetched_records_count).unwrap(), page.results.len());
        pages.push(keys(&page));
        bookmark = metadata.bookmark;
        if bookmark.is_empty() {
            break;
        }
    }
    assert_eq!(pages, [vec!["k000", "k001"], vec!["k002", "k003"], vec!["k004"]]);
}

#[test]
fn writes_and_pages_do_not_mix() {
    let writer = transaction(1);
    ask(&writer, Type::PutState, &put("a", b"1")).unwrap();
    assert_eq!(
        ask(&writer, Type::GetStateByRange, &paginated(1, "")).unwrap_err(),
        "GET_STATE_BY_RANGE failed: transaction ID: t1: txid [t1]: unsuppored transaction. Paginated queries are \
         supported only in a read-only transaction"
    );
    let reader = transaction(1);
    query(&reader, Type::GetStateByRange, &paginated(1, ""));
    assert_eq!(
        ask(&reader, Type::PutState, &put("a", b"1")).unwrap_err(),
        "PUT_STATE failed: transaction ID: t1: txid [t1]: unsuppored transaction. Transaction has already performed \
         a paginated query. Writes are not allowed"
    );
}

#[test]
fn a_batch_of_writes_keeps_what_came_before_a_failure() {
    let context = transaction(0);
    let record = |key: &str, number| WriteRecord {
        key: key.to_owned(),
        value: b"1".to_vec(),
        r#type: number,
        ..WriteRecord::default()
    };
    let batch =
        WriteBatchState { rec: vec![record("a", 9), record("b", 10), record("c", 8), record("d", 9)] };
    assert_eq!(
        ask(&context, Type::WriteBatchState, &batch).unwrap_err(),
        "WRITE_BATCH_STATE failed: transaction ID: t1: unknown operation type: 8"
    );
    assert_eq!(writes(&context).into_keys().collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn many_keys_are_read_in_their_order() {
    let context = transaction(2);
    let request = GetStateMultiple {
        keys: ["k001", "absent", "k000"].map(str::to_owned).to_vec(),
        ..GetStateMultiple::default()
    };
    let payload = ask(&context, Type::GetStateMultiple, &request).unwrap();
    let result = GetStateMultipleResult::decode(payload.as_slice()).unwrap();
    assert_eq!(result.values, [b"k001".to_vec(), Vec::new(), b"k000".to_vec()]);
}

#[test]
fn the_key_fetched_ahead_of_a_batch_counts_as_read() {
    let context = transaction(250);
    query(&context, Type::GetStateByRange, &GetStateByRange::default());
    assert_eq!(reads(&context), 101);
}

#[test]
fn a_history_is_told_newest_first() {
    let channel = channel();
    for (id, value) in [("one", Some("1")), ("two", None), ("three", Some("3"))] {
        let context = begin(&channel, false);
        match value {
            Some(value) => ask(&context, Type::PutState, &put("k", value.as_bytes())),
            None => ask(&context, Type::DelState, &DelState { key: "k".to_owned(), ..DelState::default() }),
        }
        .unwrap();
        channel.commit_unsigned(context.shared_simulation().results(), id.to_owned()).unwrap();
    }
    let request = GetHistoryForKey { key: "k".to_owned() };
    let response = query(&begin(&channel, false), Type::GetHistoryForKey, &request);
    let history: Vec<_> = response
        .results
        .iter()
        .map(|result| KeyModification::decode(result.result_bytes.as_slice()).unwrap())
        .inspect(|change| assert!(change.timestamp.is_some()))
        .map(|change| (change.tx_id, String::from_utf8(change.value).unwrap(), change.is_delete))
        .collect();
    let change = |id: &str, value: &str, is_delete| (id.to_owned(), value.to_owned(), is_delete);
    assert_eq!(history, [change("three", "3", false), change("two", "", true), change("one", "1", false)]);
}

#[test]
fn metadata_of_a_key_is_replaced_as_a_whole() {
    let channel = channel();
    let put_metadata = |metakey: &str| PutStateMetadata {
        key: "k".to_owned(),
        metadata: Some(StateMetadata { metakey: metakey.to_owned(), value: b"policy".to_vec() }),
        ..PutStateMetadata::default()
    };
    let context = begin(&channel, false);
    ask(&context, Type::PutState, &put("k", b"1")).unwrap();
    ask(&context, Type::PutStateMetadata, &put_metadata("first")).unwrap();
    ask(&context, Type::PutStateMetadata, &put_metadata("VALIDATION_PARAMETER")).unwrap();
    channel.commit_unsigned(context.shared_simulation().results(), "one".to_owned()).unwrap();
    let request = GetStateMetadata { key: "k".to_owned(), ..GetStateMetadata::default() };
    let result = ask(&begin(&channel, false), Type::GetStateMetadata, &request).unwrap();
    let result = StateMetadataResult::decode(result.as_slice()).unwrap();
    let entry = StateMetadata { metakey: "VALIDATION_PARAMETER".to_owned(), value: b"policy".to_vec() };
    assert_eq!(result.entries, [entry]);
}

#[test]
fn a_collection_keeps_values_of_its_own_and_shows_their_hashes() {
    let channel = channel();
    let secret = |value: &[u8]| PutState { collection: "secrets".to_owned(), ..put("k", value) };
    let context = begin(&channel, false);
    ask(&context, Type::PutState, &secret(b"hidden")).unwrap();
    let results = context.shared_simulation().results();
    assert!(results.private.is_some());
    channel.commit_unsigned(results, "one".to_owned()).unwrap();

    let context = begin(&channel, false);
    let read = |collection: &str| GetState { key: "k".to_owned(), collection: collection.to_owned() };
    assert_eq!(ask(&context, Type::GetState, &read("secrets")).unwrap(), b"hidden");
    assert_eq!(ask(&context, Type::GetState, &read("")).unwrap(), b"");
    let hash = ask(&context, Type::GetPrivateDataHash, &read("secrets")).unwrap();
    assert_eq!(hex::encode(hash), "e564b4081d7a9ea4b00dada53bdae70c99b87b6fce869f0c3dd4d2bfa1e53e1c");
    let purge = DelState { key: "k".to_owned(), collection: "secrets".to_owned() };
    ask(&context, Type::PurgePrivateData, &purge).unwrap();
    channel.commit_unsigned(context.shared_simulation().results(), "two".to_owned()).unwrap();
    let context = begin(&channel, false);
    assert_eq!(ask(&context, Type::GetState, &read("secrets")).unwrap(), b"");
    assert_eq!(ask(&context, Type::GetPrivateDataHash, &read("secrets")).unwrap(), b"");
}

#[test]
fn a_collection_that_does_not_exist_is_refused_by_name() {
    let context = transaction(0);
    let unknown = PutState { collection: "other".to_owned(), ..put("a", b"1") };
    assert_eq!(
        ask(&context, Type::PutState, &unknown).unwrap_err(),
        "PUT_STATE failed: transaction ID: t1: collection ch/basic/other could not be found"
    );
    let hash = GetState { key: "a".to_owned(), collection: "other".to_owned() };
    assert_eq!(
        ask(&context, Type::GetPrivateDataHash, &hash).unwrap_err(),
        "GET_PRIVATE_DATA_HASH failed: transaction ID: t1: collection [other] not defined in the collection config for \
         chaincode [basic]"
    );
    let public = DelState { key: "a".to_owned(), ..DelState::default() };
    assert_eq!(
        ask(&context, Type::PurgePrivateData, &public).unwrap_err(),
        "PURGE_PRIVATE_DATA failed: transaction ID: t1: only applicable for private data"
    );
}

#[test]
fn init_has_no_private_data() {
    let context = begin(&channel(), true);
    let secret = PutState { collection: "secrets".to_owned(), ..put("k", b"1") };
    assert_eq!(
        ask(&context, Type::PutState, &secret).unwrap_err(),
        "PUT_STATE failed: transaction ID: t1: private data APIs are not allowed in chaincode Init()"
    );
}

#[test]
fn a_query_of_a_collection_and_a_write_do_not_mix() {
    let context = transaction(0);
    ask(&context, Type::PutState, &put("a", b"1")).unwrap();
    let range = GetStateByRange { collection: "secrets".to_owned(), ..GetStateByRange::default() };
    assert_eq!(
        ask(&context, Type::GetStateByRange, &range).unwrap_err(),
        "GET_STATE_BY_RANGE failed: transaction ID: t1: txid [t1]: unsuppored transaction. Queries on pvt data is \
         supported only in a read-only transaction"
    );
}

#[test]
fn a_request_of_no_running_transaction_finds_no_ledger() {
    let text = |message_type| {
        String::from_utf8(refuse(&request(message_type, &GetState::default())).payload).unwrap()
    };
    assert_eq!(text(Type::GetState), "GET_STATE failed: transaction ID: t1: no ledger context");
    assert_eq!(
        text(Type::InvokeChaincode),
        "INVOKE_CHAINCODE failed: transaction ID: t1: could not get valid transaction"
    );
}

/// Runs on a single worker. While a range query waits for the store, which another thread has locked, the worker
/// continues.
#[tokio::test]
async fn queries_leave_the_workers_of_the_runtime_to_others() {
    let context = transaction(1);
    let (holding, held) = std::sync::mpsc::channel();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let holder = std::thread::spawn({
        let context = Arc::clone(&context);
        move || {
            let _simulation = context.simulation();
            holding.send(()).unwrap();
            released.recv_timeout(std::time::Duration::from_secs(10)).is_ok()
        }
    });
    held.recv().unwrap();
    let range = request(Type::GetStateByRange, &GetStateByRange::default());
    let Answer::Later(answer) = answer(range, &context) else { panic!("the answer was immediate") };
    let answer = tokio::spawn(answer);
    tokio::task::yield_now().await;
    release.send(()).unwrap();
    assert!(holder.join().unwrap(), "the worker waited for the store");
    assert_eq!(answer.await.unwrap().r#type(), Type::Response);
}

#[tokio::test]
async fn even_on_its_own_channel_a_chaincode_is_called_for_writers_only() {
    let organization = organization();
    // The channel has no organizations.
    let context = proposed_by(organization.user(), &organization, &channel());
    let chaincode_id = ccs_proto::peer::ChaincodeId { name: "basic".to_owned(), ..Default::default() };
    let call = ccs_proto::peer::ChaincodeSpec { chaincode_id: Some(chaincode_id), ..Default::default() };
    let Answer::Later(answer) = answer(request(Type::InvokeChaincode, &call), &context) else {
        panic!("the answer was immediate")
    };
    let answer = answer.await;
    assert_eq!(answer.r#type(), Type::Error);
    assert_eq!(
        String::from_utf8(answer.payload).unwrap(),
        "INVOKE_CHAINCODE failed: transaction ID: t1: Failed evaluating policy on signed data during check policy on channel \
         [ch] with policy [/Channel/Application/Writers]: [implicit policy evaluation failed - 0 sub-policies were \
         satisfied, but this policy requires 1 of the 'Writers' sub-policies to be satisfied]"
    );
}

#[test]
fn a_payload_that_is_no_message_is_refused() {
    let mut request = request(Type::GetState, &GetState::default());
    request.payload = vec![0xff];
    let Answer::Now(answer) = answer(request, &transaction(0)) else { panic!("the answer was deferred") };
    let text = String::from_utf8(answer.payload).unwrap();
    assert!(text.starts_with("GET_STATE failed: transaction ID: t1: unmarshal failed: "), "{text}");
}
