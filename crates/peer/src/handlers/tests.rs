use std::sync::Arc;

use fabric_shim_protos::peer::{
    DelState, GetState, GetStateByRange, GetStateMultiple, GetStateMultipleResult, PutState, QueryMetadata,
    QueryResponse, QueryResponseMetadata, QueryStateClose, QueryStateNext, WriteBatchState, WriteRecord,
};
use fabric_shim_protos::queryresult::Kv;

use super::*;
use crate::state::Namespace;

/// A simulation over the keys `k000`, `k001`, ..., each with its own name as value.
fn simulation(keys: usize) -> Simulation {
    let committed: Namespace =
        (0..keys).map(|n| (format!("k{n:03}"), format!("k{n:03}").into_bytes())).collect();
    Simulation::new("basic".to_owned(), Arc::new(committed))
}

fn request(message_type: Type, payload: &impl Message) -> ChaincodeMessage {
    let key = TransactionKey { channel: "ch".to_owned(), id: "t1".to_owned() };
    key.message(message_type, payload.encode_to_vec())
}

/// Asks and gives the payload, or the text of the error.
#[expect(clippy::panic_in_result_fn, reason = "the error is a value of the test, not its failure")]
fn ask(simulation: &mut Simulation, message_type: Type, payload: &impl Message) -> Result<Vec<u8>, String> {
    let answer = answer(&request(message_type, payload), Some(simulation), 1000);
    assert_eq!((answer.channel_id.as_str(), answer.txid.as_str()), ("ch", "t1"));
    assert_eq!((answer.timestamp, &answer.chaincode_event), (None, &None));
    match answer.r#type() {
        Type::Response => Ok(answer.payload),
        Type::Error => Err(String::from_utf8(answer.payload).unwrap()),
        other => panic!("{other:?}"),
    }
}

fn get(simulation: &mut Simulation, key: &str) -> Vec<u8> {
    ask(simulation, Type::GetState, &GetState { key: key.to_owned(), ..GetState::default() }).unwrap()
}

fn put(key: &str, value: &[u8]) -> PutState {
    PutState { key: key.to_owned(), value: value.to_vec(), ..PutState::default() }
}

fn query(simulation: &mut Simulation, message_type: Type, payload: &impl Message) -> QueryResponse {
    QueryResponse::decode(ask(simulation, message_type, payload).unwrap().as_slice()).unwrap()
}

