//! Rich queries.

use super::*;

#[test]
fn a_rich_query_finds_objects_and_notes_them_as_read() {
    let channel = channel();
    let context = begin(&channel, false);
    for (key, value) in
        [("a1", r#"{"size":1}"#), ("a2", r#"{"size":20}"#), ("a3", r#"{"size":30}"#), ("text", "size")]
    {
        ask(&context, Type::PutState, &put(key, value.as_bytes())).unwrap();
    }
    channel.commit_unsigned(context.shared_simulation().results(), "one".to_owned()).unwrap();
    let rich = |page_size| GetQueryResult {
        query: r#"{"selector":{"size":{"$gt":10}}}"#.to_owned(),
        metadata: QueryMetadata { page_size, ..QueryMetadata::default() }.encode_to_vec(),
        ..GetQueryResult::default()
    };
    let found = |response: &QueryResponse| {
        let result = |result: &ccs_proto::peer::QueryResultBytes| {
            Kv::decode(result.result_bytes.as_slice()).unwrap().key
        };
        response.results.iter().map(result).collect::<Vec<_>>()
    };
    let context = begin(&channel, false);
    let all = query(&context, Type::GetQueryResult, &rich(0));
    assert_eq!((found(&all), all.has_more), (vec!["a2".to_owned(), "a3".to_owned()], false));
    assert_eq!(reads(&context), 2);
    let page = query(&begin(&channel, false), Type::GetQueryResult, &rich(1));
    assert_eq!(found(&page), ["a2"]);
    let bookmark = QueryResponseMetadata::decode(page.metadata.as_slice()).unwrap().bookmark;
    let metadata = QueryMetadata { page_size: 1, bookmark }.encode_to_vec();
    let next = query(&begin(&channel, false), Type::GetQueryResult, &GetQueryResult { metadata, ..rich(1) });
    assert_eq!(found(&next), ["a3"]);
}

#[test]
fn what_a_rich_query_has_not_given_out_is_not_read() {
    let channel = channel();
    let fill = begin(&channel, false);
    for number in 0..250 {
        fill.simulation().put("basic", &format!("k{number:03}"), b"{}".to_vec()).unwrap();
    }
    channel.commit_unsigned(fill.shared_simulation().results(), "fill".to_owned()).unwrap();
    let rich = GetQueryResult { query: r#"{"selector":{}}"#.to_owned(), ..GetQueryResult::default() };
    // Including the result that is fetched ahead; the last batch has none.
    for (batches, expected) in [(1, 101), (2, 201), (3, 250)] {
        let context = begin(&channel, false);
        let mut batch = query(&context, Type::GetQueryResult, &rich);
        for _ in 1..batches {
            batch = query(&context, Type::QueryStateNext, &QueryStateNext { id: batch.id });
        }
        assert_eq!((batch.has_more, reads(&context)), (batches < 3, expected));
    }
}

#[test]
fn a_selector_that_is_not_known_is_an_error() {
    let request = GetQueryResult {
        query: r#"{"selector":{"size":{"$above":10}}}"#.to_owned(),
        ..GetQueryResult::default()
    };
    assert_eq!(
        ask(&transaction(1), Type::GetQueryResult, &request).unwrap_err(),
        "GET_QUERY_RESULT failed: transaction ID: t1: invalid query: unknown operator \"$above\" in selector.size"
    );
}
