//! The mirror on a server with CouchDB's HTTP interface: the stand-in of `conformance/couchdb-stand-in`.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use std::collections::BTreeMap;

use ccs_couchdb::{Change, CouchError, Mirror, Server};
use ccs_testkit::CouchDbStandIn;

fn server(stand_in: &CouchDbStandIn, credentials: &str) -> Server {
    format!("http://{credentials}127.0.0.1:{}", stand_in.port()).parse().unwrap()
}

fn put(key: &str, value: &str) -> Change {
    Change { key: key.to_owned(), value: Some(value.as_bytes().to_vec()) }
}

fn delete(key: &str) -> Change {
    Change { key: key.to_owned(), value: None }
}

fn block(namespace: &str, changes: Vec<Change>) -> BTreeMap<String, Vec<Change>> {
    BTreeMap::from([(namespace.to_owned(), changes)])
}

async fn keys(mirror: &Mirror, namespace: &str, query: &str) -> Vec<String> {
    mirror.find(namespace, query, 100, "").await.unwrap().keys
}

const ALL: &str = r#"{"selector": {"n": {"$gte": 0}}, "fields": ["n"], "limit": 1}"#;

#[tokio::test]
#[ignore = "needs Node.js, and npm ci in conformance/couchdb-stand-in"]
async fn changes_are_mirrored_and_found() {
    let stand_in = CouchDbStandIn::start(None).await;
    let mirror = Mirror::open(server(&stand_in, ""), "mychannel").await.unwrap();
    assert_eq!(mirror.savepoint().await.unwrap(), None);
    assert_eq!(keys(&mirror, "assetTransfer", ALL).await, [""; 0]);

    let first = block(
        "assetTransfer",
        vec![
            put("a/1 é", r#"{"n": 1}"#),
            put("b", r#"{"n": 2}"#),
            put("text", "n"),
            put("list", "[1]"),
            put("\u{0}c\u{0}1\u{0}", r#"{"n": 3}"#),
            delete("never there"),
        ],
    );
    mirror.apply(1, &first).await.unwrap();
    mirror.apply(1, &first).await.unwrap();
    assert_eq!(mirror.savepoint().await.unwrap(), Some(1));
    assert_eq!(keys(&mirror, "assetTransfer", ALL).await, ["\u{0}c\u{0}1\u{0}", "a/1 é", "b"]);
    assert_eq!(keys(&mirror, "other", ALL).await, [""; 0]);

    let second = block(
        "assetTransfer",
        vec![put("a/1 é", r#"{"n": -1}"#), put("b", "plain"), put("d", r#"{"n": 0}"#)],
    );
    mirror.apply(2, &second).await.unwrap();
    mirror.apply(3, &block("assetTransfer", vec![delete("d"), put("e", r#"{"n": 9}"#)])).await.unwrap();
    assert_eq!(mirror.savepoint().await.unwrap(), Some(3));
    assert_eq!(keys(&mirror, "assetTransfer", ALL).await, ["\u{0}c\u{0}1\u{0}", "e"]);

    // A deleted key can be written again.
    mirror.apply(4, &block("assetTransfer", vec![put("d", r#"{"n": 4}"#)])).await.unwrap();
    assert_eq!(keys(&mirror, "assetTransfer", ALL).await, ["\u{0}c\u{0}1\u{0}", "d", "e"]);

    let again = Mirror::open(server(&stand_in, ""), "mychannel").await.unwrap();
    assert_eq!(again.savepoint().await.unwrap(), Some(4));
    again.clear().await.unwrap();
    assert_eq!(again.savepoint().await.unwrap(), None);
    assert_eq!(keys(&again, "assetTransfer", ALL).await, [""; 0]);
}

#[tokio::test]
#[ignore = "needs Node.js, and npm ci in conformance/couchdb-stand-in"]
async fn an_index_is_created_and_serves_a_sort() {
    let stand_in = CouchDbStandIn::start(None).await;
    let mirror = Mirror::open(server(&stand_in, ""), "mychannel").await.unwrap();
    mirror.apply(1, &block("cc", vec![put("a", r#"{"n": 1}"#), put("b", r#"{"n": 2}"#)])).await.unwrap();
    let sorted = r#"{"selector": {"n": {"$gt": 0}}, "sort": [{"n": "desc"}]}"#;
    let error = mirror.find("cc", sorted, 10, "").await.unwrap_err();
    assert!(matches!(error, CouchError::Refused { .. }), "{error}");

    let definition = r#"{"index": {"fields": ["n"]}, "ddoc": "indexN", "name": "indexN", "type": "json"}"#;
    mirror.create_index("cc", definition).await.unwrap();
    mirror.create_index("cc", definition).await.unwrap();
    assert_eq!(keys(&mirror, "cc", sorted).await, ["b", "a"]);
    assert_eq!(mirror.find("cc", sorted, 1, "").await.unwrap().keys, ["b"]);
}

#[tokio::test]
#[ignore = "needs Node.js, and npm ci in conformance/couchdb-stand-in"]
async fn credentials_of_the_address_are_used_and_not_shown() {
    let stand_in = CouchDbStandIn::start(Some("admin:p@ss word")).await;
    let mirror = Mirror::open(server(&stand_in, "admin:p%40ss%20word@"), "ch").await.unwrap();
    assert_eq!(mirror.savepoint().await.unwrap(), None);
    assert!(!format!("{mirror:?}").contains("ss"), "{mirror:?}");

    let error = Mirror::open(server(&stand_in, "admin:wrong@"), "ch").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "CouchDB at http://127.0.0.1:{} refused to create database ch_: 401 unauthorized: Name or password is incorrect.",
            stand_in.port()
        )
    );
    assert_eq!(
        error.hint().as_deref(),
        Some("give the name and password of an administrator: http://NAME:PASSWORD@HOST:5984")
    );
}

#[tokio::test]
#[ignore = "needs Node.js, and npm ci in conformance/couchdb-stand-in"]
async fn a_query_that_the_server_refuses_is_an_error() {
    let stand_in = CouchDbStandIn::start(None).await;
    let mirror = Mirror::open(server(&stand_in, ""), "ch").await.unwrap();
    // The stand-in checks operators only if there is a document to match.
    mirror.apply(1, &block("cc", vec![put("a", r#"{"a": 1}"#)])).await.unwrap();
    let error =
        mirror.find("cc", r#"{"selector": {"a": {"$foo": 1}}}"#, 10, "").await.unwrap_err().to_string();
    assert!(
        error.contains(r#"refused to query database ch_cc: 400 bad_request: unknown operator "$foo""#),
        "{error}"
    );
}
