//! Measures a transaction that writes new keys next to a large value.
//!
//! Prints the time to write the value and the time to commit the keys, for stores in a temporary file and in a
//! folder. The keys sort directly after the value, and directly before it.

#![expect(clippy::expect_used, reason = "a benchmark may stop")]

#[path = "../tests/common/mod.rs"]
mod common;

use std::time::{Duration, Instant};

use ccs_ledger::{Ledger, Store};

/// Size of the value in MiB, and number of keys written next to it.
const CASES: [(usize, usize); 3] = [(0, 5_000), (10, 500), (99, 5_000)];

fn main() {
    for (size, keys) in CASES {
        measure("temporary", &Store::temporary().expect("a store"), size, keys);
        let folder = tempfile::tempdir().expect("a temporary folder");
        measure("on disk", &Store::open(folder.path()).expect("a store"), size, keys);
    }
}

fn measure(place: &str, store: &Store, size: usize, keys: usize) {
    let ledger = store.channel("mychannel", common::genesis).expect("a new channel");
    let value = if size == 0 { vec![b'x'; 200] } else { vec![b'x'; size << 20] };
    let large = write(&ledger, "large", [("m".to_owned(), value)]);
    let small =
        |prefix: &str| (0..keys).map(|n| (format!("{prefix}{n:06}"), vec![b'x'; 200])).collect::<Vec<_>>();
    let behind = write(&ledger, "behind", small("n"));
    let before = write(&ledger, "before", small("l"));
    println!(
        "{place:>9}: a value of {size:>2} MiB in {large:.1?}, {keys} keys behind it in {behind:.1?}, before it in {before:.1?}"
    );
}

/// Writes values in one transaction, and returns the duration of the commit.
fn write(ledger: &Ledger, id: &str, values: impl IntoIterator<Item = (String, Vec<u8>)>) -> Duration {
    let mut simulation = ledger.simulate(id).expect("a simulation");
    for (key, value) in values {
        simulation.put("basic", &key, value).expect("a write");
    }
    let transaction = common::endorsed(id, simulation.finish());
    let start = Instant::now();
    ledger.commit(&[transaction], &()).expect("a block");
    start.elapsed()
}
