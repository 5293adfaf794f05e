//! The results of a simulation: the public and the private read/write set.
//!
//! The same reads and writes yield the same bytes, since all lists are sorted by namespace, collection and key
//! (Fabric 3.1 `core/ledger/kvledger/txmgmt/rwsetutil/rwset_builder.go`).

use std::collections::{BTreeMap, BTreeSet};

use ccs_proto::kvrwset::{
    HashedRwSet, KvMetadataWrite, KvMetadataWriteHash, KvRead, KvReadHash, KvWrite, KvWriteHash, KvrwSet,
    RangeQueryInfo,
};
use ccs_proto::rwset::{
    CollectionHashedReadWriteSet, CollectionPvtReadWriteSet, NsPvtReadWriteSet, NsReadWriteSet,
    TxPvtReadWriteSet, TxReadWriteSet,
};
use prost::Message;
use sha2::{Digest, Sha256};

use super::record::{CollectionRecord, NamespaceRecord, PrivateWrite, RangeRecord, Record};
use crate::metadata;
use crate::range_reads;
use crate::version::Version;

/// Reads and writes of a transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct Results {
    /// Public part, which goes into the block: public data, and hashes of private data.
    pub public: TxReadWriteSet,
    /// Private data; [`None`] if there is none.
    pub private: Option<TxPvtReadWriteSet>,
    /// Namespaces and collections whose values, not only hashes, the transaction has read.
    pub private_reads: BTreeSet<(String, String)>,
    /// The keys, for display.
    pub touched: Vec<Touched>,
}

/// Keys of one namespace or collection that a transaction used. Each list is sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// Name of the namespace.
    pub namespace: String,
    /// Name of the collection, if it is one.
    pub collection: Option<String>,
    /// Keys that were read, including those read by range queries.
    pub read: Vec<String>,
    /// Keys whose values or metadata are written.
    pub written: Vec<String>,
    /// Keys that are deleted.
    pub deleted: Vec<String>,
    /// Keys that are purged: their former values are removed as well.
    pub purged: Vec<String>,
}

pub(super) fn of(record: Record, private_reads: BTreeSet<(String, String)>) -> Results {
    let mut results =
        Results { public: TxReadWriteSet::default(), private: None, private_reads, touched: Vec::new() };
    for (namespace, mut used) in record {
        let collections = std::mem::take(&mut used.collections);
        results.touched.push(touched(&namespace, &used));
        let mut hashed = Vec::new();
        let mut private = Vec::new();
        for (collection, used) in &collections {
            results.touched.push(touched_privately(&namespace, collection, used));
            let set = private_set(used).map(|set| set.encode_to_vec());
            hashed.push(CollectionHashedReadWriteSet {
                collection_name: collection.clone(),
                hashed_rwset: hashed_set(used).encode_to_vec(),
                pvt_rwset_hash: set.as_ref().map(|set| Sha256::digest(set).to_vec()).unwrap_or_default(),
            });
            private.extend(
                set.map(|rwset| CollectionPvtReadWriteSet { collection_name: collection.clone(), rwset }),
            );
        }
        if !private.is_empty() {
            let set = NsPvtReadWriteSet { namespace: namespace.clone(), collection_pvt_rwset: private };
            results.private.get_or_insert_default().ns_pvt_rwset.push(set);
        }
        results.public.ns_rwset.push(NsReadWriteSet {
            namespace,
            rwset: public_set(used).encode_to_vec(),
            collection_hashed_rwset: hashed,
        });
    }
    results
}

fn public_set(used: NamespaceRecord) -> KvrwSet {
    let read =
        |(key, version): (String, Option<Version>)| KvRead { key, version: version.map(Version::message) };
    let write = |(key, value): (String, Option<Vec<u8>>)| KvWrite {
        key,
        is_delete: value.is_none(),
        value: value.unwrap_or_default(),
    };
    let mut ranges: Vec<RangeQueryInfo> = Vec::new();
    for range in used.ranges {
        let is_same = |other: &RangeQueryInfo| {
            (&other.start_key, &other.end_key, other.itr_exhausted)
                == (&range.start, &range.end, range.is_exhausted)
        };
        // A query that has fetched nothing yet does not restrict its range.
        let has_fetched = range.is_exhausted || !range.reads.is_empty();
        if has_fetched && !ranges.iter().any(is_same) {
            ranges.push(range_info(range));
        }
    }
    KvrwSet {
        reads: used.reads.into_iter().map(read).collect(),
        range_queries_info: ranges,
        writes: used.writes.into_iter().map(write).collect(),
        metadata_writes: used
            .metadata
            .into_iter()
            .map(|(key, metadata)| KvMetadataWrite { key, entries: metadata::entries(&metadata) })
            .collect(),
    }
}

