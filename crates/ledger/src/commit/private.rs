//! The private data of a block: what is kept of it, what becomes the current value, what is purged.

use std::collections::{BTreeMap, BTreeSet};

use ccs_proto::kvrwset::KvrwSet;
use ccs_proto::rwset::{CollectionPvtReadWriteSet, NsPvtReadWriteSet, TxPvtReadWriteSet};
use prost::Message;
use redb::{ReadTransaction, ReadableTable};
use sha2::{Digest, Sha256};

use super::updates::{Update, View};
use super::{Collections, Commit, Valid, expiry};
use crate::error::LedgerError;
use crate::namespace;
use crate::tables::{PRIVATE_KEYS, PRIVATE_SETS, STATE};
use crate::version::Version;

/// A key of a collection: namespace, collection, key.
type PrivateKey = (String, String, String);

/// What a valid transaction has written to a collection, and this ledger was not given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingPrivateData {
    /// The index of the transaction.
    pub transaction: u64,
    /// The namespace.
    pub namespace: String,
    /// The collection.
    pub collection: String,
}

/// Writes the private data of the valid transactions, in their order, and tells what is missing.
pub(super) fn apply(
    commit: &mut Commit<'_>,
    valid: &[Valid<'_>],
    collections: &impl Collections,
) -> Result<Vec<MissingPrivateData>, LedgerError> {
    let mut missing = Vec::new();
    let mut with_metadata = BTreeSet::new();
    for transaction in valid {
        let mut given = BTreeSet::new();
        for (namespace, set) in private_sets(transaction) {
            given.insert((namespace, set.collection));
            keep(commit, transaction.version, namespace, &set)?;
            change_values(commit, transaction.version, namespace, &set)?;
            for write in &set.rwset.metadata_writes {
                with_metadata.insert((namespace.to_owned(), set.collection.to_owned(), write.key.clone()));
            }
        }
        for namespace in &transaction.sets.namespaces {
            for collection in &namespace.collections {
                let place = (namespace.name.as_str(), collection.name.as_str());
                if !collection.private_hash.is_empty() && !given.contains(&place) {
                    missing.push(MissingPrivateData {
                        transaction: transaction.version.transaction,
                        namespace: namespace.name.clone(),
                        collection: collection.name.clone(),
                    });
                }
                let block_to_live = collections.block_to_live(&namespace.name, &collection.name);
                expiry::schedule(commit, transaction.version, &namespace.name, collection, block_to_live)?;
                for write in collection.hashed.hashed_writes.iter().filter(|write| write.is_purge) {
                    purge(commit, transaction.version, place, &write.key_hash)?;
                }
            }
        }
    }
    align_versions(commit, with_metadata)?;
    Ok(missing)
}

/// What a transaction writes to a collection.
struct PrivateSet<'a> {
    collection: &'a str,
    bytes: &'a [u8],
    rwset: KvrwSet,
}

impl PrivateSet<'_> {
    fn keys(&self) -> impl Iterator<Item = &str> {
        keys(&self.rwset)
    }
}

fn keys(set: &KvrwSet) -> impl Iterator<Item = &str> {
    let written = set.writes.iter().map(|write| write.key.as_str());
    written.chain(set.metadata_writes.iter().map(|write| write.key.as_str()))
}

/// Gives the private sets of a transaction that are what its public hashes say. Others are no part of it.
fn private_sets<'a>(transaction: &'a Valid<'_>) -> impl Iterator<Item = (&'a str, PrivateSet<'a>)> {
    let namespaces = transaction.private.iter().flat_map(|private| &private.ns_pvt_rwset);
    let sets = namespaces.flat_map(|set| {
        set.collection_pvt_rwset.iter().map(|collection| (set.namespace.as_str(), collection))
    });
    sets.filter_map(|(namespace, CollectionPvtReadWriteSet { collection_name, rwset })| {
        let public = transaction.sets.collection(namespace, collection_name)?;
        let is_it = Sha256::digest(rwset)[..] == public.private_hash[..];
        let set = KvrwSet::decode(rwset.as_slice()).ok().filter(|_| is_it)?;
        Some((namespace, PrivateSet { collection: collection_name, bytes: rwset, rwset: set }))
    })
}

/// Keeps a set for those who read the block with its private data.
fn keep(
    commit: &Commit<'_>,
    version: Version,
    namespace: &str,
    set: &PrivateSet<'_>,
) -> Result<(), LedgerError> {
    let Version { block, transaction } = version;
    let mut table = commit.database.open_table(PRIVATE_SETS)?;
    table.insert((commit.channel, block, transaction, namespace, set.collection), set.bytes)?;
    let mut table = commit.database.open_table(PRIVATE_KEYS)?;
    for key in set.keys() {
        let hash = Sha256::digest(key);
        table.insert((commit.channel, namespace, set.collection, &hash[..], block, transaction), ())?;
    }
    Ok(())
}

fn change_values(
    commit: &mut Commit<'_>,
    version: Version,
    namespace: &str,
    set: &PrivateSet<'_>,
) -> Result<(), LedgerError> {
    let state = commit.database.open_table(STATE)?;
    let mut view = View { state: &state, channel: commit.channel, updates: &mut commit.updates };
    let namespace = namespace::private(namespace, set.collection);
    for write in &set.rwset.writes {
        let value = (!write.is_delete && !write.value.is_empty()).then(|| write.value.clone());
        view.set(&namespace, write.key.clone().into(), Update { value, ..Update::delete(version) });
    }
    Ok(())
}

