//! The private data of a block: stores sets, updates current values, and purges.

use std::collections::BTreeSet;

use ccs_proto::kvrwset::KvrwSet;
use ccs_proto::rwset::CollectionPvtReadWriteSet;
use prost::Message;
use sha2::{Digest, Sha256};

use super::updates::{Update, View};
use super::{Collections, Commit, Valid, expiry, private_sets};
use crate::error::LedgerError;
use crate::namespace;
use crate::state::Current;
use crate::tables::MAX_KEY_LENGTH;
use crate::version::Version;

/// Key of a collection: namespace, collection, key.
type PrivateKey = (String, String, String);

/// Private set that a valid transaction has written, but that this ledger was not given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingPrivateData {
    /// Index of the transaction.
    pub transaction: u64,
    /// Namespace of the collection.
    pub namespace: String,
    /// Name of the collection.
    pub collection: String,
}

/// Writes the private data of the valid transactions, in order, and returns the missing sets.
pub(super) fn apply(
    commit: &mut Commit<'_>,
    valid: &[Valid<'_>],
    collections: &impl Collections,
) -> Result<Vec<MissingPrivateData>, LedgerError> {
    let mut missing = Vec::new();
    let mut with_metadata = BTreeSet::new();
    for transaction in valid {
        let mut given = BTreeSet::new();
        for (namespace, set) in sets(transaction) {
            let place = (namespace, set.collection);
            given.insert(place);
            private_sets::keep(commit, transaction.version, place, set.bytes, &set.rwset)?;
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

/// Private writes of a transaction to a collection.
struct PrivateSet<'a> {
    collection: &'a str,
    bytes: &'a [u8],
    rwset: KvrwSet,
}

/// Returns the private sets of a transaction that match its public hashes and whose keys fit into the state. All
/// other sets are ignored.
fn sets<'a>(transaction: &'a Valid<'_>) -> impl Iterator<Item = (&'a str, PrivateSet<'a>)> {
    let namespaces = transaction.private.iter().flat_map(|private| &private.ns_pvt_rwset);
    let sets = namespaces.flat_map(|set| {
        set.collection_pvt_rwset.iter().map(|collection| (set.namespace.as_str(), collection))
    });
    sets.filter_map(|(namespace, CollectionPvtReadWriteSet { collection_name, rwset })| {
        let public = transaction.sets.collection(namespace, collection_name)?;
        let is_it = Sha256::digest(rwset)[..] == public.private_hash[..];
        let set = KvrwSet::decode(rwset.as_slice()).ok().filter(|_| is_it)?;
        if private_sets::keys(&set).any(|key| key.len() > MAX_KEY_LENGTH) {
            return None;
        }
        Some((namespace, PrivateSet { collection: collection_name, bytes: rwset, rwset: set }))
    })
}

fn change_values(
    commit: &mut Commit<'_>,
    version: Version,
    namespace: &str,
    set: &PrivateSet<'_>,
) -> Result<(), LedgerError> {
    let state = Current::of(commit.database)?;
    let mut view = View { state: &state, channel: commit.channel, updates: &mut commit.updates };
    let namespace = namespace::private(namespace, set.collection);
    for write in &set.rwset.writes {
        let value = (!write.is_delete && !write.value.is_empty()).then(|| write.value.clone());
        view.set(&namespace, write.key.clone().into(), Update { value, ..Update::delete(version) });
    }
    Ok(())
}

/// Sets the version of a value to that of its hash if the transaction wrote only the value's metadata.
///
/// A value that does not match its hash keeps its version, which shows readers that it is stale (Fabric 3.1
/// `core/ledger/kvledger/txmgmt/validation/batch_preparer.go`).
fn align_versions(commit: &mut Commit<'_>, keys: BTreeSet<PrivateKey>) -> Result<(), LedgerError> {
    let state = Current::of(commit.database)?;
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

/// Removes a key's earlier values from the stored sets, and its current value.
fn purge(
    commit: &mut Commit<'_>,
    version: Version,
    (namespace, collection): (&str, &str),
    key_hash: &[u8],
) -> Result<(), LedgerError> {
    if let Some(key) = private_sets::purge(commit, version, (namespace, collection), key_hash)? {
        let state = Current::of(commit.database)?;
        let mut view = View { state: &state, channel: commit.channel, updates: &mut commit.updates };
        view.set(&namespace::private(namespace, collection), key.into(), Update::delete(version));
    }
    Ok(())
}
