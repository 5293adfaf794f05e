//! Compares with the results of pouchdb-find for a thousand generated queries.
//!
//! `conformance/couchdb-stand-in` creates the record. `PouchDB` imitates CouchDB, but is not always right:
//! `pouchdb-differences.toml` lists the groups of queries with different results, their number, and the reason. All
//! queries of a group that is not listed must agree.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use std::collections::BTreeMap;

use ccs_mango::{Query, QueryError};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Record {
    full: Vec<Value>,
    sparse: Vec<Value>,
    verdicts: Vec<Verdict>,
}

#[derive(Deserialize)]
struct Verdict {
    group: String,
    on: String,
    query: Value,
    keys: Option<Vec<String>>,
}

fn record() -> Record {
    serde_json::from_str(include_str!("pouchdb.json")).unwrap()
}

fn state(documents: &[Value]) -> Vec<(String, Vec<u8>)> {
    let split = |document: &Value| {
        let mut fields = document.as_object().unwrap().clone();
        let key = fields.remove("_id").unwrap();
        (key.as_str().unwrap().to_owned(), Value::Object(fields).to_string().into_bytes())
    };
    documents.iter().map(split).collect()
}

fn ours(query: &Value, state: &[(String, Vec<u8>)]) -> Result<Vec<String>, QueryError> {
    let query = Query::parse(&query.to_string())?;
    let rows = query.run(state.iter().cloned().map(Ok::<_, QueryError>), "")?;
    rows.map(|row| row.map(|row| row.key)).collect()
}

#[derive(Deserialize)]
struct Difference {
    queries: usize,
    /// For readers of the file.
    #[serde(rename = "reason")]
    _reason: String,
}

#[test]
fn pouchdb_agrees_except_where_it_is_listed() {
    let listed: BTreeMap<String, Difference> =
        toml::from_str(include_str!("pouchdb-differences.toml")).unwrap();
    let record = record();
    let (full, sparse) = (state(&record.full), state(&record.sparse));
    let mut differing = BTreeMap::<&str, Vec<String>>::new();
    for verdict in &record.verdicts {
        let ours = ours(&verdict.query, if verdict.on == "full" { &full } else { &sparse });
        if ours.as_ref().ok() != verdict.keys.as_ref() {
            let line = format!("{}\n  ours {ours:?}\n  its  {:?}", verdict.query, verdict.keys);
            differing.entry(&verdict.group).or_default().push(line);
        }
    }
    for (group, lines) in &differing {
        let expected = listed.get(*group).map_or(0, |difference| difference.queries);
        assert_eq!(lines.len(), expected, "queries of {group} that differ:\n{}", lines.join("\n"));
    }
    let stale: Vec<_> = listed.keys().filter(|group| !differing.contains_key(group.as_str())).collect();
    assert!(stale.is_empty(), "listed, but they do not differ: {stale:?}");
}

#[test]
fn the_record_is_of_the_size_that_is_claimed() {
    let record = record();
    assert!(record.verdicts.len() > 1000, "{}", record.verdicts.len());
    let found =
        record.verdicts.iter().filter(|verdict| verdict.keys.as_ref().is_some_and(|keys| !keys.is_empty()));
    assert!(found.count() > record.verdicts.len() / 2);
}
