//! The development peer that takes the chaincode, and says when it has registered.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use wait_timeout::ChildExt as _;
use xtask_base::processes::lines_of;
use xtask_base::workspace;

/// How long the peer may take to start and to end.
const LIMIT: Duration = Duration::from_secs(20);

/// `ccs dev --chaincode bench --chaincode-tls`.
pub(super) struct Peer {
    child: Child,
    events: Receiver<String>,
    /// Address that chaincode dials.
    pub(super) endpoint: String,
    /// The ID of the chaincode.
    pub(super) id: String,
    /// The folder with the certificates for the chaincode.
    pub(super) certificates: PathBuf,
}

impl Peer {
    pub(super) fn start(workshop: &Path, ccs: Option<&Path>) -> Result<Self> {
        let ccs = match ccs {
            Some(ccs) => ccs.to_owned(),
            None => workspace::build_ccs()?,
        };
        let organizations = workshop.join("organizations");
        let mut command = Command::new(ccs);
        command.args(["dev", "--json", "--chaincode", "bench", "--chaincode-tls", "--listen", "127.0.0.1:0"]);
        command.args(["--chaincode-listen", "127.0.0.1:0", "--organizations"]).arg(&organizations);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().context("cannot start ccs dev")?;
        let events = lines_of(child.stdout.take().context("a piped standard output is missing")?);
        let certificates = organizations.join("chaincode/bench");
        let (endpoint, id) = (String::new(), String::new());
        let mut peer = Self { child, events, endpoint, id, certificates };
        let expected = peer.next(LIMIT, |event| event["name"] == "bench")?;
        peer.id = text(&expected, "id");
        let ready = peer.next(LIMIT, |event| event["event"] == "ready")?;
        peer.endpoint = text(&ready, "chaincode_endpoint");
        Ok(peer)
    }

    /// Waits until the chaincode has registered.
    pub(super) fn registered(&self, limit: Duration) -> Result<Instant> {
        self.next(limit, |event| said(event, "is ready as ")).map(|_| Instant::now())
    }

    /// Waits until the stream of the chaincode has ended.
    pub(super) fn left(&self, limit: Duration) -> Result<()> {
        self.next(limit, |event| said(event, "has disconnected")).map(drop)
    }

    fn next(&self, limit: Duration, fits: impl Fn(&Value) -> bool) -> Result<Value> {
        let end = Instant::now() + limit;
        loop {
            let rest = end.saturating_duration_since(Instant::now());
            let Ok(line) = self.events.recv_timeout(rest) else {
                bail!("the peer did not report it within {limit:?}")
            };
            let event = serde_json::from_str(&line).with_context(|| format!("the peer's event {line}"))?;
            if fits(&event) {
                return Ok(event);
            }
        }
    }

    /// Returns chaincode.json, as a peer passes it to `run`.
    pub(super) fn chaincode_json(&self) -> Result<String> {
        let file = |name: &str| fs::read_to_string(self.certificates.join(name));
        let chaincode = json!({
            "chaincode_id": self.id,
            "peer_address": self.endpoint,
            "client_cert": file("client.pem")?,
            "client_key": file("client.key")?,
            "root_cert": file("ca.pem")?,
            "mspid": "Org1MSP",
        });
        Ok(chaincode.to_string())
    }

    pub(super) fn stop(mut self) -> Result<()> {
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        self.child.wait_timeout(LIMIT)?.context("SIGTERM did not end the peer").map(drop)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It has ended already, unless the benchmark failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn said(event: &Value, begin: &str) -> bool {
    event["event"] == "chaincode" && event["what"].as_str().is_some_and(|what| what.starts_with(begin))
}

fn text(event: &Value, key: &str) -> String {
    event[key].as_str().unwrap_or_default().to_owned()
}
