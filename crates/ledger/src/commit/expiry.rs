//! The expiry of private data: after `block_to_live` blocks more, values, hashes and what was kept are removed.
//!
//! Fabric 3.1 `core/ledger/kvledger/txmgmt/pvtstatepurgemgmt`, `core/ledger/pvtdatapolicy/btlpolicy.go`.

use redb::ReadableTable;

use super::sets::CollectionSet;
use super::updates::{Update, View};
use super::{Commit, private};
use crate::error::LedgerError;
use crate::namespace;
use crate::tables::{EXPIRY, STATE};
use crate::version::Version;

/// Notes when the keys that a transaction writes to a collection expire: with the commit of block
/// `number + block_to_live + 1`.
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
    let key = (commit.channel, expires, block, transaction, namespace, collection.name.as_str());
    commit.database.open_table(EXPIRY)?.insert(key, hashes)?;
    Ok(())
}

/// What expires: the writes of one transaction to one collection.
struct Expired {
    expires: u64,
    version: Version,
    namespace: String,
    collection: String,
    key_hashes: Vec<Vec<u8>>,
}

/// Removes what expires with this block, except for keys that it writes anew or that were written anew before.
pub(super) fn apply(commit: &mut Commit<'_>) -> Result<(), LedgerError> {
    for expired in take_expired(commit)? {
        let Expired { version, namespace, collection, key_hashes, .. } = expired;
        let keys = private::forget(commit, version, &namespace, &collection)?;
        let hashed = namespace::hashed(&namespace, &collection);
        delete(commit, version.block, &hashed, key_hashes)?;
        let private = namespace::private(&namespace, &collection);
        delete(commit, version.block, &private, keys.into_iter().map(String::into_bytes))?;
    }
    Ok(())
}

fn take_expired(commit: &Commit<'_>) -> Result<Vec<Expired>, LedgerError> {
    let mut table = commit.database.open_table(EXPIRY)?;
    let mut found = Vec::new();
    let past = (commit.channel, commit.number.saturating_add(1), 0, 0, "", "");
    for row in table.range((commit.channel, 0, 0, 0, "", "")..past)? {
        let (key, hashes) = row?;
        let (_, expires, block, transaction, namespace, collection) = key.value();
        found.push(Expired {
            expires,
            version: Version { block, transaction },
            namespace: namespace.to_owned(),
            collection: collection.to_owned(),
            key_hashes: hashes.value().into_iter().map(<[u8]>::to_vec).collect(),
        });
    }
    for Expired { expires, version, namespace, collection, .. } in &found {
        let Version { block, transaction } = *version;
        table.remove((
            commit.channel,
            *expires,
            block,
            transaction,
            namespace.as_str(),
            collection.as_str(),
        ))?;
    }
    Ok(found)
}

/// Deletes those keys whose last write is that of the block that expires.
fn delete(
    commit: &mut Commit<'_>,
    block: u64,
    namespace: &str,
    keys: impl IntoIterator<Item = Vec<u8>>,
) -> Result<(), LedgerError> {
    let version = Version { block: commit.number, transaction: u64::MAX };
    let state = commit.database.open_table(STATE)?;
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
