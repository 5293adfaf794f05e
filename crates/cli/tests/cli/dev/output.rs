//! The output of `ccs dev` and its chaincode.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use assert_cmd::cargo::cargo_bin;
use ccs_testkit::NodeSample;
use wait_timeout::ChildExt as _;

use super::peer::{DevPeer, PATIENCE};
use crate::{stderr, stdout};

/// A peer that is stopped with the test.
struct Stopped(Child);

impl Drop for Stopped {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-s", "INT", "--", &self.0.id().to_string()]).output();
        if !matches!(self.0.wait_timeout(PATIENCE), Ok(Some(_))) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}

#[test]
fn a_channel_goes_on_when_the_terminal_is_a_full_disk() {
    let folder = tempfile::tempdir().unwrap();
    let endpoint = format!("127.0.0.1:{}", NodeSample::free_port());
    let chaincode = format!("exec {} sample-chaincode", cargo_bin("ccs").display());
    let mut peer = Command::new(cargo_bin("ccs"))
        .args(["dev", "--listen", &endpoint, "--chaincode-listen", "127.0.0.1:0", "--run", &chaincode])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(File::options().write(true).open("/dev/full").unwrap())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let log = peer.stderr.take().unwrap();
    let mut peer = Stopped(peer);
    // The chaincode writes it when the peer listens already.
    let mut lines = BufReader::new(log).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("listening on")));
    let client = |arguments: &[&str]| {
        let mut command = assert_cmd::Command::new(cargo_bin("ccs"));
        command.args(arguments).args(["--endpoint", &endpoint]).current_dir(folder.path());
        command.timeout(PATIENCE).output().unwrap()
    };
    // The second transaction shows whether reporting the first one has damaged the channel.
    for number in ["1", "2"] {
        let output = client(&["invoke", "basic", "CreateAsset", number, "green", "7", "Ada", "700"]);
        assert!(output.status.success(), "{}", stderr(&output));
    }
    assert_eq!(stdout(&client(&["query", "basic", "AssetExists", "2"])).trim_end(), "true");
    assert!(peer.0.try_wait().unwrap().is_none());
}

#[test]
fn a_line_of_the_chaincode_begins_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let mut peer = Command::new(cargo_bin("ccs"))
        .args(["dev", "--listen", "127.0.0.1:0", "--chaincode-listen", "127.0.0.1:0", "--name", "counter"])
        .args(["--run", "echo to the left; exec sleep 1000"])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let terminal = peer.stdout.take().unwrap();
    let _peer = Stopped(peer);
    let mut lines = BufReader::new(terminal).lines().map(Result::unwrap);
    assert!(lines.any(|line| line == "counter | to the left"));
}

#[test]
fn with_json_each_line_of_the_chaincode_is_a_document_too() {
    let folder = tempfile::tempdir().unwrap();
    let run = "echo to the left; echo to the right >&2; exec sleep 1000";
    let mut peer = DevPeer::spawn(folder.path(), &["--run", run]);
    let mut seen = [(); 2].map(|()| peer.wait_for(|document| document["event"] == "output"));
    seen.sort_by_key(|document| document["line"].to_string());
    for (document, stream, line) in
        [(&seen[0], "stdout", "to the left"), (&seen[1], "stderr", "to the right")]
    {
        let expected = serde_json::json!({
            "event": "output", "name": "basic", "id": "basic:1.0", "stream": stream, "line": line,
        });
        assert_eq!(*document, expected);
    }
}
