//! `cargo xtask bench-process`: what `run` adds to the launch of a chaincode as a process.
//!
//! A contract on each official shim connects to a development peer over TLS, and the peer says when it has registered. In turn, `run` launches it,
//! and its command is started by hand, with the same variables and files.

mod peer;
mod starts;

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::json;
use std::os::unix::process::CommandExt as _;
use wait_timeout::ChildExt as _;
use xtask_base::statistics::median;

use self::peer::Peer;
use self::starts::{Shim, Site, Way};
use crate::tally::Tally;

/// How long a start, and an end after SIGTERM, may take.
const LIMIT: Duration = Duration::from_secs(30);

/// Rounds that are not counted.
const WARM_UP: usize = 3;

/// What `run` may take, as a multiple of the start by hand.
const GOAL: f64 = 1.1;

/// What to measure, and how it is shown.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How often each chaincode is started in each way
    #[arg(long, default_value_t = 30, value_name = "N")]
    rounds: usize,
    /// The shims: go, node, java
    #[arg(long, value_delimiter = ',', default_value = "go,node,java", value_name = "NAMES")]
    shims: Vec<Shim>,
    /// The command ccs whose peer takes the chaincode; built without optimization when this is not given
    #[arg(long, value_name = "FILE")]
    ccs: Option<PathBuf>,
    /// Print JSON instead of text
    #[arg(long)]
    json: bool,
}

/// Medians of one shim, in milliseconds.
struct Row {
    shim: Shim,
    by_hand: f64,
    by_run: f64,
}

/// Measures and prints.
pub(crate) fn run(options: &Options) -> Result<Tally> {
    if options.rounds == 0 {
        bail!("--rounds 0 measures nothing");
    }
    let workshop = tempfile::Builder::new().prefix("bench-").tempdir()?;
    let site = Site::prepare(workshop.path(), &options.shims)?;
    let mut peer = Peer::start(workshop.path(), options.ccs.as_deref())?;
    let rows: Vec<_> = options
        .shims
        .iter()
        .map(|shim| measure(&site, &mut peer, *shim, options.rounds).with_context(|| format!("{shim:?}")))
        .collect::<Result<_>>()?;
    peer.stop()?;
    if !options.json {
        println!(
            "Medians of {} starts in turn, until the peer has registered the chaincode:",
            options.rounds
        );
    }
    for Row { shim, by_hand, by_run } in rows {
        let (name, ratio) = (shim.name(), by_run / by_hand);
        if options.json {
            println!(
                "{}",
                json!({"shim": name, "rounds": options.rounds, "by_hand_in_ms": by_hand, "by_run_in_ms": by_run, "ratio": ratio})
            );
        } else {
            println!(
                "{name:5} by hand {by_hand:.2} ms, by run {by_run:.2} ms: {ratio:.2} times, {:.2} ms more; the goal is {GOAL} times",
                by_run - by_hand
            );
        }
    }
    Ok(Tally::PASSED)
}

fn measure(site: &Site, peer: &mut Peer, shim: Shim, rounds: usize) -> Result<Row> {
    let (mut by_hand, mut by_run) = (Vec::new(), Vec::new());
    for round in 0..rounds + WARM_UP {
        let order = if round % 2 == 0 { [Way::Run, Way::Hand] } else { [Way::Hand, Way::Run] };
        for way in order {
            let took = start(site, peer, shim, way)?;
            if round >= WARM_UP {
                (if way == Way::Run { &mut by_run } else { &mut by_hand }).push(took);
            }
        }
    }
    Ok(Row { shim, by_hand: median(by_hand), by_run: median(by_run) })
}

/// Starts the chaincode, ends it, and returns the time until it had registered, in milliseconds.
fn start(site: &Site, peer: &mut Peer, shim: Shim, way: Way) -> Result<f64> {
    let meta = site.metadata(peer)?;
    let mut command = site.command(shim, way, meta.path(), peer);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    let begin = Instant::now();
    let mut child = command.spawn().context("cannot start the chaincode")?;
    let registered = peer.registered(LIMIT);
    kill_process_group(Pid::from_child(&child), Signal::TERM)?;
    if child.wait_timeout(LIMIT)?.is_none() {
        kill_process_group(Pid::from_child(&child), Signal::KILL)?;
        child.wait()?;
        bail!("SIGTERM did not end the chaincode");
    }
    let registered = registered.with_context(|| format!("{way:?}"))?;
    peer.left(LIMIT)?;
    Ok(registered.duration_since(begin).as_secs_f64() * 1000.0)
}
