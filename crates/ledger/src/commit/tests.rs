mod large;
mod private;

use super::*;
use crate::fixture::{commit, endorsed, ledger, simulated, value};
use crate::tables::MAX_KEY_LENGTH;
use crate::{Metadata, Replicas};

fn codes(ledger: &Ledger, transactions: &[Transaction]) -> Vec<TxValidationCode> {
    ledger.commit(transactions, &()).unwrap().codes
}

#[test]
fn what_was_committed_can_be_read() {
    let ledger = ledger();
    let committed = commit(&ledger, "t1", |simulation| simulation.put("cc", "a", b"1".to_vec()).unwrap());
    assert_eq!((committed.number, ledger.height()), (1, 2));
    assert_eq!(value(&ledger, "cc", "a"), Some(b"1".to_vec()));
    assert_eq!(value(&ledger, "other", "a"), None);
    assert_eq!(ledger.block(1).unwrap(), Some(committed.block.clone()));
    assert_eq!(ledger.block_of_transaction("t1").unwrap(), Some(committed.block));
    assert_eq!(ledger.block(2).unwrap(), None);
    let processed = ledger.transaction("t1").unwrap().unwrap();
    assert_eq!((processed.block, processed.index, processed.code), (1, 0, TxValidationCode::Valid));
    assert_eq!(ledger.transaction("t2").unwrap(), None);
    commit(&ledger, "t2", |simulation| simulation.delete("cc", "a").unwrap());
    assert_eq!(value(&ledger, "cc", "a"), None);
}

#[test]
fn a_key_that_was_read_and_changed_since_is_a_conflict() {
    let ledger = ledger();
    let read_and_write = |simulation: &mut crate::Simulation| {
        simulation.get("cc", "a").unwrap();
        simulation.put("cc", "a", b"1".to_vec()).unwrap();
    };
    let first = simulated(&ledger, "t1", read_and_write);
    let second = simulated(&ledger, "t2", read_and_write);
    let blind = simulated(&ledger, "t3", |simulation| simulation.put("cc", "a", b"2".to_vec()).unwrap());
    assert_eq!(
        codes(&ledger, &[first, second, blind]),
        [TxValidationCode::Valid, TxValidationCode::MvccReadConflict, TxValidationCode::Valid]
    );
    assert_eq!(value(&ledger, "cc", "a"), Some(b"2".to_vec()));
    let third = simulated(&ledger, "t4", read_and_write);
    commit(&ledger, "t5", |simulation| simulation.delete("cc", "a").unwrap());
    assert_eq!(codes(&ledger, &[third]), [TxValidationCode::MvccReadConflict]);
}

#[test]
fn a_key_that_appears_in_a_range_is_a_phantom() {
    let ledger = ledger();
    let read_range = |simulation: &mut crate::Simulation| {
        let mut query = simulation.range("cc", "a", "c", 1000).unwrap();
        simulation.next_batch(&mut query).unwrap();
    };
    let put = |key: &'static str| {
        move |simulation: &mut crate::Simulation| simulation.put("cc", key, b"1".to_vec()).unwrap()
    };
    let reader = simulated(&ledger, "t1", read_range);
    let behind = simulated(&ledger, "t2", put("c"));
    assert_eq!(codes(&ledger, &[behind, reader]), [TxValidationCode::Valid; 2]);
    let reader = simulated(&ledger, "t3", read_range);
    let within = simulated(&ledger, "t4", put("b"));
    assert_eq!(
        codes(&ledger, &[within, reader]),
        [TxValidationCode::Valid, TxValidationCode::PhantomReadConflict]
    );
    let reader = simulated(&ledger, "t5", read_range);
    commit(&ledger, "t6", |simulation| simulation.delete("cc", "b").unwrap());
    assert_eq!(codes(&ledger, &[reader]), [TxValidationCode::PhantomReadConflict]);
}

#[test]
fn a_long_range_is_compared_by_its_hashes() {
    let ledger = ledger();
    commit(&ledger, "fill", |simulation| {
        (0..120).for_each(|n| simulation.put("cc", &format!("k{n:03}"), b"1".to_vec()).unwrap());
    });
    let reader = |id| {
        simulated(&ledger, id, |simulation| {
            let mut query = simulation.range("cc", "", "", 1000).unwrap();
            while simulation.next_batch(&mut query).unwrap().has_more {}
        })
    };
    assert_eq!(codes(&ledger, &[reader("t1")]), [TxValidationCode::Valid]);
    let late = reader("t2");
    let writer = simulated(&ledger, "t3", |one| one.put("cc", "k060", b"2".to_vec()).unwrap());
    assert_eq!(
        codes(&ledger, &[writer, late]),
        [TxValidationCode::Valid, TxValidationCode::PhantomReadConflict]
    );
}