fn range_info(range: RangeRecord) -> RangeQueryInfo {
    let read = |(key, version): (String, Version)| KvRead { key, version: Some(version.message()) };
    RangeQueryInfo {
        start_key: range.start,
        end_key: range.end,
        itr_exhausted: range.is_exhausted,
        reads_info: Some(range_reads::of(range.reads.into_iter().map(read).collect())),
    }
}

/// Returns the public part of a collection's reads and writes, in the order of the keys, not of their hashes.
fn hashed_set(used: &CollectionRecord) -> HashedRwSet {
    let hash = |key: &String| Sha256::digest(key).to_vec();
    HashedRwSet {
        hashed_reads: used
            .reads
            .iter()
            .map(|(key, version)| KvReadHash { key_hash: hash(key), version: version.map(Version::message) })
            .collect(),
        hashed_writes: used.writes.iter().map(|(key, write)| hashed_write(hash(key), write)).collect(),
        metadata_writes: used
            .metadata
            .iter()
            .map(|(key, metadata)| KvMetadataWriteHash {
                key_hash: hash(key),
                entries: metadata::entries(metadata),
            })
            .collect(),
    }
}

fn hashed_write(key_hash: Vec<u8>, write: &PrivateWrite) -> KvWriteHash {
    let deleted = KvWriteHash { key_hash, is_delete: true, ..KvWriteHash::default() };
    match write {
        PrivateWrite::Put(value) => {
            KvWriteHash { is_delete: false, value_hash: Sha256::digest(value).to_vec(), ..deleted }
        }
        PrivateWrite::Delete => deleted,
        PrivateWrite::Purge => KvWriteHash { is_purge: true, ..deleted },
    }
}

/// Returns the private part of a collection's writes. For metadata, it contains only the key, by which the committer
/// finds the value to update its version to that of the hash.
fn private_set(used: &CollectionRecord) -> Option<KvrwSet> {
    if used.writes.is_empty() && used.metadata.is_empty() {
        return None;
    }
    let write = |(key, write): (&String, &PrivateWrite)| match write {
        PrivateWrite::Put(value) => KvWrite { key: key.clone(), is_delete: false, value: value.clone() },
        PrivateWrite::Delete | PrivateWrite::Purge => {
            KvWrite { key: key.clone(), is_delete: true, value: Vec::new() }
        }
    };
    let metadata = |key: &String| KvMetadataWrite { key: key.clone(), entries: Vec::new() };
    Some(KvrwSet {
        writes: used.writes.iter().map(write).collect(),
        metadata_writes: used.metadata.keys().map(metadata).collect(),
        ..KvrwSet::default()
    })
}

fn touched(namespace: &str, used: &NamespaceRecord) -> Touched {
    let ranged = used.ranges.iter().flat_map(|range| range.reads.iter().map(|(key, _)| key));
    let is_delete = |write: &Option<Vec<u8>>| write.is_none();
    Touched {
        namespace: namespace.to_owned(),
        collection: None,
        read: in_order(used.reads.keys().chain(ranged)),
        ..writes(&used.writes, used.metadata.keys(), (is_delete, |_| false))
    }
}

fn touched_privately(namespace: &str, collection: &str, used: &CollectionRecord) -> Touched {
    let is_delete = |write: &PrivateWrite| matches!(write, PrivateWrite::Delete);
    let is_purge = |write: &PrivateWrite| matches!(write, PrivateWrite::Purge);
    Touched {
        namespace: namespace.to_owned(),
        collection: Some(collection.to_owned()),
        read: in_order(used.reads.keys()),
        ..writes(&used.writes, used.metadata.keys(), (is_delete, is_purge))
    }
}

/// Separates written keys from deleted and purged ones.
fn writes<'a, W>(
    writes: &'a BTreeMap<String, W>,
    metadata: impl Iterator<Item = &'a String>,
    (is_delete, is_purge): (impl Fn(&W) -> bool, impl Fn(&W) -> bool),
) -> Touched {
    let keys = |is_kind: &dyn Fn(&W) -> bool| {
        in_order(writes.iter().filter(|(_, write)| is_kind(write)).map(|(key, _)| key))
    };
    let (deleted, purged) = (keys(&is_delete), keys(&is_purge));
    let put = writes.iter().filter(|(_, write)| !is_delete(write) && !is_purge(write)).map(|(key, _)| key);
    let written = in_order(put.chain(metadata.filter(|key| !deleted.contains(key) && !purged.contains(key))));
    Touched { written, deleted, purged, ..Touched::default() }
}

fn in_order<'a>(keys: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut keys: Vec<String> = keys.cloned().collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}
