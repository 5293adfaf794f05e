//! Stores the private sets of each block, and an index to find the sets that contain a key.

use std::collections::BTreeMap;

use ccs_proto::kvrwset::KvrwSet;
use ccs_proto::rwset::{CollectionPvtReadWriteSet, NsPvtReadWriteSet, TxPvtReadWriteSet};
use prost::Message;
use redb::{ReadTransaction, ReadableTable};
use sha2::{Digest, Sha256};

use super::Commit;
use crate::error::LedgerError;
use crate::large::{self, Pieces};
use crate::tables::{PIECES, PRIVATE_KEYS, PRIVATE_SETS};
use crate::version::Version;

/// Returns the keys of a private set.
pub(super) fn keys(set: &KvrwSet) -> impl Iterator<Item = &str> {
    let written = set.writes.iter().map(|write| write.key.as_str());
    written.chain(set.metadata_writes.iter().map(|write| write.key.as_str()))
}

/// Stores a set, for readers of blocks with private data.
pub(super) fn keep(
    commit: &Commit<'_>,
    Version { block, transaction }: Version,
    (namespace, collection): (&str, &str),
    bytes: &[u8],
    set: &KvrwSet,
) -> Result<(), LedgerError> {
    let mut pieces = Pieces::open(commit.database)?;
    let mut table = commit.database.open_table(PRIVATE_SETS)?;
    table.insert((commit.channel, block, transaction, namespace, collection), pieces.store(bytes)?)?;
    let mut table = commit.database.open_table(PRIVATE_KEYS)?;
    for key in keys(set) {
        let hash = Sha256::digest(key);
        table.insert((commit.channel, namespace, collection, &hash[..], block, transaction), ())?;
    }
    Ok(())
}

/// Removes a stored set and returns its keys.
pub(super) fn forget(
    commit: &Commit<'_>,
    Version { block, transaction }: Version,
    namespace: &str,
    collection: &str,
) -> Result<Vec<String>, LedgerError> {
    let mut pieces = Pieces::open(commit.database)?;
    let mut sets = commit.database.open_table(PRIVATE_SETS)?;
    let Some(removed) = sets.remove((commit.channel, block, transaction, namespace, collection))? else {
        return Ok(Vec::new());
    };
    let set = decode(&pieces.read(removed.value())?)?;
    pieces.forget(removed.value())?;
    let keys: Vec<String> = keys(&set).map(str::to_owned).collect();
    let mut index = commit.database.open_table(PRIVATE_KEYS)?;
    for key in &keys {
        let hash = Sha256::digest(key);
        index.remove((commit.channel, namespace, collection, &hash[..], block, transaction))?;
    }
    Ok(keys)
}

/// Removes a key, given by its hash, from the sets of earlier transactions. Returns the key if one of them contains
/// it.
pub(super) fn purge(
    commit: &Commit<'_>,
    Version { block, transaction }: Version,
    (namespace, collection): (&str, &str),
    key_hash: &[u8],
) -> Result<Option<String>, LedgerError> {
    let mut holders = Vec::new();
    let mut index = commit.database.open_table(PRIVATE_KEYS)?;
    let key = |block, transaction| (commit.channel, namespace, collection, key_hash, block, transaction);
    for row in index.range(key(0, 0)..key(block, transaction))? {
        let (_, _, _, _, block, transaction) = row?.0.value();
        holders.push((block, transaction));
    }
    let mut sets = commit.database.open_table(PRIVATE_SETS)?;
    let mut pieces = Pieces::open(commit.database)?;
    let mut plain_key = None;
    for (block, transaction) in holders {
        index.remove(key(block, transaction))?;
        let set_key = (commit.channel, block, transaction, namespace, collection);
        let Some(mut set) = sets
            .remove(set_key)?
            .map(|removed| {
                let bytes = pieces.read(removed.value())?;
                pieces.forget(removed.value())?;
                decode(&bytes)
            })
            .transpose()?
        else {
            continue;
        };
        let is_purged = |key: &str| Sha256::digest(key)[..] == *key_hash;
        plain_key = keys(&set).find(|key| is_purged(key)).map(str::to_owned).or(plain_key);
        set.writes.retain(|write| !is_purged(&write.key));
        set.metadata_writes.retain(|write| !is_purged(&write.key));
        if keys(&set).next().is_some() {
            sets.insert(set_key, pieces.store(&set.encode_to_vec())?)?;
        }
    }
    Ok(plain_key)
}

/// Returns the stored sets of a block.
pub(crate) fn of_block(
    database: &ReadTransaction,
    channel: &str,
    block: u64,
) -> Result<BTreeMap<u64, TxPvtReadWriteSet>, LedgerError> {
    let mut found: BTreeMap<u64, TxPvtReadWriteSet> = BTreeMap::new();
    let table = database.open_table(PRIVATE_SETS)?;
    let pieces = database.open_table(PIECES)?;
    for row in table.range((channel, block, 0, "", "")..)? {
        let (key, stored) = row?;
        let (of_channel, of_block, index, namespace, collection) = key.value();
        if (of_channel, of_block) != (channel, block) {
            break;
        }
        let collection = CollectionPvtReadWriteSet {
            collection_name: collection.to_owned(),
            rwset: large::read(&pieces, stored.value())?,
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
