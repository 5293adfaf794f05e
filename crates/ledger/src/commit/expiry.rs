//! The expiry of private data: `block_to_live` blocks later, values, hashes and stored sets are removed.
//!
//! Fabric 3.1 `core/ledger/kvledger/txmgmt/pvtstatepurgemgmt`, `core/ledger/pvtdatapolicy/btlpolicy.go`.

use std::collections::BTreeMap;

use super::sets::CollectionSet;
use super::updates::{Update, View};
use super::{Commit, private_sets};
use crate::error::LedgerError;
use crate::namespace;
use crate::state::Current;
use crate::tables::EXPIRY;
use crate::version::Version;

/// Schedules the expiry of the keys that a transaction writes to a collection: with the commit of block `number +
/// block_to_live + 1`.
pub(super) fn schedule(
    commit: &Commit<'_>,
    Version { block, transaction }: Version,
    namespace: &str,
    collection: &CollectionSet,
    block_to_live: u64,
) -> Result<(), LedgerError> {
    let written = collection.hashed.hashed_writes.iter().map(|write| write.key_hash.as_slice());
    let with_metadata = collection.hashed.metadata_writes.iter().map(|write| write.key_hash.as_slice());
    let hashes: Vec<&[u8]> = written.chain(with_metadata).collect();
    if block_to_live == 0 || hashes.is_empty() {
        return Ok(());
    }
    let expires = block.saturating_add(block_to_live).saturating_add(1);
    let mut table = commit.database.open_table(EXPIRY)?;
    for hash in hashes {
        let name = collection.name.as_str();
        table.insert((commit.channel, expires, block, transaction, namespace, name, hash), ())?;
    }
    Ok(())
}

/// Writes of one transaction to one collection, which expire together.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Expired {
    version: Version,
    namespace: String,
    collection: String,
}

/// Removes data that expires with this block, except for keys that this or an earlier block has written again.
pub(super) fn apply(commit: &mut Commit<'_>) -> Result<(), LedgerError> {
    for (expired, key_hashes) in take_expired(commit)? {
        let Expired { version, namespace, collection } = expired;
        let keys = private_sets::forget(commit, version, &namespace, &collection)?;
        let hashed = namespace::hashed(&namespace, &collection);
        delete(commit, version.block, &hashed, key_hashes)?;
        let private = namespace::private(&namespace, &collection);
        delete(commit, version.block, &private, keys.into_iter().map(String::into_bytes))?;
    }
    Ok(())
}

/// Removes the entries that expire with this block from the table, and returns the hashes of their keys.
fn take_expired(commit: &Commit<'_>) -> Result<BTreeMap<Expired, Vec<Vec<u8>>>, LedgerError> {
    let mut table = commit.database.open_table(EXPIRY)?;
    let mut found: BTreeMap<Expired, Vec<Vec<u8>>> = BTreeMap::new();
    let past = commit.number.saturating_add(1);
    let due = (commit.channel, 0, 0, 0, "", "", &[] as &[u8])..(commit.channel, past, 0, 0, "", "", &[]);
    for row in table.extract_from_if(due, |_, ()| true)? {
        let (key, _) = row?;
        let (_, _, block, transaction, namespace, collection, hash) = key.value();
        let version = Version { block, transaction };
        let expired = Expired { version, namespace: namespace.to_owned(), collection: collection.to_owned() };
        found.entry(expired).or_default().push(hash.to_vec());
    }
    Ok(found)
}

/// Deletes the keys that were last written in the expiring block.
fn delete(
    commit: &mut Commit<'_>,
    block: u64,
    namespace: &str,
    keys: impl IntoIterator<Item = Vec<u8>>,
) -> Result<(), LedgerError> {
    let version = Version { block: commit.number, transaction: u64::MAX };
    let state = Current::of(commit.database)?;
    let mut view = View { state: &state, channel: commit.channel, updates: &mut commit.updates };
    for key in keys {
        let is_changed = view.update(namespace, &key).is_some();
        let last = view.committed_version(namespace, &key)?;
        if !is_changed && last.is_some_and(|last| last.block == block) {
            view.set(namespace, key, Update::delete(version));
        }
    }
    Ok(())
}
