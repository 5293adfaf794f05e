//! `ccs render`.

use std::fs;

use serde_json::{Value, json};

use crate::archive::{self, METADATA, file};
use crate::folder::Folder;
use crate::{ccs, stderr, stdout};

#[test]
fn each_peer_gets_its_own_connection() {
    let folder = Folder::new();
    let (package, id) = folder.package(
        "basic.tgz",
        &["--label", "basic_1.0", "--address", "{{.peer_id}}.{{.org}}.{{.package_hash_short}}:9999"],
    );
    let config = folder.write("config.json", r#"{"org":"org1"}"#);
    let arguments = ["render", &package, "--config", &config, "--peer", "peer0", "--peer", "peer1"];
    let output = ccs(&arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    let hash = &id[id.find(':').unwrap() + 1..][..12];
    insta::with_settings!({filters => vec![(hash, "[hash]")]}, {
        insta::assert_snapshot!("render_text", stdout(&output));
    });
    assert_eq!(stderr(&output), format!("next: peer lifecycle chaincode install {package}\n"));
    let json = ccs(&[&arguments[..], &["--json"]].concat());
    let document: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(document["package_id"], id);
    let connection = |peer: &str| json!({ "address": format!("{peer}.org1.{hash}:9999"), "tls_required": false, "client_auth_required": false });
    for (number, peer) in ["peer0", "peer1"].into_iter().enumerate() {
        let expected = json!({ "peer": peer, "connection": connection(peer), "error": null, "hint": null,
                               "exit_code": 0, "warnings": [] });
        assert_eq!(document["peers"][number], expected);
    }
}

#[test]
fn the_key_is_shown_only_when_asked_for() {
    let folder = Folder::new();
    let (package, _) = folder.full_package();
    let key = fs::read_to_string(folder.path("peer.key")).unwrap();
    let secret = key.lines().nth(1).unwrap();
    let arguments = ["render", &package, "--config", r#"{"org":"org1"}"#, "--peer", "peer0"];
    for format in [&[][..], &["--json"]] {
        let hidden = stdout(&ccs(&[&arguments, format].concat()));
        assert!(hidden.contains(r#""client_key": "[redacted]""#) && !hidden.contains(secret), "{hidden}");
        let shown = stdout(&ccs(&[&arguments, format, &["--show-keys"]].concat()));
        assert!(shown.contains(secret), "{shown}");
    }
}

#[test]
fn what_a_peer_would_refuse_is_told_for_that_peer() {
    let folder = Folder::new();
    let address =
        r#"{"address":"{{if eq .peer_id \"peer1\"}}nowhere{{else}}basic:1{{end}}","dial_timeout":10}"#;
    let package = folder.write("basic.tgz", archive::package(METADATA, &[file("connection.json", address)]));
    let output = ccs(&["render", &package, "--peer", "peer0", "--peer", "peer1"]);
    assert_eq!(output.status.code(), Some(13));
    let expected = "peer0\n{\n  \"address\": \"basic:1\",\n  \"dial_timeout\": \"10ns\",\n  \"tls_required\": false,\n  \
                    \"client_auth_required\": false\n}\n";
    assert_eq!(stdout(&output), expected);
    let told = stderr(&output);
    assert!(told.contains("warning: peer0: dial_timeout is 10ns: "), "{told}");
    let error =
        "error: peer1: connection.json: address \"nowhere\" has no port\nhint: the peer dials host:port";
    assert!(told.contains(error), "{told}");
    assert!(told.ends_with(&format!("next: ccs lint {package}\n")), "{told}");
    let nobody = ccs(&["render", &package]);
    assert_eq!(nobody.status.code(), Some(12));
    assert!(stderr(&nobody).contains("key \"peer_id\" is not set"), "{}", stderr(&nobody));
}

#[test]
fn configurations_and_packages_that_cannot_be_used_are_refused() {
    let folder = Folder::new();
    let (package, _) = folder.package("basic.tgz", &["--label", "a", "--address", "{{.host}}:1"]);
    let foreign = folder.write("go.tgz", archive::package(r#"{"type":"golang","label":"go"}"#, &[]));
    let list = folder.write("list.json", "[]");
    for (arguments, code, message) in [
        (
            ["render", &package, "--config", "nowhere.json"],
            17,
            "error: cannot read the configuration nowhere.json: ",
        ),
        (["render", &package, "--config", "{"], 17, "error: CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG: line 1"),
        (
            ["render", &package, "--config", &list],
            17,
            "error: CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG: it is an array",
        ),
        (["render", &foreign, "--peer", "peer0"], 10, "error: "),
        (["render", &list, "--peer", "peer0"], 1, "error: "),
    ] {
        let output = ccs(&arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?} {}", stderr(&output));
        assert!(stderr(&output).starts_with(message), "{}", stderr(&output));
        assert!(stdout(&output).is_empty());
    }
}
