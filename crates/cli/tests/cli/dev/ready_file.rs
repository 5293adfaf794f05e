//! `ccs dev --ready-file`.

use std::fs;

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;

use super::peer::DevPeer;

#[test]
fn the_file_is_written_when_peer_and_chaincode_are_ready_and_removed_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ready.json");
    fs::write(&file, "left by a killed peer").unwrap();
    let gate = folder.path().join("gate");
    rustix::fs::mknodat(rustix::fs::CWD, &gate, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0)
        .unwrap();
    // The chaincode starts when the test opens the gate.
    let command = format!("read line < gate; exec {} sample-chaincode", cargo_bin("ccs").display());
    let mut peer = DevPeer::start(folder.path(), &["--run", &command, "--ready-file", "ready.json"]);
    assert!(!file.exists(), "the peer is ready, and the chaincode is not");
    fs::write(&gate, "go\n").unwrap();
    peer.wait_for(|document| document["what"].as_str().is_some_and(|what| what.starts_with("is ready as")));
    let document: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(document["endpoint"], peer.ready["endpoint"]);
    assert_eq!(document, peer.ready);
    peer.signal("TERM");
    assert!(peer.ended().success());
    assert!(!file.exists(), "the peer has ended");
}

#[test]
fn a_file_that_cannot_be_written_is_an_error_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let organizations = folder.path().join("organizations");
    let output = crate::ccs(&[
        "dev",
        "--organizations",
        organizations.to_str().unwrap(),
        "--ready-file",
        folder.path().to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(1));
    let text = crate::stderr(&output);
    assert!(text.starts_with(&format!("error: cannot write {}: ", folder.path().display())), "{text}");
    assert!(text.ends_with("hint: name a file in an existing folder with --ready-file FILE\n"), "{text}");
}
