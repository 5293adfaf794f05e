use std::collections::BTreeMap;

use ccs_proto::kvrwset::KvrwSet;
use prost::Message;
use sha2::{Digest, Sha256};

use super::*;
use crate::{Simulation, SimulationError};

/// Collections that keep values for the given number of blocks.
struct Forgetting(u64);

impl Collections for Forgetting {
    fn block_to_live(&self, _: &str, collection: &str) -> u64 {
        if collection == "short" { self.0 } else { 0 }
    }
}

fn private(ledger: &Ledger, collection: &str, key: &str) -> Result<Option<Vec<u8>>, SimulationError> {
    ledger.simulate("reader").unwrap().get_private("cc", collection, key)
}

fn hash(ledger: &Ledger, collection: &str, key: &str) -> Option<Vec<u8>> {
    ledger.simulate("reader").unwrap().private_hash("cc", collection, key).unwrap()
}

/// Returns the stored keys and values of a block, by collection.
fn kept(ledger: &Ledger, block: u64) -> BTreeMap<String, Vec<(String, Vec<u8>)>> {
    let mut kept = BTreeMap::new();
    for set in ledger.private_data(block).unwrap().into_values() {
        for collection in set.ns_pvt_rwset.into_iter().flat_map(|set| set.collection_pvt_rwset) {
            let set = KvrwSet::decode(collection.rwset.as_slice()).unwrap();
            let writes = set.writes.into_iter().map(|write| (write.key, write.value)).collect();
            kept.insert(collection.collection_name, writes);
        }
    }
    kept
}

fn put(collection: &'static str, key: &'static str, value: &'static [u8]) -> impl Fn(&mut Simulation) {
    move |simulation| simulation.put_private("cc", collection, key, value.to_vec()).unwrap()
}

fn kept_alone(collection: &str, key: &str, value: &[u8]) -> BTreeMap<String, Vec<(String, Vec<u8>)>> {
    BTreeMap::from([(collection.to_owned(), vec![(key.to_owned(), value.to_vec())])])
}

#[test]
fn a_value_is_private_and_its_hash_public() {
    let ledger = ledger();
    let committed = commit(&ledger, "t1", put("c1", "a", b"1"));
    assert_eq!(private(&ledger, "c1", "a").unwrap(), Some(b"1".to_vec()));
    assert_eq!(private(&ledger, "c2", "a").unwrap(), None);
    assert_eq!(hash(&ledger, "c1", "a"), Some(Sha256::digest(b"1").to_vec()));
    assert_eq!(value(&ledger, "cc", "a"), None);
    assert_eq!(committed.updates.keys().collect::<Vec<_>>(), ["cc$$hc1", "cc$$pc1"]);
    assert_eq!(kept(&ledger, 1), kept_alone("c1", "a", b"1"));
    let mut simulation = ledger.simulate("reader").unwrap();
    let mut query = simulation.range_private(("cc", "c1"), "", "", 10).unwrap();
    assert_eq!(simulation.next_batch(&mut query).unwrap().results.len(), 1);
    assert_eq!(simulation.scan_private("cc", "c1").unwrap().count(), 1);
    assert_eq!(simulation.get_private_multiple("cc", "c1", ["b", "a"]).unwrap(), [None, Some(b"1".to_vec())]);
    commit(&ledger, "t2", |simulation| simulation.delete_private("cc", "c1", "a").unwrap());
    assert_eq!((private(&ledger, "c1", "a").unwrap(), hash(&ledger, "c1", "a")), (None, None));
}

#[test]
fn a_hash_that_was_read_and_changed_since_is_a_conflict() {
    let ledger = ledger();
    commit(&ledger, "t1", put("c1", "a", b"1"));
    let reader =
        |id| simulated(&ledger, id, |simulation| drop(simulation.private_hash("cc", "c1", "a").unwrap()));
    let (same, later) = (reader("t2"), reader("t3"));
    let writer = simulated(&ledger, "t4", put("c1", "a", b"2"));
    assert_eq!(
        codes(&ledger, &[writer, same]),
        [TxValidationCode::Valid, TxValidationCode::MvccReadConflict]
    );
    assert_eq!(codes(&ledger, &[later]), [TxValidationCode::MvccReadConflict]);
}

