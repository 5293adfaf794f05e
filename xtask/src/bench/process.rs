//! `cargo xtask bench-process`: what `run` adds to the start of a chaincode as a process.
//!
//! The contract in Go, on the official shim, dials over TLS. A listener instead of the peer measures the time from the start of the first process
//! until the first byte of the chaincode arrives. The same command is started by hand, with the variables that the shim for Go reads, in turn with `run`.

use std::fs;
use std::io::Read as _;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use ccs_testkit::Authority;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use wait_timeout::ChildExt as _;
use xtask_base::statistics::median;

use crate::builder_programs;
use crate::dev_peer::programs::build_contract_in_go;
use crate::tally::Tally;

/// How long a start, and an end after SIGTERM, may take.
const LIMIT: Duration = Duration::from_secs(20);

/// Rounds that are not counted.
const WARM_UP: usize = 3;

/// What `run` may take, as a multiple of the start by hand.
const GOAL: f64 = 1.1;

/// What to measure, and how it is shown.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How often the chaincode is started in each way
    #[arg(long, default_value_t = 30, value_name = "N")]
    rounds: usize,
    /// Print JSON instead of text
    #[arg(long)]
    json: bool,
}

/// A builder with what `build` has made, and the listener.
struct Site {
    folder: PathBuf,
    address: String,
    /// The moment of the first byte on each connection.
    arrivals: Receiver<Instant>,
    chaincode: serde_json::Value,
}

/// Measures and prints.
pub(crate) fn run(options: &Options) -> Result<Tally> {
    if options.rounds == 0 {
        bail!("--rounds 0 measures nothing");
    }
    let workshop = tempfile::Builder::new().prefix("bench-").tempdir()?;
    let site = Site::prepare(workshop.path())?;
    let (mut by_hand, mut by_run) = (Vec::new(), Vec::new());
    for round in 0..options.rounds + WARM_UP {
        // Each way is first in every other round.
        for is_run in [round % 2 == 0, round % 2 != 0] {
            let took = site.start(is_run)?;
            if round >= WARM_UP {
                (if is_run { &mut by_run } else { &mut by_hand }).push(took);
            }
        }
    }
    let (by_hand, by_run) = (median(by_hand), median(by_run));
    let ratio = by_run / by_hand;
    if options.json {
        let document = json!({"rounds": options.rounds, "by_hand_in_ms": by_hand, "by_run_in_ms": by_run, "ratio": ratio});
        println!("{document}");
    } else {
        println!(
            "Medians of {} starts in turn, until the first byte of the chaincode over TLS:",
            options.rounds
        );
        println!(
            "by hand {by_hand:.2} ms, by run {by_run:.2} ms: {ratio:.2} times, {:.2} ms more; the goal is {GOAL} times",
            by_run - by_hand
        );
    }
    Ok(Tally::PASSED)
}

impl Site {
    fn prepare(folder: &Path) -> Result<Self> {
        let builder = builder_programs::build_with_launcher()?;
        builder_programs::put(&builder, &folder.join("bin"))?;
        fs::write(folder.join("launch.yaml"), "platform: process\n")?;
        let build = folder.join("bld");
        fs::create_dir(&build)?;
        fs::write(build.join("metadata.json"), r#"{"type":"binary","label":"bench_1.0"}"#)?;
        fs::copy(build_contract_in_go()?, build.join("chaincode"))?;
        fs::set_permissions(build.join("chaincode"), fs::Permissions::from_mode(0o700))?;
        let authority = Authority::new();
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?.to_string();
        let chaincode = json!({
            "chaincode_id": format!("bench_1.0:{}", "ab".repeat(32)),
            "peer_address": address,
            "client_cert": authority.client.certificate,
            "client_key": authority.client.key,
            "root_cert": authority.root,
            "mspid": "Org1MSP",
        });
        Ok(Self { folder: folder.to_owned(), address, arrivals: arrivals(listener), chaincode })
    }

    /// Starts the chaincode in one of both ways, ends it, and returns what the start took, in milliseconds.
    fn start(&self, is_run: bool) -> Result<f64> {
        let meta = tempfile::tempdir_in(&self.folder)?;
        fs::write(meta.path().join("chaincode.json"), self.chaincode.to_string())?;
        let mut command = if is_run { self.by_run(meta.path()) } else { self.by_hand(meta.path())? };
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let begin = Instant::now();
        let mut child = command.spawn().context("cannot start the chaincode")?;
        let arrived = self.arrivals.recv_timeout(LIMIT);
        kill_process(Pid::from_child(&child), Signal::TERM)?;
        if child.wait_timeout(LIMIT)?.is_none() {
            child.kill()?;
            bail!("SIGTERM did not end the chaincode");
        }
        let arrived = arrived.ok().with_context(|| format!("the chaincode did not dial within {LIMIT:?}"))?;
        // A second try of the chaincode to dial belongs to no later start.
        while self.arrivals.try_recv().is_ok() {}
        Ok(arrived.duration_since(begin).as_secs_f64() * 1000.0)
    }

    fn by_run(&self, meta: &Path) -> Command {
        let mut command = Command::new(self.folder.join("bin/run"));
        command.args([&self.folder.join("bld"), meta]);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("TMPDIR", &self.folder);
        command
    }

    /// Writes the certificates first: a chaincode that is started by hand finds them.
    fn by_hand(&self, meta: &Path) -> Result<Command> {
        let mut command = Command::new(self.folder.join("bld/chaincode"));
        command.arg(format!("-peer.address={}", self.address)).current_dir(meta);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", meta).env("TMPDIR", meta);
        let text = |key: &str| self.chaincode[key].as_str().unwrap_or_default();
        command.env("CORE_CHAINCODE_ID_NAME", text("chaincode_id")).env("CORE_PEER_TLS_ENABLED", "true");
        command.env("CORE_PEER_LOCALMSPID", text("mspid")).env("CORE_PEER_ADDRESS", &self.address);
        for (variable, key) in [
            ("CORE_PEER_TLS_ROOTCERT_FILE", "root_cert"),
            ("CORE_TLS_CLIENT_KEY_FILE", "client_key"),
            ("CORE_TLS_CLIENT_CERT_FILE", "client_cert"),
        ] {
            let file = meta.join(key);
            fs::write(&file, text(key))?;
            command.env(variable, file);
        }
        Ok(command)
    }
}

/// Takes connections, and tells when the first byte of each arrives.
fn arrivals(listener: TcpListener) -> Receiver<Instant> {
    let (send, arrivals) = mpsc::channel();
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let mut connection = connection;
            if connection.read_exact(&mut [0]).is_ok() && send.send(Instant::now()).is_err() {
                return;
            }
        }
    });
    arrivals
}
