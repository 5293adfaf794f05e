//! `ccs dev --run` with the command that each official shim's documentation starts chaincode with: as a client of the peer
//! and as a server, in plaintext and over TLS. The contracts and their scripts are in `conformance/starts` and `samples`.

use std::path::Path;
use std::process::{Command, Stdio};

use ccs_testkit::source_tree;
use serde_json::Value;

use super::peer::DevPeer;

/// Runs a program that builds a contract; it must succeed.
fn build(folder: &Path, program: &str, arguments: &[&str]) {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("cannot run {program}: {error}"));
    let text =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success(), "{program} {arguments:?} in {}: {text}", folder.display());
}

/// Lets a peer start the command, and calls the contract: a transaction writes a value, another one reads it.
fn answers(folder: &str, command: &str, write: &[&str], read: &[&str], value: &str) {
    let folder = source_tree().join(folder);
    for tls in [&[][..], &["--chaincode-tls"]] {
        let organizations = tempfile::tempdir().unwrap();
        let path = organizations.path().join("organizations");
        // The command may compile first.
        let arguments =
            ["--run", command, "--startup-timeout", "10m", "--organizations", path.to_str().unwrap()];
        let mut peer = DevPeer::start(&folder, &[&arguments, tls].concat());
        let is_ready = |document: &Value| document["what"] == "is ready as basic:1.0";
        if !peer.told.iter().any(is_ready) {
            peer.wait_for(is_ready);
        }
        peer.invoke(organizations.path(), write);
        let answer = peer.query(organizations.path(), read);
        assert!(answer.contains(value), "{command} {tls:?}: {answer}");
        peer.wait_for(|document| document["event"] == "simulated");
        // It was correct from the first start, except for the flag of the Go shim.
        let told = peer.told.iter().filter_map(|document| document["what"].as_str());
        let ended: Vec<_> = told.filter(|what| what.starts_with("ended")).collect();
        assert_eq!(ended, [""; 0], "{command} {tls:?}");
    }
}

/// Does this for a contract of `conformance/starts`.
fn keeps_values(folder: &str, command: &str) {
    let folder = format!("conformance/starts/{folder}");
    answers(&folder, command, &["Put", "color", "green"], &["Get", "color"], "green");
}

/// Does this for a sample.
fn keeps_assets(folder: &str, command: &str) {
    let asset = ["CreateAsset", "asset7", "green", "7", "Ada", "700"];
    answers(&format!("samples/{folder}"), command, &asset, &["ReadAsset", "asset7"], r#""Owner":"Ada""#);
}

fn npm_ci(folder: &str) {
    build(&source_tree().join(folder), "npm", &["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
}

#[test]
#[ignore = "needs Node.js 18 or later and npm"]
fn npm_start_lets_a_contract_in_javascript_connect() {
    npm_ci("conformance/starts/javascript");
    keeps_values("javascript", "npm start");
    keeps_values("javascript", "npm run start:server");
}

#[test]
#[ignore = "needs Node.js 18 or later and npm"]
fn npm_start_lets_a_contract_in_typescript_connect() {
    npm_ci("conformance/starts/typescript");
    build(&source_tree().join("conformance/starts/typescript"), "npm", &["run", "build"]);
    keeps_values("typescript", "npm start");
}

#[test]
#[ignore = "needs Node.js 18 or later and `npm ci` in samples/asset-transfer-node"]
fn npm_start_lets_the_node_sample_serve() {
    keeps_assets("asset-transfer-node", "npm start");
}

#[test]
#[ignore = "needs Go"]
fn a_program_in_go_that_calls_start_of_the_shim_connects() {
    keeps_values("go", "go run ./chaincode");
}

#[test]
#[ignore = "needs Go"]
fn a_contract_in_go_that_calls_start_of_contractapi_serves() {
    keeps_values("go", "go run ./contract");
}

#[test]
#[ignore = "needs Go"]
fn a_contract_in_go_that_is_a_chaincode_server_serves() {
    keeps_assets("asset-transfer-go", "go run .");
}

#[test]
#[ignore = "needs Java and Maven"]
fn a_contract_in_java_whose_main_calls_start_connects() {
    let folder = source_tree().join("conformance/starts/java");
    build(&folder, "mvn", &["--quiet", "--batch-mode", "package"]);
    keeps_values("java", "java -jar target/starts.jar");
}

#[test]
#[ignore = "needs Java, and Maven for `mvn package` in samples/asset-transfer-java"]
fn a_contract_in_java_that_the_router_starts_serves() {
    keeps_assets("asset-transfer-java", "java -jar target/asset-transfer.jar");
}
