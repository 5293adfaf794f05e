//! Errors that are reported without contacting a server, or by a fake server.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use ccs_couchdb::{CouchError, Mirror, check};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

#[test]
fn keys_and_fields_of_the_database_are_refused_in_the_words_of_fabric() {
    let error = |key, value: &str| check(key, value.as_bytes()).unwrap_err().to_string();
    assert_eq!(error("", "{}"), "invalid key. Empty string is not supported as a key by couchdb");
    assert_eq!(error("_design/x", "1"), "invalid key [_design/x], cannot begin with \"_\"");
    assert_eq!(error("a", r#"{"_rev": 1}"#), "field [_rev] is not valid for the CouchDB state database");
    assert_eq!(
        error("a", r#"{"~version": 1}"#),
        "field [~version] is not valid for the CouchDB state database"
    );
    assert_eq!(check("a", b"[1]").unwrap(), None);
    assert_eq!(check("a", br#"{"b": {"_rev": 1}}"#).unwrap().unwrap().len(), 1);
}

#[tokio::test]
async fn nobody_there_is_told_with_the_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let server = format!("http://admin:secret@127.0.0.1:{port}").parse().unwrap();
    let error = Mirror::open(server, "mychannel").await.unwrap_err();
    let text = error.to_string();
    assert_eq!(
        text,
        format!("cannot reach CouchDB at http://127.0.0.1:{port}: Connection refused (os error 111)")
    );
    assert_eq!(error.hint(), Some(format!("check that CouchDB is running: curl http://127.0.0.1:{port}")));
}

/// Starts a server that answers each request with the next of the given bodies.
async fn fake_server(answers: &'static [(u16, &'static str)]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            assert!(stream.read(&mut request).await.unwrap() > 0);
            let head =
                format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        }
    });
    port
}

#[tokio::test]
async fn with_a_fake_server_the_databases_of_a_peer_are_refused() {
    let port =
        fake_server(&[(412, r#"{"error":"file_exists"}"#), (200, r#"{"BlockNum":7,"TxNum":0}"#)]).await;
    let error =
        Mirror::open(format!("http://127.0.0.1:{port}").parse().unwrap(), "mychannel").await.unwrap_err();
    assert!(matches!(error, CouchError::ForeignDatabase { .. }), "{error}");
    assert_eq!(
        error.to_string(),
        format!("database mychannel_ at http://127.0.0.1:{port} belongs to a Fabric peer")
    );
}

#[tokio::test]
async fn with_a_fake_server_a_page_that_is_no_couchdb_is_told() {
    let port = fake_server(&[(200, "<html>")]).await;
    let error =
        Mirror::open(format!("http://127.0.0.1:{port}").parse().unwrap(), "mychannel").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the server at http://127.0.0.1:{port} did not answer like CouchDB when asked to create database \
             mychannel_: its answer, with status 200, is not JSON: expected value at line 1 column 1"
        )
    );
}

#[tokio::test]
async fn with_a_fake_server_the_bookmark_is_passed_on() {
    let port = fake_server(&[
        (201, r#"{"ok":true}"#),
        (404, r#"{"error":"not_found"}"#),
        (412, r#"{"error":"file_exists"}"#),
        (200, r#"{"docs":[{"_id":"b"},{"_id":"a"}],"bookmark":"g1AA"}"#),
    ])
    .await;
    let mirror =
        Mirror::open(format!("http://127.0.0.1:{port}").parse().unwrap(), "mychannel").await.unwrap();
    let found = mirror.find("cc", r#"{"selector": {}}"#, 2, "g1").await.unwrap();
    assert_eq!((found.keys, found.bookmark.as_str()), (vec!["b".to_owned(), "a".to_owned()], "g1AA"));
}
