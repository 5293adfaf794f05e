//! `--wait`.

use std::process::Stdio;

use assert_cmd::cargo::CommandCargoExt as _;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;

use super::{Serve, document, id, listener, start};

#[tokio::test]
async fn a_chaincode_that_starts_after_the_first_refusal_is_reached() {
    let (early, address) = listener().await;
    drop(early);
    let command = std::process::Command::cargo_bin("ccs").unwrap();
    let mut child = tokio::process::Command::from(command)
        .args(["probe", &address.to_string(), "--id", &id(), "--wait", "60s", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut story = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = story.next_line().await.unwrap().unwrap();
    assert!(line.starts_with("waiting, ") && line.contains(" left: Connection refused"), "{line}");

    start(TcpListener::bind(address).await.unwrap(), Serve::Plaintext, &id());
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(0));
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["reachable"], true);
    assert!(document["attempts"].as_u64().unwrap() > 1, "{document}");
}

#[tokio::test]
async fn the_last_failure_is_told_when_the_time_is_over() {
    let (early, address) = listener().await;
    drop(early);
    let document = document(&[&address.to_string(), "--wait", "600ms"]).await;
    assert_eq!(document["cause"], "refused");
    assert!(document["attempts"].as_u64().unwrap() > 1, "{document}");
}
