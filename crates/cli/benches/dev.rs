//! `ccs dev` as its users run it, over TLS, with the running Rust sample: the time from its start to the first answer,
//! and its memory after many transactions on disk.
//!
//! Prints the times of ten starts, and the resident memory after every 20 000 transactions. It is not for comparing times
//! between machines.

#![expect(clippy::expect_used, reason = "a benchmark may stop")]

mod support;

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ccs_client::{Call, Gateway};
use tokio::task::JoinSet;

use support::{Process, evaluate, start_peer};

const STARTS: usize = 10;
const TRANSACTIONS: usize = 100_000;
const REPORT_EVERY: usize = 20_000;
const CLIENTS: usize = 16;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (_chaincode, address) = chaincode();
    // The first start creates the keys of the folder.
    drop(runtime.block_on(first_answer(folder.path(), &address, &[])));
    let mut times: Vec<_> =
        (0..STARTS).map(|_| runtime.block_on(first_answer(folder.path(), &address, &[])).1).collect();
    times.sort();
    println!(
        "start to first answer: {:?} (median of {STARTS}), {:?} at most",
        times[STARTS / 2],
        times[STARTS - 1]
    );

    let state = ["--state", "ledger"];
    let (peer, _, gateway) = runtime.block_on(first_answer(folder.path(), &address, &state));
    for done in (0..TRANSACTIONS).step_by(REPORT_EVERY) {
        runtime.block_on(submit(&gateway, done..done + REPORT_EVERY));
        println!("{:>6} transactions: {}", done + REPORT_EVERY, resident(&peer));
    }
}

/// Starts the sample and waits until it listens.
fn chaincode() -> (Process, String) {
    let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let address = address.expect("a free port").to_string();
    let chaincode = Command::new(env!("CARGO_BIN_EXE_ccs"))
        .arg("sample-chaincode")
        .envs([("CHAINCODE_ID", "basic:1.0"), ("CHAINCODE_SERVER_ADDRESS", &address)])
        .env("CHAINCODE_TLS_DISABLED", "true")
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn();
    let chaincode = Process(chaincode.expect("the sample"));
    while TcpStream::connect(&address).is_err() {
        std::thread::yield_now();
    }
    (chaincode, address)
}

/// Starts a peer and asks it as soon as it listens; returns the time until the answer.
async fn first_answer(folder: &Path, chaincode: &str, options: &[&str]) -> (Process, Duration, Gateway) {
    let begin = Instant::now();
    let (peer, gateway) = start_peer(env!("CARGO_BIN_EXE_ccs"), folder, chaincode, options).await;
    evaluate(&gateway).await;
    (peer, begin.elapsed(), gateway)
}

/// Creates these assets.
async fn submit(gateway: &Gateway, assets: std::ops::Range<usize>) {
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let (gateway, assets) = (gateway.clone(), assets.clone());
        clients.spawn(async move {
            for asset in assets.skip(client).step_by(CLIENTS) {
                let mut call = Call::new("mychannel", "basic", "CreateAsset");
                let arguments = [&format!("asset{asset}"), "green", "7", "Ada", "700"];
                call.arguments = arguments.map(|argument| argument.as_bytes().to_vec()).into();
                gateway.submit(&call).await.expect("a committed transaction");
            }
        });
    }
    clients.join_all().await;
}

/// Reads the resident memory of the peer, and its peak.
fn resident(peer: &Process) -> String {
    let status = fs::read_to_string(format!("/proc/{}/status", peer.0.id())).expect("Linux");
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(':')).map_or("?", |(_, value)| value.trim()).to_owned()
    };
    format!("resident {}, peak {}", field("VmRSS"), field("VmHWM"))
}
