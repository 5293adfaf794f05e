//! `ccs dev --orgs`: two organizations with a peer each, and an orderer.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;

use super::peer::{DevPeer, PATIENCE};
use crate::{stderr, stdout};

const ORGANIZATIONS: [&str; 2] = ["Org1MSP", "Org2MSP"];

/// Starts a network that runs the sample on each peer. Returns the endpoints of the peers.
fn start(folder: &Path, arguments: &[&str]) -> (DevPeer, [String; 2]) {
    let command = format!("exec {} sample-chaincode", cargo_bin("ccs").display());
    let usual = ["--orgs", "2", "--run", &command, "--state", "state", "--ready-file", "ready.json"];
    let mut network = DevPeer::start(folder, &[&usual, arguments].concat());
    let mut waiting: BTreeSet<_> = ORGANIZATIONS.into_iter().collect();
    while !waiting.is_empty() {
        let is_ready = |told: &Value| told["what"].as_str().is_some_and(|what| what.starts_with("is ready"));
        let told = network.told.iter().filter(|told| is_ready(told));
        let known: Vec<_> = told.filter_map(|told| told["msp_id"].as_str().map(str::to_owned)).collect();
        waiting.retain(|organization| !known.iter().any(|known| known == organization));
        if !waiting.is_empty() {
            network.wait_for(is_ready);
        }
    }
    let file: Value = serde_json::from_slice(&fs::read(folder.join("ready.json")).unwrap()).unwrap();
    let endpoints = [0, 1].map(|index| {
        let ready = &file["peers"][index];
        assert_eq!(ready["msp_id"], ORGANIZATIONS[index]);
        assert!(ready["orderer_endpoint"].as_str().is_some_and(|it| it.starts_with("localhost:")), "{ready}");
        ready["endpoint"].as_str().unwrap().to_owned()
    });
    (network, endpoints)
}

/// Runs a command of the client for an organization, whose files the network has written.
fn client(folder: &Path, msp: &str, arguments: &[&str]) -> std::process::Output {
    let mut command = assert_cmd::Command::new(cargo_bin("ccs"));
    command.args(arguments).args(["--msp", msp]);
    command.current_dir(folder).timeout(PATIENCE).output().unwrap()
}

fn query(folder: &Path, msp: &str, arguments: &[&str]) -> String {
    let output = client(folder, msp, &[&["query", "basic"], arguments].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output).trim_end().to_owned()
}

#[test]
fn both_organizations_endorse_and_know_all_transactions_also_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let (mut network, endpoints) = start(folder.path(), &[]);
    assert_ne!(endpoints[0], endpoints[1]);
    for (msp, asset) in [("Org1MSP", "asset7"), ("Org2MSP", "asset8")] {
        let create = ["invoke", "basic", "CreateAsset", asset, "green", "7", "Ada", "700"];
        let output = client(folder.path(), msp, &create);
        assert!(output.status.success(), "{}", stderr(&output));
        let committed = network.wait_for(|document| document["event"] == "committed");
        assert_eq!(
            (&committed["code"], &committed["keys"][0]["written"][0]),
            (&"VALID".into(), &asset.into())
        );
        for msp in ORGANIZATIONS {
            let expected =
                format!(r#"{{"AppraisedValue":700,"Color":"green","ID":"{asset}","Owner":"Ada","Size":7}}"#);
            assert_eq!(query(folder.path(), msp, &["ReadAsset", asset]), expected);
        }
    }
    let evaluated = network.wait_for(|document| document["event"] == "simulated");
    assert!(ORGANIZATIONS.map(Value::from).contains(&evaluated["msp_id"]), "{evaluated}");
    network.signal("KILL");
    network.child.wait().unwrap();
    drop(network);

    let (network, _) = start(folder.path(), &[]);
    let blocks = ORGANIZATIONS.map(|msp| stdout(&client(folder.path(), msp, &["blocks"])));
    assert_eq!(blocks[0], blocks[1]);
    // The configuration, the definition, and two transactions.
    assert_eq!(blocks[0].lines().count(), 4, "{}", blocks[0]);
    assert_eq!(query(folder.path(), "Org2MSP", &["AssetExists", "asset7"]), "true");
    drop(network);

    // The state belongs to two organizations.
    let output = crate::ccs(&[
        "dev",
        "--organizations",
        folder.path().join("organizations").to_str().unwrap(),
        "--state",
        folder.path().join("state").to_str().unwrap(),
        "--listen",
        "127.0.0.1:0",
        "--chaincode-listen",
        "127.0.0.1:0",
    ]);
    let text = stderr(&output);
    assert_eq!(
        text,
        "error: channel \"mychannel\" was created with other peers: the store has mychannel, mychannel@Org2MSP, not \
         mychannel\nhint: start with the same organizations as before, or with an empty ledger in a new folder\n"
    );
}