#[test]
fn a_value_that_is_not_that_of_the_hash_is_not_taken() {
    let ledger = ledger();
    commit(&ledger, "t1", put("c1", "a", b"1"));
    let mut transaction = simulated(&ledger, "t2", put("c1", "a", b"2"));
    let Content::Endorsed { private: Some(set), .. } = &mut transaction.content else { panic!() };
    set.ns_pvt_rwset[0].collection_pvt_rwset[0].rwset.push(0);
    assert_eq!(codes(&ledger, &[transaction]), [TxValidationCode::Valid]);
    assert_eq!(
        private(&ledger, "c1", "a").unwrap_err().to_string(),
        "private data matching public hash version is not available. Public hash version = {BlockNum: 2, TxNum: 0}, \
         Private data version = {BlockNum: 1, TxNum: 0}"
    );
    let mut absent = simulated(&ledger, "t3", put("c1", "b", b"2"));
    let Content::Endorsed { private: set, .. } = &mut absent.content else { panic!() };
    *set = None;
    let missing = ledger.commit(&[absent], &()).unwrap().missing;
    let names =
        |one: &crate::MissingPrivateData| (one.transaction, one.namespace.clone(), one.collection.clone());
    assert_eq!(missing.iter().map(names).collect::<Vec<_>>(), [(0, "cc".to_owned(), "c1".to_owned())]);
    assert_eq!(
        private(&ledger, "c1", "b").unwrap_err().to_string(),
        "private data matching public hash version is not available. Public hash version = {BlockNum: 3, TxNum: 0}, \
         Private data version = <nil>"
    );
    assert_eq!(kept(&ledger, 2), BTreeMap::new());
}

#[test]
fn metadata_changes_the_version_of_the_hash_and_of_the_value() {
    let ledger = ledger();
    let policy = crate::Metadata::from([("m".to_owned(), b"1".to_vec())]);
    commit(&ledger, "t1", put("c1", "a", b"1"));
    commit(&ledger, "t2", |one| one.put_private_metadata("cc", "c1", "a", policy.clone()).unwrap());
    assert_eq!(private(&ledger, "c1", "a").unwrap(), Some(b"1".to_vec()));
    let mut simulation = ledger.simulate("reader").unwrap();
    assert_eq!(simulation.private_metadata("cc", "c1", "a").unwrap(), policy);
    assert_eq!(simulation.metadata_of_hash("cc", "c1", &Sha256::digest("a")).unwrap(), policy);
    assert_eq!(simulation.metadata_of_hash("cc", "c1", &Sha256::digest("b")).unwrap(), Metadata::new());
    // This does not make a stale value current.
    let mut transaction = simulated(&ledger, "t3", put("c1", "a", b"2"));
    let Content::Endorsed { private: set, .. } = &mut transaction.content else { panic!() };
    *set = None;
    codes(&ledger, &[transaction]);
    commit(&ledger, "t4", |one| one.put_private_metadata("cc", "c1", "a", policy.clone()).unwrap());
    assert!(matches!(private(&ledger, "c1", "a"), Err(SimulationError::PrivateDataMissing { .. })));
}

