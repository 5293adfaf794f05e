//! Compares random transactions with a model of the rules, which uses a map of keys for each namespace and no
//! database. The ledgers are those of two peers, and only the first one stores private data.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use ccs_ledger::{Content, Ledger, Metadata, Replicas, Simulation, Store, Transaction, Version};
use ccs_proto::peer::TxValidationCode;
use proptest::prelude::*;

/// Step of a transaction. There are few keys, so that transactions conflict.
#[derive(Clone, Debug)]
enum Step {
    Get(usize, usize),
    Put(usize, usize, u8),
    Delete(usize, usize),
    PutMetadata(usize, usize, u8),
    Range(usize, usize, usize, usize),
    GetPrivate(usize),
    HashPrivate(usize),
    PutPrivate(usize, u8),
    DeletePrivate(usize),
    PurgePrivate(usize),
    PutPrivateMetadata(usize, u8),
}

/// Event: a transaction is simulated, or the oldest waiting ones are committed in a block.
#[derive(Clone, Debug)]
enum Event {
    Simulate(Vec<Step>),
    Commit(usize),
}

const NAMESPACES: [&str; 2] = ["cc", "cc2"];
const KEYS: [&str; 5] = ["", "a", "a\u{0}", "b", "\u{10ffff}"];
const COLLECTION: (&str, &str) = ("cc", "c1");

fn step() -> impl Strategy<Value = Step> {
    let namespace = || 0..NAMESPACES.len();
    let key = || 0..KEYS.len();
    prop_oneof![
        3 => (namespace(), key()).prop_map(|(n, k)| Step::Get(n, k)),
        3 => (namespace(), key(), 1..9_u8).prop_map(|(n, k, v)| Step::Put(n, k, v)),
        1 => (namespace(), key()).prop_map(|(n, k)| Step::Delete(n, k)),
        1 => (namespace(), key(), 1..9_u8).prop_map(|(n, k, v)| Step::PutMetadata(n, k, v)),
        2 => (namespace(), key(), key(), 1..4_usize).prop_map(|(n, s, e, l)| Step::Range(n, s, e, l)),
        1 => key().prop_map(Step::GetPrivate),
        1 => key().prop_map(Step::HashPrivate),
        2 => (key(), 1..9_u8).prop_map(|(k, v)| Step::PutPrivate(k, v)),
        1 => key().prop_map(Step::DeletePrivate),
        1 => key().prop_map(Step::PurgePrivate),
        1 => (key(), 1..9_u8).prop_map(|(k, v)| Step::PutPrivateMetadata(k, v)),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => proptest::collection::vec(step(), 0..6).prop_map(Event::Simulate),
        2 => (0..4_usize).prop_map(Event::Commit),
    ]
}

/// Value and metadata of a key.
#[derive(Clone, Debug, PartialEq)]
struct Cell {
    version: Version,
    value: Vec<u8>,
    metadata: Metadata,
}

/// Location of a key: namespace and index. The third namespace is the collection.
type Place = (usize, usize);
const PRIVATE: usize = 2;

type State = BTreeMap<Place, Cell>;

/// Write to a key in the model.
#[derive(Clone, Debug, Default)]
struct Write {
    value: Change,
    metadata: Option<Metadata>,
}

#[derive(Clone, Debug, Default)]
enum Change {
    #[default]
    None,
    Put(Vec<u8>),
    Delete,
}

/// Result of a range query in the model.
#[derive(Clone, Debug)]
struct Ranged {
    namespace: usize,
    start: String,
    /// [`None`] means no bound.
    end: Option<String>,
    with_end: bool,
    found: Vec<(String, Version)>,
}

#[derive(Clone, Debug, Default)]
struct Planned {
    reads: BTreeMap<Place, Option<Version>>,
    ranges: Vec<Ranged>,
    writes: BTreeMap<Place, Write>,
}

fn metadata(value: u8) -> Metadata {
    Metadata::from([("m".to_owned(), vec![value])])
}

/// Returns the keys of a range in order; `end` of [`None`] means no bound.
fn range(
    state: &State,
    namespace: usize,
    start: &str,
    end: Option<&str>,
    with_end: bool,
) -> Vec<(String, Version)> {
    let is_within = |key: &str| key >= start && end.is_none_or(|end| key < end || (with_end && key == end));
    let of = |(&(n, key), cell): (&Place, &Cell)| {
        (n == namespace && is_within(KEYS[key])).then(|| (KEYS[key].to_owned(), cell.version))
    };
    state.iter().filter_map(of).collect()
}

