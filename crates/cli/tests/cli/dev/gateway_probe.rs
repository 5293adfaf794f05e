//! `ccs probe --gateway` against the development peer.

use std::path::Path;

use serde_json::Value;

use super::peer::{DevPeer, PATIENCE};

/// Probes with `--json`; returns the exit code and the document.
fn probe(folder: &Path, arguments: &[&str]) -> (Option<i32>, Value) {
    let mut command = assert_cmd::Command::new(assert_cmd::cargo::cargo_bin("ccs"));
    command.args(["probe", "--json"]).args(arguments).current_dir(folder).timeout(PATIENCE);
    let output = command.output().unwrap();
    let document = serde_json::from_slice(&output.stdout);
    (output.status.code(), document.unwrap_or_else(|_| panic!("{}", crate::stderr(&output))))
}

/// Returns the verdicts of all steps.
fn verdicts(document: &Value) -> Vec<String> {
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let steps = document["steps"].as_array().unwrap();
    steps.iter().map(|step| format!("{} {}", word(&step["step"]), word(&step["verdict"]))).collect()
}

#[test]
fn the_development_peer_is_a_gateway_with_channel_identity_and_chaincode() {
    let folder = tempfile::tempdir().unwrap();
    let peer = DevPeer::with_sample(folder.path(), &[]);
    let here = folder.path();
    let endpoint = peer.ready["endpoint"].as_str().unwrap();

    let (code, document) = probe(here, &["--gateway", endpoint, "--name", "basic"]);
    assert_eq!(code, Some(0), "{document:#}");
    let expected = ["resolve", "tcp", "tls", "http2", "gateway", "channel", "identity", "chaincode"];
    assert_eq!(verdicts(&document), expected.map(|step| format!("{step} ok")));
    assert_eq!((&document["kind"], &document["msp_id"]), (&"gateway".into(), &"Org1MSP".into()));
    assert_eq!(document["steps"][6]["result"], "the channel accepts the identity of Org1MSP");

    for (arguments, code, step, cause, result) in [
        (&["-C", "nowhere"][..], 38, "channel", "channel-unknown", "the peer has no channel nowhere"),
        (
            &["-n", "basik"],
            49,
            "chaincode",
            "chaincode-undefined",
            "the channel mychannel has no chaincode basik",
        ),
        (
            &["--server-name", "peer9.example.com"],
            32,
            "tls",
            "wrong-name",
            "the client rejects the certificate: it is for ",
        ),
        (&["--no-tls"], 33, "http2", "closed", "the server closed the connection"),
    ] {
        let (exit, document) = probe(here, &[&["--gateway", endpoint], arguments].concat());
        assert_eq!(exit, Some(code), "{document:#}");
        assert_eq!((&document["failed_step"], &document["cause"]), (&step.into(), &cause.into()));
        let steps = document["steps"].as_array().unwrap();
        let failed = steps.iter().find(|line| line["verdict"] == "failed").unwrap();
        assert!(failed["result"].as_str().unwrap().starts_with(result), "{document:#}");
        assert_ne!(failed["advice"], serde_json::json!([]));
    }

    // Chaincode dials this address of the peer.
    let listener = peer.ready["chaincode_endpoint"].as_str().unwrap();
    let (code, document) = probe(here, &["--gateway", listener, "--no-tls"]);
    assert_eq!((code, &document["cause"]), (Some(37), &"chaincode-listener".into()), "{document:#}");
}

#[test]
fn without_an_identity_a_probe_ends_at_the_gateway() {
    let folder = tempfile::tempdir().unwrap();
    let peer = DevPeer::start(folder.path(), &["--no-tls"]);
    let endpoint = peer.ready["endpoint"].as_str().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let (code, document) = probe(elsewhere.path(), &["--gateway", endpoint, "--no-tls"]);
    assert_eq!(code, Some(0), "{document:#}");
    assert_eq!(
        verdicts(&document)[4..],
        ["gateway ok", "channel skipped", "identity skipped", "chaincode skipped"]
    );
    let advice = "to test channel and identity, pass --identity DIR --msp MSP-ID";
    assert_eq!(document["steps"][5]["advice"][0], advice);
}