#[test]
fn a_purge_removes_the_former_values_too() {
    let ledger = ledger();
    commit(&ledger, "t1", put("c1", "a", b"1"));
    commit(&ledger, "t2", |simulation| {
        put("c1", "a", b"2")(simulation);
        put("c1", "b", b"3")(simulation);
    });
    let same_block = simulated(&ledger, "t3", put("c1", "a", b"4"));
    let purge = simulated(&ledger, "t4", |simulation| simulation.purge_private("cc", "c1", "a").unwrap());
    assert_eq!(codes(&ledger, &[same_block, purge]), [TxValidationCode::Valid; 2]);
    assert_eq!((private(&ledger, "c1", "a").unwrap(), hash(&ledger, "c1", "a")), (None, None));
    assert_eq!(kept(&ledger, 1), BTreeMap::new());
    assert_eq!(kept(&ledger, 2), kept_alone("c1", "b", b"3"));
    // The purge itself contains the key, without a value.
    assert_eq!(kept(&ledger, 3), kept_alone("c1", "a", b""));
    commit(&ledger, "t5", put("c1", "a", b"5"));
    assert_eq!(private(&ledger, "c1", "a").unwrap(), Some(b"5".to_vec()));
}

#[test]
fn a_purge_whose_private_part_is_missing_finds_the_key_by_its_hash() {
    let ledger = ledger();
    commit(&ledger, "t1", put("c1", "a", b"1"));
    let mut purge = simulated(&ledger, "t2", |simulation| simulation.purge_private("cc", "c1", "a").unwrap());
    let Content::Endorsed { private: set, .. } = &mut purge.content else { panic!() };
    *set = None;
    assert_eq!(codes(&ledger, &[purge]), [TxValidationCode::Valid]);
    assert_eq!(private(&ledger, "c1", "a").unwrap(), None);
    assert_eq!(kept(&ledger, 1), BTreeMap::new());
}

#[test]
fn what_is_not_written_anew_expires() {
    let ledger = ledger();
    let forgetting = Forgetting(1);
    let put_short = |id: &str, key: &'static str, value: &'static [u8]| {
        let transaction = simulated(&ledger, id, |simulation| {
            put("short", key, value)(simulation);
            put("long", key, value)(simulation);
        });
        ledger.commit(&[transaction], &forgetting).unwrap()
    };
    put_short("t1", "a", b"1");
    put_short("t2", "b", b"2");
    // Block 3 is the first block in which the writes of block 1 expire, and it writes `a` again.
    let committed = put_short("t3", "a", b"3");
    assert_eq!(private(&ledger, "short", "a").unwrap(), Some(b"3".to_vec()));
    assert_eq!(private(&ledger, "short", "b").unwrap(), Some(b"2".to_vec()));
    assert!(!committed.updates["cc$$pshort"].contains_key(b"b".as_slice()));
    assert_eq!(kept(&ledger, 1), kept_alone("long", "a", b"1"));
    let committed = ledger.commit(&[], &forgetting).unwrap();
    assert_eq!(committed.updates["cc$$pshort"][b"b".as_slice()].value, None);
    assert_eq!((private(&ledger, "short", "b").unwrap(), hash(&ledger, "short", "b")), (None, None));
    assert_eq!(private(&ledger, "long", "b").unwrap(), Some(b"2".to_vec()));
    ledger.commit(&[], &forgetting).unwrap();
    assert_eq!((private(&ledger, "short", "a").unwrap(), hash(&ledger, "short", "a")), (None, None));
    assert_eq!(kept(&ledger, 3), kept_alone("long", "a", b"3"));
}

#[test]
fn the_hash_expires_also_where_the_value_never_was() {
    let ledger = ledger();
    let mut transaction = simulated(&ledger, "t1", put("short", "a", b"1"));
    let Content::Endorsed { private: set, .. } = &mut transaction.content else { panic!() };
    *set = None;
    let forgetting = Forgetting(2);
    ledger.commit(&[transaction], &forgetting).unwrap();
    // Blocks 1 to 3 still see the value, block 4 does not.
    for expected in [true, true, true, false] {
        assert_eq!(hash(&ledger, "short", "a").is_some(), expected, "height {}", ledger.height());
        ledger.commit(&[], &forgetting).unwrap();
    }
}
