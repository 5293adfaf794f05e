//! Checks that the values that a transaction has read are still current.

use ccs_proto::kvrwset::{self, KvRead, RangeQueryInfo, range_query_info::ReadsInfo};
use ccs_proto::peer::TxValidationCode;

use super::sets::{NamespaceSet, Sets};
use super::updates::View;
use crate::error::LedgerError;
use crate::namespace;
use crate::range_reads;
use crate::state::End;
use crate::version::Version;

/// Compares the versions that a transaction has read with those of the state and of the block's earlier transactions.
pub(super) fn validate(sets: &Sets, view: &View<'_, '_>) -> Result<TxValidationCode, LedgerError> {
    for set in &sets.namespaces {
        for read in &set.public.reads {
            if !is_current(view, &set.name, read.key.as_bytes(), read.version.as_ref())? {
                return Ok(TxValidationCode::MvccReadConflict);
            }
        }
        for range in &set.public.range_queries_info {
            if !gives_the_same(view, &set.name, range)? {
                return Ok(TxValidationCode::PhantomReadConflict);
            }
        }
        if !are_hashes_current(view, set)? {
            return Ok(TxValidationCode::MvccReadConflict);
        }
    }
    Ok(TxValidationCode::Valid)
}

fn are_hashes_current(view: &View<'_, '_>, set: &NamespaceSet) -> Result<bool, LedgerError> {
    for collection in &set.collections {
        let namespace = namespace::hashed(&set.name, &collection.name);
        for read in &collection.hashed.hashed_reads {
            if !is_current(view, &namespace, &read.key_hash, read.version.as_ref())? {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// Returns whether a key still has the version that was read, and no earlier transaction of the block changes it.
fn is_current(
    view: &View<'_, '_>,
    namespace: &str,
    key: &[u8],
    read: Option<&kvrwset::Version>,
) -> Result<bool, LedgerError> {
    let is_changed = view.update(namespace, key).is_some();
    Ok(!is_changed && view.committed_version(namespace, key)? == read.map(Version::from))
}

/// Repeats a range query and compares the results. A query that was not exhausted ended with the last key that it
/// fetched.
fn gives_the_same(view: &View<'_, '_>, namespace: &str, range: &RangeQueryInfo) -> Result<bool, LedgerError> {
    let end = match range.end_key.as_bytes() {
        [] => End::Open,
        key if range.itr_exhausted => End::Before(key),
        key => End::With(key),
    };
    let mut found = Vec::new();
    for row in view.range(namespace, range.start_key.as_bytes(), end)? {
        let (key, version) = row?;
        let key =
            String::from_utf8(key).map_err(|error| LedgerError::damaged("a key of the state", &error))?;
        found.push(KvRead { key, version: Some(version.message()) });
    }
    Ok(match &range.reads_info {
        Some(ReadsInfo::RawReads(reads)) => reads.kv_reads == found,
        Some(ReadsInfo::ReadsMerkleHashes(summary)) => range_reads::is_of(summary, &found),
        None => found.is_empty(),
    })
}
