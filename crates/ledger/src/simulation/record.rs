//! The recorded reads and writes of a simulation.

use std::collections::BTreeMap;

use crate::metadata::Metadata;
use crate::version::Version;

/// Recorded reads and writes, by namespace.
pub(super) type Record = BTreeMap<String, NamespaceRecord>;

/// Reads and writes in a namespace.
#[derive(Clone, Debug, Default)]
pub(super) struct NamespaceRecord {
    /// Versions at the last read.
    pub(super) reads: BTreeMap<String, Option<Version>>,
    /// Values; [`None`] deletes the key.
    pub(super) writes: BTreeMap<String, Option<Vec<u8>>>,
    pub(super) metadata: BTreeMap<String, Metadata>,
    /// Range queries, in the order in which they started.
    pub(super) ranges: Vec<RangeRecord>,
    pub(super) collections: BTreeMap<String, CollectionRecord>,
}

/// Reads and writes in a collection.
#[derive(Clone, Debug, Default)]
pub(super) struct CollectionRecord {
    pub(super) reads: BTreeMap<String, Option<Version>>,
    pub(super) writes: BTreeMap<String, PrivateWrite>,
    pub(super) metadata: BTreeMap<String, Metadata>,
}

/// Write to a private key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PrivateWrite {
    Put(Vec<u8>),
    Delete,
    /// Deletes the key and its earlier values.
    Purge,
}

/// Keys that a range query has fetched.
#[derive(Clone, Debug, Default)]
pub(super) struct RangeRecord {
    pub(super) start: String,
    /// Last fetched key; once the range is exhausted, its requested end.
    pub(super) end: String,
    pub(super) is_exhausted: bool,
    pub(super) reads: Vec<(String, Version)>,
}

impl NamespaceRecord {
    pub(super) fn collection(&mut self, collection: &str) -> &mut CollectionRecord {
        self.collections.entry(collection.to_owned()).or_default()
    }
}
