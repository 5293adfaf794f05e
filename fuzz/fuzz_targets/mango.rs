//! A query is either rejected with one line, or its pages together equal the whole result, in order, and each result
//! matches.
//!
//! The first line is the query; each further line is the value of a document.
#![no_main]

use ccs_mango::{Document, Query, QueryError};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut lines = text.lines();
    let query = match Query::parse(lines.next().unwrap_or_default()) {
        Ok(query) => query,
        Err(error) => return assert!(!error.to_string().contains('\n'), "{error}"),
    };
    let state: Vec<_> =
        lines.enumerate().map(|(i, value)| (format!("k{i:04}"), value.as_bytes().to_vec())).collect();
    let documents = || state.iter().cloned().map(Ok::<_, QueryError>);
    let Ok(rows) = query.run(documents(), "") else { return };
    let whole: Vec<_> = rows.map(|row| row.expect("the documents have no errors")).collect();
    for row in &whole {
        let (_, value) = state.iter().find(|(key, _)| *key == row.key).expect("a result is a state");
        assert!(query.matches(&Document::read(row.key.clone(), value).expect("a result is an object")));
    }
    if query.skip() == 0 && !whole.is_empty() {
        let first = query.page(documents(), 1, "").expect("the whole was found");
        let rest = query.run(documents(), &first.bookmark).expect("the bookmark is its own");
        let rest: Vec<_> = rest.map(|row| row.expect("the documents have no errors")).collect();
        assert_eq!([&first.rows[..], &rest].concat(), whole);
    }
});
