//! Pages and bookmarks.

use std::cell::Cell;

use ccs_mango::{Page, Query, QueryError};

type State = Vec<(String, Vec<u8>)>;

fn state(values: &[(&str, &str)]) -> State {
    values.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect()
}

fn page(query: &str, state: &State, size: usize, bookmark: &str) -> Result<Page, QueryError> {
    Query::parse(query)?.page(state.iter().cloned().map(Ok), size, bookmark)
}

fn keys(page: &Page) -> Vec<&str> {
    page.rows.iter().map(|row| row.key.as_str()).collect()
}

fn five() -> State {
    state(&[
        ("a", r#"{"n": 3}"#),
        ("b", r#"{"n": 1}"#),
        ("c", r#"{"n": 3}"#),
        ("d", r#"{"n": 2}"#),
        ("e", r#"{"n": 0}"#),
    ])
}

#[test]
fn pages_follow_each_other_until_an_empty_one() {
    let (query, state) = (r#"{"selector": {"n": {"$gt": 0}}}"#, five());
    let first = page(query, &state, 2, "").unwrap();
    assert_eq!(keys(&first), ["a", "b"]);
    let second = page(query, &state, 2, &first.bookmark).unwrap();
    assert_eq!(keys(&second), ["c", "d"]);
    let third = page(query, &state, 2, &second.bookmark).unwrap();
    assert_eq!(keys(&third), [""; 0]);
    assert_eq!(third.bookmark, second.bookmark);
}

#[test]
fn sorted_pages_go_on_after_equal_values() {
    let (query, state) = (r#"{"selector": {}, "sort": [{"n": "desc"}]}"#, five());
    let first = page(query, &state, 1, "").unwrap();
    assert_eq!(keys(&first), ["c"]);
    let second = page(query, &state, 3, &first.bookmark).unwrap();
    assert_eq!(keys(&second), ["a", "d", "b"]);
}

#[test]
fn a_page_goes_on_where_it_should_although_its_last_document_is_gone() {
    let query = r#"{"selector": {}, "sort": ["n"]}"#;
    let mut state = five();
    let first = page(query, &state, 2, "").unwrap();
    assert_eq!(keys(&first), ["e", "b"]);
    state.retain(|(key, _)| key != "b");
    state.push(("f".to_owned(), br#"{"n": 0}"#.to_vec()));
    assert_eq!(keys(&page(query, &state, 2, &first.bookmark).unwrap()), ["d", "a"]);
}

#[test]
fn a_fraction_is_found_again_exactly() {
    let (query, state) = (
        r#"{"selector": {}, "sort": ["n"]}"#,
        state(&[
            ("a", r#"{"n": 0.1000000000000000055511151231257827}"#),
            ("b", r#"{"n": 123456789.12345679}"#),
        ]),
    );
    let first = page(query, &state, 1, "").unwrap();
    assert_eq!(keys(&page(query, &state, 5, &first.bookmark).unwrap()), ["b"]);
}

#[test]
fn a_page_of_nothing_has_the_bookmark_of_couchdb() {
    let nothing = page(r#"{"selector": {"n": 9}}"#, &five(), 2, "").unwrap();
    assert_eq!(nothing.bookmark, "nil");
    assert_eq!(page(r#"{"selector": {"n": 9}}"#, &five(), 2, "nil").unwrap().rows, []);
}

#[test]
fn the_bookmark_of_the_query_counts_when_there_is_no_other() {
    let state = five();
    let first = page(r#"{"selector": {}}"#, &state, 3, "").unwrap();
    let query = format!(r#"{{"selector": {{}}, "bookmark": "{}"}}"#, first.bookmark);
    assert_eq!(keys(&page(&query, &state, 5, "").unwrap()), ["d", "e"]);
}

#[test]
fn a_foreign_bookmark_is_refused() {
    let state = five();
    let other = page(r#"{"selector": {}}"#, &state, 1, "").unwrap().bookmark;
    let error = page(r#"{"selector": {"n": 1}}"#, &state, 1, &other).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("the bookmark {:?} belongs to another query", format!("{}...", &other[..24]))
    );
    for text in ["x", "00", "5b5d", "g1AAAAB", "é"] {
        let error = page(r#"{"selector": {}}"#, &state, 1, text).unwrap_err();
        assert_eq!(error.to_string(), format!("the bookmark {text:?} is not a bookmark of this peer"));
        assert_eq!(
            error.hint().as_deref(),
            Some("pass the bookmark of the previous page, unchanged and with the same query")
        );
    }
}

#[test]
fn no_more_is_read_than_a_page_needs() {
    let read = Cell::new(0);
    let documents = five().into_iter().map(|document| {
        read.set(read.get() + 1);
        Ok::<_, QueryError>(document)
    });
    let query = Query::parse(r#"{"selector": {"n": {"$gt": 0}}}"#).unwrap();
    let page = query.page(documents, 2, "").unwrap();
    assert_eq!((keys(&page), read.get()), (vec!["a", "b"], 2));
    assert_eq!(query.resume_after(&page.bookmark), Ok(Some("b".to_owned())));
}

#[test]
fn an_error_of_the_documents_is_passed_on_and_ends_the_results() {
    for query in [r#"{"selector": {}, "skip": 3}"#, r#"{"selector": {}, "sort": ["n"]}"#] {
        let documents =
            five().into_iter().map(Ok).take(2).chain([Err("disk")]).chain(five().into_iter().map(Ok));
        let query = Query::parse(query).unwrap();
        let results: Vec<_> = query.run(documents, "").unwrap().collect();
        assert_eq!(results, [Err("disk")]);
    }
}