#[test]
fn an_id_counts_once() {
    let ledger = ledger();
    let put = |simulation: &mut crate::Simulation| simulation.put("cc", "a", b"1".to_vec()).unwrap();
    let transaction = simulated(&ledger, "t1", put);
    let rejected = |code| Transaction { content: Content::Rejected(code), ..transaction.clone() };
    assert_eq!(
        codes(
            &ledger,
            &[rejected(TxValidationCode::BadCreatorSignature), transaction.clone(), transaction.clone()]
        ),
        [TxValidationCode::BadCreatorSignature, TxValidationCode::Valid, TxValidationCode::DuplicateTxid]
    );
    // The first occurrence counts.
    assert_eq!(ledger.transaction("t1").unwrap().unwrap().code, TxValidationCode::BadCreatorSignature);
    assert_eq!(
        codes(
            &ledger,
            &[
                transaction.clone(),
                rejected(TxValidationCode::EndorsementPolicyFailure),
                rejected(TxValidationCode::BadProposalTxid),
            ]
        ),
        [TxValidationCode::DuplicateTxid, TxValidationCode::DuplicateTxid, TxValidationCode::BadProposalTxid]
    );
    let config = Transaction { envelope: b"c".to_vec(), id: String::new(), content: Content::Config };
    assert_eq!(codes(&ledger, &[config.clone(), config]), [TxValidationCode::Valid; 2]);
}

#[test]
fn a_namespace_does_not_reach_into_collections() {
    let ledger = ledger();
    let mut results = ledger.simulate("t1").unwrap().finish();
    let set = ccs_proto::rwset::NsReadWriteSet { namespace: "cc$$pcoll".to_owned(), ..Default::default() };
    results.public.ns_rwset.push(set);
    assert_eq!(codes(&ledger, &[endorsed("t1", results)]), [TxValidationCode::IllegalWriteset]);
}

#[test]
fn values_and_metadata_are_written_apart() {
    let ledger = ledger();
    let metadata = |text: &str| Metadata::from([("m".to_owned(), text.as_bytes().to_vec())]);
    let read = || {
        let mut simulation = ledger.simulate("reader").unwrap();
        (simulation.get("cc", "a").unwrap(), simulation.metadata("cc", "a").unwrap())
    };
    // A key that does not exist has no metadata.
    let committed =
        commit(&ledger, "t1", |simulation| simulation.put_metadata("cc", "a", metadata("1")).unwrap());
    assert_eq!((read(), committed.updates), ((None, Metadata::new()), Updates::new()));
    commit(&ledger, "t2", |simulation| {
        simulation.put("cc", "a", b"1".to_vec()).unwrap();
        simulation.put_metadata("cc", "a", metadata("2")).unwrap();
    });
    // Writing a value keeps the metadata, also within a block.
    let value = simulated(&ledger, "t3", |simulation| simulation.put("cc", "a", b"2".to_vec()).unwrap());
    let reader = simulated(&ledger, "t4", |simulation| drop(simulation.get("cc", "a").unwrap()));
    let other = simulated(&ledger, "t5", |one| one.put_metadata("cc", "a", metadata("3")).unwrap());
    assert_eq!(codes(&ledger, &[value]), [TxValidationCode::Valid]);
    assert_eq!(read(), (Some(b"2".to_vec()), metadata("2")));
    // Writing metadata keeps the value and changes the version.
    assert_eq!(codes(&ledger, &[other]), [TxValidationCode::Valid]);
    assert_eq!(read(), (Some(b"2".to_vec()), metadata("3")));
    assert_eq!(codes(&ledger, &[reader]), [TxValidationCode::MvccReadConflict]);
    // Deleting a key deletes its metadata, and later transactions of the block see neither.
    let delete = simulated(&ledger, "t6", |simulation| simulation.delete("cc", "a").unwrap());
    let late = simulated(&ledger, "t7", |one| one.put_metadata("cc", "a", metadata("4")).unwrap());
    assert_eq!(codes(&ledger, &[delete, late]), [TxValidationCode::Valid; 2]);
    commit(&ledger, "t8", |simulation| simulation.put("cc", "a", b"3".to_vec()).unwrap());
    assert_eq!(read(), (Some(b"3".to_vec()), Metadata::new()));
}

#[test]
fn the_height_grows_with_the_block() {
    let ledger = ledger();
    let mut heights = ledger.subscribe();
    assert_eq!(*heights.borrow_and_update(), 1);
    let committed = ledger.commit(&[], &()).unwrap();
    assert_eq!((committed.number, committed.codes.len()), (1, 0));
    assert!(heights.has_changed().unwrap());
    assert_eq!(*heights.borrow_and_update(), 2);
}