/// Runs a step in the ledger and in the model, and compares what they read.
fn run(step: &Step, simulation: &mut Simulation, state: &State, planned: &mut Planned) {
    let (private_namespace, collection) = COLLECTION;
    let read = |planned: &mut Planned, place: Place| {
        let cell = state.get(&place);
        planned.reads.insert(place, cell.map(|cell| cell.version));
        cell.map(|cell| cell.value.clone())
    };
    match *step {
        Step::Get(n, k) => {
            assert_eq!(simulation.get(NAMESPACES[n], KEYS[k]).unwrap(), read(planned, (n, k)));
        }
        Step::Put(n, k, v) => {
            simulation.put(NAMESPACES[n], KEYS[k], vec![v]).unwrap();
            planned.writes.entry((n, k)).or_default().value = Change::Put(vec![v]);
        }
        Step::Delete(n, k) => {
            simulation.delete(NAMESPACES[n], KEYS[k]).unwrap();
            planned.writes.entry((n, k)).or_default().value = Change::Delete;
        }
        Step::PutMetadata(n, k, v) => {
            simulation.put_metadata(NAMESPACES[n], KEYS[k], metadata(v)).unwrap();
            planned.writes.entry((n, k)).or_default().metadata = Some(metadata(v));
        }
        Step::Range(n, s, e, limit) => run_range((n, s, e, limit), simulation, state, planned),
        Step::GetPrivate(k) => {
            let found = simulation.get_private(private_namespace, collection, KEYS[k]).unwrap();
            assert_eq!(found, read(planned, (PRIVATE, k)));
        }
        Step::HashPrivate(k) => {
            use sha2::Digest as _;
            let found = simulation.private_hash(private_namespace, collection, KEYS[k]).unwrap();
            let value = read(planned, (PRIVATE, k));
            assert_eq!(found, value.map(|value| sha2::Sha256::digest(value).to_vec()));
        }
        Step::PutPrivate(k, v) => {
            simulation.put_private(private_namespace, collection, KEYS[k], vec![v]).unwrap();
            planned.writes.entry((PRIVATE, k)).or_default().value = Change::Put(vec![v]);
        }
        Step::DeletePrivate(k) => {
            simulation.delete_private(private_namespace, collection, KEYS[k]).unwrap();
            planned.writes.entry((PRIVATE, k)).or_default().value = Change::Delete;
        }
        Step::PurgePrivate(k) => {
            simulation.purge_private(private_namespace, collection, KEYS[k]).unwrap();
            planned.writes.entry((PRIVATE, k)).or_default().value = Change::Delete;
        }
        Step::PutPrivateMetadata(k, v) => {
            simulation.put_private_metadata(private_namespace, collection, KEYS[k], metadata(v)).unwrap();
            planned.writes.entry((PRIVATE, k)).or_default().metadata = Some(metadata(v));
        }
    }
}

fn run_range(
    (n, s, e, limit): (usize, usize, usize, usize),
    simulation: &mut Simulation,
    state: &State,
    planned: &mut Planned,
) {
    let mut query = simulation.range(NAMESPACES[n], KEYS[s], KEYS[e], limit).unwrap();
    let found = simulation.next_batch(&mut query).unwrap();
    assert!(!found.has_more);
    let end = (!KEYS[e].is_empty()).then_some(KEYS[e]);
    let mut expected = range(state, n, KEYS[s], end, false);
    let is_exhausted = expected.len() < limit;
    expected.truncate(limit);
    assert_eq!(
        found.results.iter().map(|result| &result.key).collect::<Vec<_>>(),
        expected.iter().map(|(key, _)| key).collect::<Vec<_>>()
    );
    // An empty end means no bound during validation, even if it is the last key that was fetched.
    let last = expected.last().map(|(key, _)| key.clone()).filter(|key| !key.is_empty());
    let end = if is_exhausted { end.map(str::to_owned) } else { last };
    let start = KEYS[s].to_owned();
    planned.ranges.push(Ranged { namespace: n, start, end, with_end: !is_exhausted, found: expected });
}

