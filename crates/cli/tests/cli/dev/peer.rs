//! A peer of `ccs dev` in a separate process.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;
use wait_timeout::ChildExt as _;

use crate::{stderr, stdout};

/// Longer than a virtual machine takes to start on a busy machine; only a test that fails waits so long.
pub(super) const PATIENCE: Duration = Duration::from_mins(5);

/// A running peer; stopped when dropped, with the chaincode that it has started.
pub(super) struct DevPeer {
    pub(super) child: Child,
    /// The process group of the chaincode.
    pub(super) chaincode: Option<String>,
    lines: Receiver<String>,
    pub(super) ready: Value,
    /// Its events so far.
    pub(super) told: Vec<Value>,
}

impl DevPeer {
    /// Starts a peer on free ports and waits until it is ready.
    pub(super) fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut peer = Self::spawn(folder, arguments);
        peer.ready = peer.wait_for(|document| document["event"] == "ready");
        peer
    }

    /// Starts a peer on free ports.
    pub(super) fn spawn(folder: &Path, arguments: &[&str]) -> Self {
        let usual = [["--listen", "127.0.0.1:0"], ["--chaincode-listen", "127.0.0.1:0"]];
        let usual = usual.iter().filter(|option| !arguments.contains(&option[0])).flatten();
        // A write beyond a limit of its size fails, and does not end the process.
        let mut child = Command::new("sh")
            .args(["-c", r#"trap '' XFSZ; exec "$0" "$@""#])
            .arg(cargo_bin("ccs"))
            .args(["dev", "--json"])
            .args(usual)
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        // It continues reading, so that a full pipe never blocks the peer.
        std::thread::spawn(move || {
            stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Self { child, chaincode: None, lines, ready: Value::Null, told: Vec::new() }
    }

    /// Starts a peer that starts the sample itself.
    pub(super) fn with_sample(folder: &Path, arguments: &[&str]) -> Self {
        let command = format!("exec {} sample-chaincode", cargo_bin("ccs").display());
        let mut peer = Self::start(folder, &[&["--run", &command], arguments].concat());
        peer.wait_for(|document| {
            document["what"].as_str().is_some_and(|what| what.starts_with("is ready as"))
        });
        peer
    }

    /// Reads until the expected document.
    pub(super) fn wait_for(&mut self, is_meant: impl Fn(&Value) -> bool) -> Value {
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            let document: Value = serde_json::from_str(&line).unwrap();
            if let Some(process) =
                document["what"].as_str().and_then(|what| what.strip_prefix("started, process "))
            {
                self.chaincode = Some(process.to_owned());
            }
            self.told.push(document.clone());
            if is_meant(&document) {
                return document;
            }
        }
        panic!("the peer does not tell it: {:?}", self.child.try_wait());
    }

    pub(super) fn signal(&self, signal: &str) {
        kill(signal, &self.child.id().to_string());
    }

    /// Waits until it has ended by itself.
    pub(super) fn ended(&mut self) -> ExitStatus {
        let ended = self.child.wait_timeout(PATIENCE).unwrap();
        ended.unwrap_or_else(|| panic!("the peer runs on"))
    }

    /// Runs a command of the gateway client against the peer.
    pub(super) fn client(&self, folder: &Path, arguments: &[&str]) -> Output {
        let mut command = assert_cmd::Command::new(cargo_bin("ccs"));
        command.args(arguments).args(["--endpoint", self.ready["endpoint"].as_str().unwrap()]);
        command.current_dir(folder).timeout(PATIENCE).output().unwrap()
    }

    pub(super) fn query(&self, folder: &Path, arguments: &[&str]) -> String {
        let output = self.client(folder, &[&["query", "basic"], arguments].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output)
    }

    pub(super) fn invoke(&self, folder: &Path, arguments: &[&str]) {
        let output = self.client(folder, &[&["invoke", "basic"], arguments].concat());
        assert!(output.status.success(), "{}", stderr(&output));
    }
}

impl Drop for DevPeer {
    fn drop(&mut self) {
        // A process that has ended needs no signal.
        let _ = try_kill("INT", &self.child.id().to_string());
        let stopped = matches!(self.child.wait_timeout(PATIENCE), Ok(Some(_)));
        if !stopped {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        // A killed peer leaves it behind.
        if let Some(group) = &self.chaincode {
            let _ = try_kill("KILL", &format!("-{group}"));
        }
        assert!(stopped || std::thread::panicking(), "the peer did not stop");
    }
}

/// Sends a signal to a process or, with a minus, to a group.
fn try_kill(signal: &str, process: &str) -> std::io::Result<Output> {
    Command::new("kill").args(["-s", signal, "--", process]).output()
}

pub(super) fn kill(signal: &str, process: &str) {
    let output = try_kill(signal, process).unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
}