#[test]
fn a_block_is_told_of_once_the_height_counts_it() {
    let ledger = ledger();
    let committed = commit(&ledger, "t1", |simulation| simulation.put("cc", "a", b"1".to_vec()).unwrap());
    let hash = crate::block::header_hash(committed.block.header.as_ref().unwrap());
    // The state between the write to the store and the new height.
    ledger.set_height(1);
    assert_eq!(ledger.transaction("t1").unwrap(), None);
    assert_eq!(ledger.block(1).unwrap(), None);
    assert_eq!(ledger.block_by_hash(&hash).unwrap(), None);
    assert_eq!(ledger.block_of_transaction("t1").unwrap(), None);
    assert!(ledger.has_transaction("t1").unwrap());
    ledger.set_height(2);
    assert_eq!(ledger.transaction("t1").unwrap().unwrap().block, 1);
    assert_eq!(ledger.block_by_hash(&hash).unwrap(), Some(committed.block));
}

#[test]
fn the_same_blocks_have_the_same_commit_hash() {
    let hash = || {
        let ledger = ledger();
        commit(&ledger, "t1", |simulation| simulation.put("cc", "a", b"1".to_vec()).unwrap());
        let block = commit(&ledger, "t2", |simulation| {
            simulation.delete("cc", "a").unwrap();
            simulation.put("b", "k", b"2".to_vec()).unwrap();
            simulation.put_private("cc", "c1", "p", b"3".to_vec()).unwrap();
        });
        hex::encode(crate::block::metadata(&block.block, BlockMetadataIndex::CommitHash))
    };
    assert_eq!(hash(), hash());
    assert_eq!(hash().len(), 2 * 34);
}

#[test]
fn the_height_never_goes_backwards() {
    let ledger = ledger();
    let mut heights = Vec::new();
    let first = simulated(&ledger, "t1", |simulation| simulation.put("cc", "a", b"1".to_vec()).unwrap());
    // Another block is committed and counted before the first one is counted.
    Replicas::new(vec![ledger.clone()])
        .unwrap()
        .commit_with(&[[first]], &(), |_| {
            commit(&ledger, "t2", |simulation| simulation.put("cc", "b", b"1".to_vec()).unwrap());
            heights.push(ledger.height());
        })
        .unwrap();
    heights.push(ledger.height());
    assert_eq!(heights, [3, 3]);
    assert_eq!(ledger.block(2).unwrap().unwrap().header.unwrap().number, 2);
}

#[test]
fn keys_that_the_state_cannot_hold_are_refused() {
    let ledger = ledger();
    let longest = "k".repeat(MAX_KEY_LENGTH);
    let long = format!("{longest}k");
    let mut simulation = ledger.simulate("t1").unwrap();
    let refusals = [
        simulation.put("cc", &long, b"1".to_vec()),
        simulation.put_metadata("cc", &long, Metadata::new()),
        simulation.put_private("cc", "c1", &long, b"1".to_vec()),
        simulation.put_private_metadata("cc", "c1", &long, Metadata::new()),
    ];
    for refusal in refusals {
        assert_eq!(
            refusal.unwrap_err().to_string(),
            "txid [t1]: cannot write a key of 32769 bytes: the limit is 32768"
        );
    }
    assert_eq!(simulation.get("cc", &long).unwrap(), None);
    simulation.put("cc", &longest, b"1".to_vec()).unwrap();
    codes(&ledger, &[endorsed("t1", simulation.finish())]);
    assert_eq!(value(&ledger, "cc", &longest), Some(b"1".to_vec()));

    // A set that no simulation has created.
    let mut results = ledger.simulate("t2").unwrap().finish();
    let write = ccs_proto::kvrwset::KvWrite { key: long, is_delete: false, value: b"1".to_vec() };
    let set = ccs_proto::kvrwset::KvrwSet { writes: vec![write], ..Default::default() };
    let rwset = prost::Message::encode_to_vec(&set);
    let set = ccs_proto::rwset::NsReadWriteSet { namespace: "cc".to_owned(), rwset, ..Default::default() };
    results.public.ns_rwset.push(set);
    assert_eq!(codes(&ledger, &[endorsed("t2", results)]), [TxValidationCode::IllegalWriteset]);
}

#[test]
fn a_transaction_is_found_by_an_id_of_any_length() {
    let ledger = ledger();
    let id = "f".repeat(1 << 20);
    let rejected = |id: &str| Transaction {
        envelope: b"e".to_vec(),
        id: id.to_owned(),
        content: Content::Rejected(TxValidationCode::BadProposalTxid),
    };
    codes(&ledger, &[rejected(&id)]);
    assert_eq!(ledger.transaction(&id).unwrap().unwrap().block, 1);
    assert!(ledger.has_transaction(&id).unwrap());
    assert_eq!(ledger.transaction(&id[1..]).unwrap(), None);
}
