//! Packages contain no misplaced private keys and stray files, or `ccs lint` finds them.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ccs_package::{Limits, disk};
use serde_json::Value;

use crate::archive::{self, METADATA, file, tgz};
use crate::folder::{Folder, SelfSigned};
use crate::{ccs, ccs_in, stderr, stdout};

const INDEX: &str = r#"{"index":{"fields":["Owner"]},"ddoc":"byOwner","name":"byOwner","type":"json"}"#;
const INDEX_PATH: &str = "META-INF/statedb/couchdb/indexes/byOwner.json";
const PLAIN: &str = r#"{"address":"{{.peer_id}}.basic:9999"}"#;

/// The paths in the code of a package.
fn paths(package: &str) -> Vec<String> {
    let package = disk::load(Path::new(package), &Limits::default()).unwrap();
    package.code_entries().iter().map(|entry| entry.path().display().to_string()).collect()
}

#[test]
fn only_the_indexes_below_statedb_are_packed() {
    let folder = Folder::new();
    folder.write(INDEX_PATH, INDEX);
    folder.write("META-INF/statedb/couchdb/indexes/.DS_Store", "x");
    folder.write("META-INF/statedb/couchdb/.git/config", "x");
    folder.write("META-INF/statedb/README.md", "# Indexes");
    folder.write("META-INF/statedb/leveldb/x.json", INDEX);
    folder.write("META-INF/.env", "PASSWORD=hush");
    folder.write("META-INF/keystore/server.key", SelfSigned::new("a", &[], 1).key);
    let arguments = ["package", "a.tgz", "--label", "a", "--address", "b:1", "--meta-inf", "META-INF"];
    let output = ccs_in(Path::new(&folder.path("")), &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    let warning = "warning: left out of the package: .env, keystore, statedb/README.md, statedb/couchdb/.git/config, \
                   statedb/couchdb/indexes/.DS_Store and 1 more of META-INF; no peer reads them\n";
    assert!(stderr(&output).starts_with(warning), "{}", stderr(&output));
    assert_eq!(paths(&folder.path("a.tgz")), [INDEX_PATH, "connection.json"]);
}

#[test]
fn a_folder_without_statedb_is_an_error_that_names_the_one_that_was_meant() {
    let folder = Folder::new();
    folder.write(INDEX_PATH, INDEX);
    folder.write(".env", "PASSWORD=hush");
    folder.write("tls/ca.key", SelfSigned::new("a", &[], 1).key);
    for (named, hint) in [
        (".", "did you mean ./META-INF?"),
        ("META-INF/statedb", "did you mean META-INF?"),
        ("META-INF/statedb/couchdb/indexes", "did you mean META-INF?"),
        ("tls", "did you mean META-INF? It holds indexes as statedb/couchdb/indexes/NAME.json"),
    ] {
        let arguments = ["package", "a.tgz", "--label", "a", "--address", "b:1", "--meta-inf", named];
        let output = ccs_in(Path::new(&folder.path("")), &arguments);
        assert_eq!(output.status.code(), Some(15), "{named}");
        let message =
            format!("error: {named} holds no folder statedb, so it is not a META-INF\nhint: {hint}\n");
        assert_eq!(stderr(&output), message);
        assert!(!Path::new(&folder.path("a.tgz")).exists());
    }
}

#[test]
fn a_key_is_packed_as_client_key_only() {
    let folder = Folder::new();
    let pair = SelfSigned::new("peer0", &[], 400);
    let (cert, key) = (folder.write("cert.pem", &pair.certificate), folder.write("key.pem", &pair.key));
    // A file with certificate and key, as HAProxy and other servers expect it.
    let both = folder.write("both.pem", format!("{}{}", pair.certificate, pair.key));
    let two_keys = folder.write("two.pem", format!("{0}{0}", pair.key));
    let extra = serde_json::json!({ "address": "a:1", "tls": { "pem": [pair.key] } }).to_string();
    let extra = folder.write("extra.json", extra);
    let in_index = INDEX.replace("\"type\"", &format!("\"x\":{:?},\"type\"", pair.key));
    folder.write("bad/statedb/couchdb/indexes/byOwner.json", in_index);
    let (bad, out) = (folder.path("bad"), folder.path("a.tgz"));
    let tls = |root: &str, client: &str, key: &str| {
        ["--address", "a:1", "--root-cert", root, "--client-cert", client, "--client-key", key]
            .map(str::to_owned)
            .to_vec()
    };
    let plain = |arguments: [&str; 4]| arguments.map(str::to_owned).to_vec();
    for (arguments, at) in [
        (tls(&both, &cert, &key), "connection.json: root_cert".to_owned()),
        (tls(&cert, &both, &key), "connection.json: client_cert".to_owned()),
        (tls(&cert, &cert, &two_keys), "connection.json: client_key (a second key)".to_owned()),
        (vec!["--connection".to_owned(), extra], "connection.json: tls".to_owned()),
        (
            plain(["--address", "a:1", "--meta-inf", &bad]),
            format!("{bad}/statedb/couchdb/indexes/byOwner.json"),
        ),
    ] {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = ccs(&[&["package", &out, "--label", "a"], arguments.as_slice()].concat());
        let message =
            format!("error: {at} holds a private key, which every recipient of the package would have\n");
        assert!(stderr(&output).starts_with(&message), "{}", stderr(&output));
        assert_eq!(output.status.code(), Some(14));
        assert!(!Path::new(&out).exists());
    }
}

#[test]
fn the_key_that_a_package_embeds_is_announced_in_one_line() {
    let folder = Folder::new();
    let pair = SelfSigned::new("peer0", &[], 400);
    let (cert, key) = (folder.write("cert.pem", &pair.certificate), folder.write("key.pem", &pair.key));
    let out = folder.path("a.tgz");
    let arguments =
        ["package", &out, "--label", "a", "--address", "a:1", "--root-cert", &cert, "--client-cert", &cert];
    let output = ccs(&[&arguments[..], &["--client-key", &key]].concat());
    let line =
        "the package holds the private key of the client certificate, which every recipient of the file has";
    let expected = format!("warning: {line}\nnext: peer lifecycle chaincode install {out}\n");
    assert_eq!(stderr(&output), expected);
    let json = ccs(&[&arguments[..], &["--client-key", &key, "--json", "--force"]].concat());
    let document: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(document["warnings"], serde_json::json!([line]));
    let template = folder.write("template.pem", "{{.key}}");
    let silent = ccs(&[&arguments[..], &["--client-key", &template, "--force"]].concat());
    assert!(!stderr(&silent).contains("the private key of"), "{}", stderr(&silent));
}

/// Lints, and returns the exit code with what holds a misplaced key.
fn misplaced(subject: &str) -> (Option<i32>, Vec<String>) {
    let output = ccs(&["lint", subject, "--json"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = document["findings"].as_array().unwrap().iter();
    let findings = findings.filter(|finding| finding["id"] == "private-key-misplaced");
    let message = |finding: &Value| format!("{}: {}", finding["at"], finding["message"]).replace('"', "");
    (output.status.code(), findings.map(message).collect())
}

#[test]
fn lint_finds_a_key_in_any_entry_but_connection_json() {
    let folder = Folder::new();
    let key = SelfSigned::new("a", &[], 1).key;
    let padded = format!("{}{key}", "\n".repeat(1_000_000));
    let code = [
        file("connection.json", PLAIN),
        file(".env", format!("KEY='{}'", key.replace('\n', "\\n"))),
        file("META-INF/keystore/server.key", &key),
        file("src/main.go", "// reads -----BEGIN PRIVATE KEY----- files"),
        file("tls/server.key.b64", STANDARD.encode(&key)),
        file("zzz", padded),
    ];
    let package = [file("metadata.json", METADATA), file("code.tar.gz", tgz(&code)), file("ca.key", &key)];
    let package = folder.write("basic.tgz", tgz(&package));
    let (code, found) = misplaced(&package);
    assert_eq!(code, Some(1));
    let names = [".env", "META-INF/keystore/server.key", "tls/server.key.b64", "zzz", "ca.key"];
    assert_eq!(found, names.map(|name| format!("package: {name} holds a private key")));
    let text = ccs(&["lint", &package]);
    assert!(stdout(&text).contains("error[private-key-misplaced] package: ca.key holds a private key\n"));
    assert!(stdout(&text).ends_with("; do not distribute it\n"), "{}", stdout(&text));
    assert!(!(stdout(&text) + &stderr(&text)).contains("BEGIN"));
}

#[test]
fn lint_finds_a_key_in_a_field_where_none_belongs_and_in_a_folder() {
    let folder = Folder::new();
    let pair = SelfSigned::new("a", &[], 400);
    let connection = serde_json::json!({
        "address": "{{.peer_id}}:1", "tls_required": true, "client_auth_required": true,
        "root_cert": format!("{}{}", pair.certificate, pair.key),
        "client_cert": pair.certificate, "client_key": pair.key,
    });
    let package = archive::package(METADATA, &[file("connection.json", connection.to_string())]);
    let (code, found) = misplaced(&folder.write("basic.tgz", package));
    assert_eq!((code, found), (Some(1), vec!["connection.json: root_cert holds a private key".to_owned()]));
    folder.write("src/connection.json", PLAIN);
    folder.write("src/deep/er/server.key", &pair.key);
    let (code, found) = misplaced(&folder.path("src"));
    let expected = "source: deep/er/server.key holds a private key".to_owned();
    assert_eq!((code, found), (Some(1), vec![expected]));
    fs::remove_dir_all(folder.path("src/deep")).unwrap();
    assert_eq!(misplaced(&folder.path("src")), (Some(0), Vec::new()));
}
