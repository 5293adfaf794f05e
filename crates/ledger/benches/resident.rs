//! How much memory a process takes that commits 100 000 transactions to a store on the disk.
//!
//! Prints the resident memory after every 20 000, and the size of the file. It is not for comparing times.

#![expect(clippy::expect_used, reason = "a benchmark may stop")]

#[path = "../tests/common/mod.rs"]
mod common;

use std::fs;

use ccs_ledger::Store;

const TRANSACTIONS: usize = 100_000;
const BLOCK: usize = 50;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::open(folder.path()).expect("a new store");
    let ledger = store.channel("mychannel", common::genesis).expect("a new channel");
    for first in (0..TRANSACTIONS).step_by(BLOCK) {
        let simulated = (first..first + BLOCK).map(|n| {
            let id = format!("{n:064x}");
            let mut simulation = ledger.simulate(id.clone()).expect("a simulation");
            // Half of the keys are new, the others are written again.
            let key = format!("asset{:06}", if n % 2 == 0 { n } else { n / 10 });
            simulation.get("basic", &key).expect("a read");
            simulation.put("basic", &key, vec![b'x'; 200]).expect("a write");
            common::endorsed(&id, simulation.finish())
        });
        let transactions: Vec<_> = simulated.collect();
        ledger.commit(&transactions, &()).expect("a block");
        if (first + BLOCK).is_multiple_of(20_000) {
            let size = fs::metadata(folder.path().join("ledger.redb")).expect("the file").len();
            println!("{:>6} transactions: {}, file {} KiB", first + BLOCK, resident(), size / 1024);
        }
    }
}

/// Reads the resident memory of this process, and its peak.
fn resident() -> String {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(':')).map_or("?", |(_, value)| value.trim()).to_owned()
    };
    format!("resident {}, peak {}", field("VmRSS"), field("VmHWM"))
}
