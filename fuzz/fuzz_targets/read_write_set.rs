//! Read/write sets of any bytes are either committed or invalid, and the ledger still works. The first byte selects
//! the kind of the rest: a whole set, the public part of a namespace, or the public or private part of a collection.
#![no_main]

#[path = "../../crates/ledger/tests/common/mod.rs"]
mod common;

use std::collections::BTreeSet;

use ccs_ledger::{Ledger, Results, Store};
use ccs_proto::rwset::{
    CollectionHashedReadWriteSet, CollectionPvtReadWriteSet, NsPvtReadWriteSet, NsReadWriteSet,
    TxPvtReadWriteSet, TxReadWriteSet,
};
use libfuzzer_sys::fuzz_target;
use prost::Message;
use sha2::{Digest, Sha256};

fuzz_target!(|input: &[u8]| {
    let Some((kind, bytes)) = input.split_first() else { return };
    let Some(results) = results(kind % 4, bytes) else { return };
    let store = Store::temporary().expect("a temporary file can be had");
    let ledger = store.channel("ch", common::genesis).expect("a new channel");
    fill(&ledger);
    let transactions = ["t1", "t2"].map(|id| common::endorsed(id, results.clone()));
    let committed = ledger.commit(&transactions, &()).expect("an invalid transaction is not an error");
    assert_eq!((committed.codes.len(), ledger.height()), (2, 3));
    for (namespace, keys) in &committed.updates {
        let is_public = !namespace.contains("$$");
        for key in keys.keys().filter(|_| is_public) {
            let key = std::str::from_utf8(key).expect("public keys are texts");
            let simulation = ledger.simulate("reader").expect("a simulation");
            let mut history = simulation.history(namespace, key, 10).expect("a query");
            history.next_batch().expect("the written values can be read");
        }
    }
    let mut simulation = ledger.simulate("reader").expect("a simulation");
    assert!(simulation.scan("cc").expect("a query").all(|row| row.is_ok()));
    assert!(simulation.scan_private("cc", "c1").expect("a query").all(|row| row.is_ok()));
    ledger.private_data(2).expect("the stored values can be read");
    ledger.commit(&[], &()).expect("the next block");
});

/// Makes a set from the fuzzer's bytes.
fn results(kind: u8, bytes: &[u8]) -> Option<Results> {
    let mut private = None;
    let hashed = |hashed_rwset: &[u8], pvt_rwset_hash| CollectionHashedReadWriteSet {
        collection_name: "c1".to_owned(),
        hashed_rwset: hashed_rwset.to_vec(),
        pvt_rwset_hash,
    };
    let namespace = |rwset: &[u8], collection_hashed_rwset| TxReadWriteSet {
        ns_rwset: vec![NsReadWriteSet {
            namespace: "cc".to_owned(),
            rwset: rwset.to_vec(),
            collection_hashed_rwset,
        }],
        ..TxReadWriteSet::default()
    };
    let public = match kind {
        0 => TxReadWriteSet::decode(bytes).ok()?,
        1 => namespace(bytes, Vec::new()),
        2 => namespace(&[], vec![hashed(bytes, Vec::new())]),
        _ => {
            let set = CollectionPvtReadWriteSet { collection_name: "c1".to_owned(), rwset: bytes.to_vec() };
            let set = NsPvtReadWriteSet { namespace: "cc".to_owned(), collection_pvt_rwset: vec![set] };
            private = Some(TxPvtReadWriteSet { ns_pvt_rwset: vec![set], ..TxPvtReadWriteSet::default() });
            namespace(&[], vec![hashed(&[], Sha256::digest(bytes).to_vec())])
        }
    };
    Some(Results { public, private, private_reads: BTreeSet::new(), touched: Vec::new() })
}

/// Commits keys to which a set may refer.
fn fill(ledger: &Ledger) {
    let mut simulation = ledger.simulate("fill").expect("a simulation");
    for key in ["", "a", "b"] {
        simulation.put("cc", key, b"1".to_vec()).expect("a write");
        simulation.put_private("cc", "c1", key, b"1".to_vec()).expect("a write");
    }
    ledger.commit(&[common::endorsed("fill", simulation.finish())], &()).expect("a block");
}
