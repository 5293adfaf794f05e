//! Measures simulation and commits of transactions, in memory and on disk.

#![expect(clippy::expect_used, reason = "a benchmark may stop")]

#[path = "../tests/common/mod.rs"]
mod common;

use std::hint::black_box;

use ccs_ledger::{Ledger, Store, Transaction};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

/// Number of keys before the measurements.
const KEYS: usize = 10_000;

fn key(n: usize) -> String {
    format!("asset{:06}", n % KEYS)
}

fn transaction(ledger: &Ledger, n: usize) -> Transaction {
    let id = format!("{n:064x}");
    let mut simulation = ledger.simulate(id.clone()).expect("a simulation");
    simulation.get("basic", &key(n)).expect("a read");
    simulation.put("basic", &key(n), vec![b'x'; 200]).expect("a write");
    common::endorsed(&id, simulation.finish())
}

fn filled(store: &Store) -> Ledger {
    let ledger = store.channel("mychannel", common::genesis).expect("a new channel");
    let mut simulation = ledger.simulate("fill").expect("a simulation");
    for n in 0..KEYS {
        simulation.put("basic", &key(n), vec![b'x'; 200]).expect("a write");
    }
    ledger.commit(&[common::endorsed("fill", simulation.finish())], &()).expect("a block");
    ledger
}

fn measure(criterion: &mut Criterion, name: &str, ledger: &Ledger) {
    let mut group = criterion.benchmark_group(name);
    group.sample_size(20);
    group.bench_function("simulate a read and a write", |bencher| {
        bencher.iter(|| black_box(transaction(ledger, 7)));
    });
    group.bench_function("simulate a range of 100", |bencher| {
        bencher.iter(|| {
            let mut simulation = ledger.simulate("t").expect("a simulation");
            let mut query = simulation.range("basic", &key(500), "", 100).expect("a query");
            black_box(simulation.next_batch(&mut query).expect("a batch"))
        });
    });
    let mut next = 1_000_000;
    for size in [1, 100_usize] {
        group.throughput(Throughput::Elements(size as u64));
        group.bench_function(format!("commit a block of {size}"), |bencher| {
            let mut block = || {
                next += size;
                (next - size..next).map(|n| transaction(ledger, n)).collect::<Vec<_>>()
            };
            bencher.iter_batched(
                &mut block,
                |block| ledger.commit(&block, &()).expect("a block"),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

fn ledgers(criterion: &mut Criterion) {
    measure(criterion, "memory", &filled(&Store::temporary().expect("a store")));
    let folder = tempfile::tempdir().expect("a temporary folder");
    measure(criterion, "disk", &filled(&Store::open(folder.path()).expect("a store")));
}

criterion_group!(benches, ledgers);
criterion_main!(benches);