/// Validates a transaction by Fabric's rules, and applies it. `changed` contains the keys that earlier transactions
/// of the block write, even with unchanged values.
fn decide(
    planned: &Planned,
    state: &mut State,
    changed: &mut BTreeSet<Place>,
    version: Version,
) -> TxValidationCode {
    let is_stale = |namespace: usize| {
        planned.reads.iter().any(|(place, read)| {
            let is_current = state.get(place).map(|cell| cell.version) == *read && !changed.contains(place);
            place.0 == namespace && !is_current
        })
    };
    // The collection belongs to the first namespace.
    for namespace in [0, PRIVATE, 1] {
        if is_stale(namespace) {
            return TxValidationCode::MvccReadConflict;
        }
        let is_phantom = |ranged: &Ranged| {
            let Ranged { namespace, start, end, with_end, found } = ranged;
            range(state, *namespace, start, end.as_deref(), *with_end) != *found
        };
        if planned.ranges.iter().any(|ranged| ranged.namespace == namespace && is_phantom(ranged)) {
            return TxValidationCode::PhantomReadConflict;
        }
    }
    for (place, write) in &planned.writes {
        let before = state.get(place).cloned();
        let after = match (&write.value, &write.metadata, before) {
            (Change::Delete, _, _) => None,
            (Change::Put(value), metadata, before) => {
                let kept = before.map(|cell| cell.metadata).unwrap_or_default();
                Some(Cell { version, value: value.clone(), metadata: metadata.clone().unwrap_or(kept) })
            }
            (Change::None, Some(metadata), Some(cell)) => {
                Some(Cell { version, metadata: metadata.clone(), ..cell })
            }
            (Change::None, _, _) => continue,
        };
        changed.insert(*place);
        match after {
            Some(cell) => drop(state.insert(*place, cell)),
            None => drop(state.remove(place)),
        }
    }
    TxValidationCode::Valid
}

/// Compares everything that is readable with the model. A peer that is not a member reads no private value.
fn compare(ledger: &Ledger, state: &State, is_member: bool) {
    let mut simulation = ledger.simulate("reader").unwrap();
    for (n, namespace) in NAMESPACES.iter().enumerate() {
        for (k, key) in KEYS.iter().enumerate() {
            let cell = state.get(&(n, k));
            assert_eq!(simulation.get(namespace, key).unwrap(), cell.map(|cell| cell.value.clone()));
            let metadata = cell.map(|cell| cell.metadata.clone()).unwrap_or_default();
            assert_eq!(simulation.metadata(namespace, key).unwrap(), metadata);
        }
    }
    let (namespace, collection) = COLLECTION;
    for (k, key) in KEYS.iter().enumerate() {
        let cell = state.get(&(PRIVATE, k));
        let found = simulation.get_private(namespace, collection, key);
        if is_member || cell.is_none() {
            assert_eq!(found.unwrap(), cell.map(|cell| cell.value.clone()));
        } else {
            let error = found.unwrap_err().to_string();
            assert!(
                error.starts_with("private data matching public hash version is not available. "),
                "{error}"
            );
        }
        let metadata = cell.map(|cell| cell.metadata.clone()).unwrap_or_default();
        assert_eq!(simulation.private_metadata(namespace, collection, key).unwrap(), metadata);
    }
}

/// Returns the transaction as a peer commits it that may not store its private data.
fn without_private(transaction: &Transaction) -> Transaction {
    let mut transaction = transaction.clone();
    if let Content::Endorsed { private, .. } = &mut transaction.content {
        *private = None;
    }
    transaction
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_ledger_follows_the_model(events in proptest::collection::vec(event(), 1..24)) {
        let ledgers = Store::temporary().unwrap().replicas("ch", &["Org1MSP", "Org2MSP"], common::genesis);
        let replicas = Replicas::new(ledgers.unwrap()).unwrap();
        let [ledger, of_other] = replicas.ledgers() else { panic!("there are two") };
        let mut state = State::new();
        let mut waiting: Vec<(Transaction, Planned)> = Vec::new();
        for (n, event) in events.iter().enumerate() {
            match event {
                Event::Simulate(steps) => {
                    let id = format!("t{n}");
                    let mut simulation = ledger.simulate(id.clone()).unwrap();
                    let mut planned = Planned::default();
                    for step in steps {
                        run(step, &mut simulation, &state, &mut planned);
                    }
                    waiting.push((common::endorsed(&id, simulation.finish()), planned));
                }
                Event::Commit(count) => {
                    let block: Vec<_> = waiting.drain(..(*count).min(waiting.len())).collect();
                    let transactions: Vec<_> = block.iter().map(|(transaction, _)| transaction.clone()).collect();
                    let number = ledger.height();
                    let without = transactions.iter().map(without_private).collect();
                    let committed = replicas.commit_with(&[transactions, without], &(), |_| ()).unwrap();
                    let before = state.clone();
                    let (mut expected, mut changed) = (Vec::new(), BTreeSet::new());
                    for (transaction, (_, planned)) in (0..).zip(&block) {
                        let version = Version { block: number, transaction };
                        expected.push(decide(planned, &mut state, &mut changed, version));
                    }
                    prop_assert_eq!(&committed[0].codes, &expected, "{:?} over {:?}", block, before);
                    compare(ledger, &state, true);
                    compare(of_other, &state, false);
                }
            }
        }
    }
}