fn keys(response: &QueryResponse) -> Vec<String> {
    let key = |result: &fabric_shim_protos::peer::QueryResultBytes| {
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
    let mut simulation = simulation(2);
    assert_eq!(ask(&mut simulation, Type::PutState, &put("k000", b"new")).unwrap(), b"");
    let delete = DelState { key: "k001".to_owned(), ..DelState::default() };
    assert_eq!(ask(&mut simulation, Type::DelState, &delete).unwrap(), b"");
    assert_eq!(get(&mut simulation, "k000"), b"k000");
    assert_eq!(get(&mut simulation, "k001"), b"k001");
    assert_eq!(get(&mut simulation, "absent"), b"");
    assert_eq!(simulation.reads(), 3);
    let writes = simulation.into_writes();
    assert_eq!(
        writes.into_iter().collect::<Vec<_>>(),
        [("k000".to_owned(), Some(b"new".to_vec())), ("k001".to_owned(), None)]
    );
}

#[test]
fn an_empty_value_deletes() {
    let mut simulation = simulation(1);
    ask(&mut simulation, Type::PutState, &put("k000", b"")).unwrap();
    assert_eq!(simulation.into_writes().into_values().collect::<Vec<_>>(), [None]);
}

#[test]
fn a_range_comes_in_batches_of_a_hundred() {
    let mut simulation = simulation(250);
    let first = query(&mut simulation, Type::GetStateByRange, &GetStateByRange::default());
    assert_eq!((first.results.len(), first.has_more, first.metadata.len()), (100, true, 0));
    // The one fetched ahead counts.
    assert_eq!(simulation.reads(), 101);
    assert_eq!(uuid::Uuid::parse_str(&first.id).unwrap().get_version_num(), 4);
    let next = QueryStateNext { id: first.id.clone() };
    let second = query(&mut simulation, Type::QueryStateNext, &next);
    assert_eq!((second.results.len(), second.has_more, &second.id), (100, true, &first.id));
    let third = query(&mut simulation, Type::QueryStateNext, &next);
    assert_eq!((third.results.len(), third.has_more), (50, false));
    assert_eq!(keys(&third).last().unwrap(), "k249");
    assert_eq!(
        ask(&mut simulation, Type::QueryStateNext, &next).unwrap_err(),
        "QUERY_STATE_NEXT failed: transaction ID: t1: query iterator not found"
    );
}

#[test]
fn closing_an_iterator_is_always_answered() {
    let mut simulation = simulation(101);
    let open = query(&mut simulation, Type::GetStateByRange, &GetStateByRange::default());
    for id in [open.id.clone(), open.id.clone(), "unknown".to_owned()] {
        let closed = query(&mut simulation, Type::QueryStateClose, &QueryStateClose { id: id.clone() });
        assert_eq!(closed, QueryResponse { id, ..QueryResponse::default() });
    }
    assert!(ask(&mut simulation, Type::QueryStateNext, &QueryStateNext { id: open.id }).is_err());
}

#[test]
fn a_page_tells_where_the_next_begins() {
    let mut simulation = simulation(5);
    let mut pages = Vec::new();
    let mut bookmark = String::new();
    loop {
        let page = query(&mut simulation, Type::GetStateByRange, &paginated(2, &bookmark));
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
    let mut writer = simulation(1);
    ask(&mut writer, Type::PutState, &put("a", b"1")).unwrap();
    assert_eq!(
        ask(&mut writer, Type::GetStateByRange, &paginated(1, "")).unwrap_err(),
        "GET_STATE_BY_RANGE failed: transaction ID: t1: txid [t1]: unsuppored transaction. Paginated queries are \
         supported only in a read-only transaction"
    );
    let mut reader = simulation(1);
    query(&mut reader, Type::GetStateByRange, &paginated(1, ""));
    assert_eq!(
        ask(&mut reader, Type::PutState, &put("a", b"1")).unwrap_err(),
        "PUT_STATE failed: transaction ID: t1: txid [t1]: unsuppored transaction. Transaction has already performed \
         a paginated query. Writes are not allowed"
    );
}

#[test]
fn a_batch_of_writes_keeps_what_came_before_a_failure() {
    let mut simulation = simulation(0);
    let record = |key: &str, number| WriteRecord {
        key: key.to_owned(),
        value: b"1".to_vec(),
        r#type: number,
        ..WriteRecord::default()
    };
    let batch =
        WriteBatchState { rec: vec![record("a", 9), record("b", 10), record("c", 8), record("d", 9)] };
    assert_eq!(
        ask(&mut simulation, Type::WriteBatchState, &batch).unwrap_err(),
        "WRITE_BATCH_STATE failed: transaction ID: t1: unknown operation type: 8"
    );
    assert_eq!(simulation.into_writes().into_keys().collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn many_keys_are_read_in_their_order() {
    let mut simulation = simulation(2);
    let request = GetStateMultiple {
        keys: ["k001", "absent", "k000"].map(str::to_owned).to_vec(),
        ..GetStateMultiple::default()
    };
    let payload = ask(&mut simulation, Type::GetStateMultiple, &request).unwrap();
    let result = GetStateMultipleResult::decode(payload.as_slice()).unwrap();
    assert_eq!(result.values, [b"k001".to_vec(), Vec::new(), b"k000".to_vec()]);
}

#[test]
fn what_is_not_supported_is_refused_by_name() {
    let mut simulation = simulation(0);
    let private = PutState { collection: "c1".to_owned(), ..put("a", b"1") };
    assert_eq!(
        ask(&mut simulation, Type::PutState, &private).unwrap_err(),
        "PUT_STATE failed: transaction ID: t1: private data (collection \"c1\") is not supported by this development \
         peer yet"
    );
    assert_eq!(
        ask(&mut simulation, Type::GetHistoryForKey, &GetState::default()).unwrap_err(),
        "GET_HISTORY_FOR_KEY failed: transaction ID: t1: GET_HISTORY_FOR_KEY is not supported by this development peer \
         yet"
    );
    assert_eq!(
        ask(&mut simulation, Type::GetQueryResult, &GetState::default()).unwrap_err(),
        "GET_QUERY_RESULT failed: transaction ID: t1: ExecuteQuery not supported for leveldb"
    );
}

#[test]
fn a_request_of_no_running_transaction_finds_no_ledger() {
    let text = |message_type| {
        let answer = answer(&request(message_type, &GetState::default()), None, 1000);
        String::from_utf8(answer.payload).unwrap()
    };
    assert_eq!(text(Type::GetState), "GET_STATE failed: transaction ID: t1: no ledger context");
    assert_eq!(
        text(Type::InvokeChaincode),
        "INVOKE_CHAINCODE failed: transaction ID: t1: could not get valid transaction"
    );
}

#[test]
fn a_payload_that_is_no_message_is_refused() {
    let mut request = request(Type::GetState, &GetState::default());
    request.payload = vec![0xff];
    let answer = answer(&request, Some(&mut simulation(0)), 1000);
    let text = String::from_utf8(answer.payload).unwrap();
    assert!(text.starts_with("GET_STATE failed: transaction ID: t1: unmarshal failed: "), "{text}");
}
