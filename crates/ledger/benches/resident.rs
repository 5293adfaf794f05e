//! Measures the memory of a process that commits 200,000 transactions, to a temporary store and to one in a folder.
//!
//! Prints the resident memory after every 40,000 transactions, and the time to open the store in the folder again. Do
//! not use it to compare times.

#![expect(clippy::expect_used, reason = "a benchmark may stop")]

#[path = "../tests/common/mod.rs"]
mod common;

use std::fs;
use std::path::Path;
use std::time::Instant;

use ccs_ledger::Store;

const TRANSACTIONS: usize = 200_000;
const BLOCK: usize = 50;

fn main() {
    commit("temporary", &Store::temporary().expect("a new store"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    commit("on disk", &Store::open(folder.path()).expect("a new store"));
    let start = Instant::now();
    let store = Store::open(folder.path()).expect("the store");
    println!("opened again in {:.1?}: {}, file {} KiB", start.elapsed(), resident(), size(folder.path()));
    drop(store);
}

fn commit(place: &str, store: &Store) {
    let ledger = store.channel("mychannel", common::genesis).expect("a new channel");
    let start = Instant::now();
    for first in (0..TRANSACTIONS).step_by(BLOCK) {
        let simulated = (first..first + BLOCK).map(|n| {
            let id = format!("{n:064x}");
            let mut simulation = ledger.simulate(id.clone()).expect("a simulation");
            // Half of the keys are new, the others are overwritten.
            let key = format!("asset{:06}", if n % 2 == 0 { n } else { n / 10 });
            simulation.get("basic", &key).expect("a read");
            simulation.put("basic", &key, vec![b'x'; 200]).expect("a write");
            common::endorsed(&id, simulation.finish())
        });
        let transactions: Vec<_> = simulated.collect();
        ledger.commit(&transactions, &()).expect("a block");
        if (first + BLOCK).is_multiple_of(TRANSACTIONS / 5) {
            println!(
                "{place:>9}: {:>6} transactions in {:.1?}: {}",
                first + BLOCK,
                start.elapsed(),
                resident()
            );
        }
    }
}

/// Returns the size of a store's file in KiB.
fn size(folder: &Path) -> u64 {
    fs::metadata(folder.join("ledger.redb")).expect("the file").len() / 1024
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
