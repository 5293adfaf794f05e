//! What a simulation has read and written so far.

use std::collections::BTreeMap;

use crate::metadata::Metadata;
use crate::version::Version;

/// Everything recorded, by namespace.
pub(super) type Record = BTreeMap<String, NamespaceRecord>;

/// What was read and written of a namespace.
#[derive(Clone, Debug, Default)]
pub(super) struct NamespaceRecord {
    /// The versions as last read.
    pub(super) reads: BTreeMap<String, Option<Version>>,
    /// [`None`] deletes.
    pub(super) writes: BTreeMap<String, Option<Vec<u8>>>,
    pub(super) metadata: BTreeMap<String, Metadata>,
    /// In the order in which the queries began.
    pub(super) ranges: Vec<RangeRecord>,
    pub(super) collections: BTreeMap<String, CollectionRecord>,
}

/// What was read and written of a collection.
#[derive(Clone, Debug, Default)]
pub(super) struct CollectionRecord {
    pub(super) reads: BTreeMap<String, Option<Version>>,
    pub(super) writes: BTreeMap<String, PrivateWrite>,
    pub(super) metadata: BTreeMap<String, Metadata>,
}

/// What becomes of a private key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PrivateWrite {
    Put(Vec<u8>),
    Delete,
    /// Deletes it together with its former values.
    Purge,
}

/// What a range query has fetched.
#[derive(Clone, Debug, Default)]
pub(super) struct RangeRecord {
    pub(super) start: String,
    /// The last key fetched; once the range is exhausted, its end as it was asked for.
    pub(super) end: String,
    pub(super) is_exhausted: bool,
    pub(super) reads: Vec<(String, Version)>,
}

impl NamespaceRecord {
    pub(super) fn collection(&mut self, collection: &str) -> &mut CollectionRecord {
        self.collections.entry(collection.to_owned()).or_default()
    }
}
