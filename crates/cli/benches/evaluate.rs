//! Processor time of `ccs dev` for each evaluated transaction, with the official Node.js shim as the chaincode and 16 clients.
//!
//! `CCS_BEFORE=FILE cargo bench -p ccs --bench evaluate` measures another build of the command in turns with this one, and
//! prints the ratio of each pair and its median. The clients, the chaincode and the peer share the machine, so the time on
//! the clock says little; the processor time is the peer's own, read from `/proc/PID/stat`. It needs `npm ci` in
//! `samples/asset-transfer-node`.

#![expect(clippy::expect_used, reason = "a benchmark may stop")]

mod support;

use std::fs;
use std::path::Path;
use std::time::Instant;

use ccs_client::Gateway;
use ccs_testkit::NodeSample;
use tokio::task::JoinSet;

use support::{Process, evaluate, start_peer};

const ROUNDS: usize = 7;
const WARM_UP: usize = 1_000;
const TRANSACTIONS: usize = 10_000;
const CLIENTS: usize = 16;
/// Linux counts processor time in hundredths of a second on every machine that Rust supports.
const TICKS_EACH_SECOND: f64 = 100.0;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let this = env!("CARGO_BIN_EXE_ccs");
        let Ok(before) = std::env::var("CCS_BEFORE") else {
            for _ in 0..ROUNDS {
                println!("{}", measure(this).await);
            }
            return;
        };
        let mut ratios = Vec::new();
        for _ in 0..ROUNDS {
            let (old, new) = (measure(&before).await, measure(this).await);
            let ratio = new.processor / old.processor;
            println!("before: {old}    now: {new}    ratio {ratio:.3}");
            ratios.push(ratio);
        }
        ratios.sort_by(f64::total_cmp);
        println!("median ratio of {ROUNDS}: {:.3}", ratios[ROUNDS / 2]);
    });
}

/// What one evaluated transaction took, in microseconds.
struct Measured {
    processor: f64,
    clock: f64,
}

impl std::fmt::Display for Measured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.1} µs of the processor, {:.1} µs on the clock", self.processor, self.clock)
    }
}

/// Starts a new peer of this program and the chaincode, and evaluates.
async fn measure(program: &str) -> Measured {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let port = NodeSample::free_port();
    let chaincode = NodeSample::start("basic:1.0", port, None, false).await;
    let (peer, gateway) = start_peer(program, folder.path(), &format!("127.0.0.1:{port}"), &[]).await;
    evaluate_many(&gateway, WARM_UP).await;
    let (begin, before) = (Instant::now(), processor_time(&peer));
    evaluate_many(&gateway, TRANSACTIONS).await;
    let (clock, after) = (begin.elapsed(), processor_time(&peer));
    drop(peer);
    chaincode.stop().await;
    let each = |seconds: f64| seconds * 1e6 / f64::from(u32::try_from(TRANSACTIONS).expect("a small number"));
    Measured { processor: each(after - before), clock: each(clock.as_secs_f64()) }
}

async fn evaluate_many(gateway: &Gateway, transactions: usize) {
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let gateway = gateway.clone();
        clients.spawn(async move {
            for _ in 0..transactions / CLIENTS {
                evaluate(&gateway).await;
            }
        });
    }
    clients.join_all().await;
}

/// Reads how many seconds of processor time a process has used so far, in its own code and in the kernel.
fn processor_time(process: &Process) -> f64 {
    let path = format!("/proc/{}/stat", process.0.id());
    let stat = fs::read_to_string(Path::new(&path)).expect("Linux");
    // The name of the program is in parentheses and may hold spaces; utime and stime are the 12th and 13th field after it.
    let (_, fields) = stat.rsplit_once(')').expect("a name");
    let ticks = fields.split_whitespace().skip(11).take(2).map(|field| field.parse::<f64>().expect("ticks"));
    ticks.sum::<f64>() / TICKS_EACH_SECOND
}
