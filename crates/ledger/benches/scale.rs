//! Measures a page of a long range, and the history of a key with many versions.
//!
//! Fills a channel with a million keys, and writes one key 100,000 times. Prints the time of the first, the middle
//! and the last pages, of a scan, and of the history, with the resident memory after each.

#![expect(clippy::expect_used, reason = "a benchmark may stop")]

#[path = "../tests/common/mod.rs"]
mod common;

use std::fs;
use std::time::Instant;

use ccs_ledger::{Ledger, Store};

const KEYS: usize = 1_000_000;
const KEYS_OF_A_TRANSACTION: usize = 10_000;
const PAGE: usize = 1_000;
const VERSIONS: usize = 100_000;
const VERSIONS_OF_A_BLOCK: usize = 500;

fn main() {
    let store = Store::temporary().expect("a new store");
    let ledger = store.channel("mychannel", common::genesis).expect("a new channel");
    timed("a million keys", || fill(&ledger));
    pages(&ledger);
    timed("a scan of all keys", || {
        let scan = ledger.simulate("scan").expect("a simulation").scan("basic").expect("a scan");
        assert_eq!(scan.flatten().count(), KEYS);
    });
    timed("100,000 versions of a key", || write_again(&ledger));
    timed("the newest 100 of the history", || assert_eq!(history(&ledger, 100), 100));
    timed("the whole history", || assert_eq!(history(&ledger, usize::MAX), VERSIONS));
}

fn timed(name: &str, run: impl FnOnce()) {
    let start = Instant::now();
    run();
    println!("{name}: {:.1?}, {}", start.elapsed(), resident());
}

fn key(n: usize) -> String {
    format!("asset{n:07}")
}

fn fill(ledger: &Ledger) {
    for first in (0..KEYS).step_by(KEYS_OF_A_TRANSACTION) {
        let id = format!("fill{first}");
        let mut simulation = ledger.simulate(id.clone()).expect("a simulation");
        for n in first..first + KEYS_OF_A_TRANSACTION {
            simulation.put("basic", &key(n), vec![b'x'; 200]).expect("a write");
        }
        ledger.commit(&[common::endorsed(&id, simulation.finish())], &()).expect("a block");
    }
}

/// Reads all keys page by page, each in its own transaction, and prints the slowest page of each tenth.
fn pages(ledger: &Ledger) {
    let mut bookmark = String::new();
    let mut slowest = std::time::Duration::ZERO;
    for page in 1..=KEYS / PAGE {
        let start = Instant::now();
        let mut simulation = ledger.simulate("page").expect("a simulation");
        let found = simulation.range_page("basic", ("", ""), PAGE, &bookmark).expect("a page");
        assert_eq!(found.results.len(), PAGE);
        slowest = slowest.max(start.elapsed());
        bookmark = found.bookmark.unwrap_or_default();
        if page.is_multiple_of(KEYS / PAGE / 10) {
            println!("pages of {PAGE} up to page {page}: slowest {slowest:.1?}, {}", resident());
            slowest = std::time::Duration::ZERO;
        }
    }
}

fn write_again(ledger: &Ledger) {
    for first in (0..VERSIONS).step_by(VERSIONS_OF_A_BLOCK) {
        let transactions = (first..first + VERSIONS_OF_A_BLOCK).map(|n| {
            let id = format!("{n:064x}");
            let mut simulation = ledger.simulate(id.clone()).expect("a simulation");
            simulation.put("basic", "busy", n.to_string().into_bytes()).expect("a write");
            common::endorsed(&id, simulation.finish())
        });
        ledger.commit(&transactions.collect::<Vec<_>>(), &()).expect("a block");
    }
}

fn history(ledger: &Ledger, limit: usize) -> usize {
    let simulation = ledger.simulate("history").expect("a simulation");
    let mut query = simulation.history("basic", "busy", limit).expect("a query");
    let mut count = 0;
    loop {
        let batch = query.next_batch().expect("a batch");
        count += batch.results.len();
        if !batch.has_more {
            return count;
        }
    }
}

fn resident() -> String {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(':')).map_or("?", |(_, value)| value.trim()).to_owned()
    };
    format!("resident {}, peak {}", field("VmRSS"), field("VmHWM"))
}