/// Gives values the version of their hashes where only their metadata was written.
///
/// A value that is not the one of its hash keeps its version, which tells readers that it is stale (Fabric 3.1
/// `core/ledger/kvledger/txmgmt/validation/batch_preparer.go`).
fn align_versions(commit: &mut Commit<'_>, keys: BTreeSet<PrivateKey>) -> Result<(), LedgerError> {
    let state = commit.database.open_table(STATE)?;
    let mut view = View { state: &state, channel: commit.channel, updates: &mut commit.updates };
    for (namespace, collection, key) in keys {
        let hashed = view.update(&namespace::hashed(&namespace, &collection), &Sha256::digest(&key));
        let Some(Update { version, value: Some(hash), .. }) = hashed.cloned() else { continue };
        let namespace = namespace::private(&namespace, &collection);
        let Some(entry) = view.latest(&namespace, key.as_bytes())? else { continue };
        if entry.version != version && Sha256::digest(&entry.value)[..] == hash[..] {
            let update = Update { version, value: Some(entry.value), metadata: Vec::new() };
            view.set(&namespace, key.into(), update);
        }
    }
    Ok(())
}

/// Removes the former values of a key from what is kept, and its current value.
fn purge(
    commit: &mut Commit<'_>,
    version: Version,
    (namespace, collection): (&str, &str),
    key_hash: &[u8],
) -> Result<(), LedgerError> {
    let Version { block, transaction } = version;
    let mut holders = Vec::new();
    let mut index = commit.database.open_table(PRIVATE_KEYS)?;
    let key = |block, transaction| (commit.channel, namespace, collection, key_hash, block, transaction);
    for row in index.range(key(0, 0)..key(block, transaction))? {
        let (_, _, _, _, block, transaction) = row?.0.value();
        holders.push((block, transaction));
    }
    let mut sets = commit.database.open_table(PRIVATE_SETS)?;
    let mut plain_key = None;
    for (block, transaction) in holders {
        index.remove(key(block, transaction))?;
        let set_key = (commit.channel, block, transaction, namespace, collection);
        let Some(mut set) = sets.get(set_key)?.map(|bytes| decode(bytes.value())).transpose()? else {
            continue;
        };
        let is_purged = |key: &str| Sha256::digest(key)[..] == *key_hash;
        plain_key = keys(&set).find(|key| is_purged(key)).map(str::to_owned).or(plain_key);
        set.writes.retain(|write| !is_purged(&write.key));
        set.metadata_writes.retain(|write| !is_purged(&write.key));
        if keys(&set).next().is_none() {
            sets.remove(set_key)?;
        } else {
            sets.insert(set_key, set.encode_to_vec().as_slice())?;
        }
    }
    if let Some(key) = plain_key {
        let state = commit.database.open_table(STATE)?;
        let mut view = View { state: &state, channel: commit.channel, updates: &mut commit.updates };
        view.set(&namespace::private(namespace, collection), key.into(), Update::delete(version));
    }
    Ok(())
}

/// Removes what is kept of a set and gives its keys.
pub(super) fn forget(
    commit: &Commit<'_>,
    Version { block, transaction }: Version,
    namespace: &str,
    collection: &str,
) -> Result<Vec<String>, LedgerError> {
    let mut sets = commit.database.open_table(PRIVATE_SETS)?;
    let removed = sets.remove((commit.channel, block, transaction, namespace, collection))?;
    let Some(set) = removed.map(|bytes| decode(bytes.value())).transpose()? else { return Ok(Vec::new()) };
    let keys: Vec<String> = keys(&set).map(str::to_owned).collect();
    let mut index = commit.database.open_table(PRIVATE_KEYS)?;
    for key in &keys {
        let hash = Sha256::digest(key);
        index.remove((commit.channel, namespace, collection, &hash[..], block, transaction))?;
    }
    Ok(keys)
}

/// Reads what is kept of a block.
pub(crate) fn sets_of_block(
    database: &ReadTransaction,
    channel: &str,
    block: u64,
) -> Result<BTreeMap<u64, TxPvtReadWriteSet>, LedgerError> {
    let mut found: BTreeMap<u64, TxPvtReadWriteSet> = BTreeMap::new();
    let table = database.open_table(PRIVATE_SETS)?;
    for row in table.range((channel, block, 0, "", "")..)? {
        let (key, bytes) = row?;
        let (of_channel, of_block, index, namespace, collection) = key.value();
        if (of_channel, of_block) != (channel, block) {
            break;
        }
        let collection = CollectionPvtReadWriteSet {
            collection_name: collection.to_owned(),
            rwset: bytes.value().to_vec(),
        };
        let namespaces = &mut found.entry(index).or_default().ns_pvt_rwset;
        match namespaces.last_mut().filter(|last| last.namespace == namespace) {
            Some(last) => last.collection_pvt_rwset.push(collection),
            None => namespaces.push(NsPvtReadWriteSet {
                namespace: namespace.to_owned(),
                collection_pvt_rwset: vec![collection],
            }),
        }
    }
    Ok(found)
}

fn decode(bytes: &[u8]) -> Result<KvrwSet, LedgerError> {
    KvrwSet::decode(bytes).map_err(|error| LedgerError::damaged("a private set", &error))
}
