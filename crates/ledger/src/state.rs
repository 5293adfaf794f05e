//! Reading the current values, from a snapshot or within a commit.

use std::ops::Bound;

use redb::ReadableTable;

use crate::error::LedgerError;
use crate::tables::{StateKey, StateValue};
use crate::version::Version;

/// What the state holds of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) version: Version,
    /// A `KVMetadataWrite` without its key; empty when there is none.
    pub(crate) metadata: Vec<u8>,
    pub(crate) value: Vec<u8>,
}

impl Entry {
    pub(crate) fn new((block, transaction, metadata, value): (u64, u64, &[u8], &[u8])) -> Self {
        let version = Version { block, transaction };
        Self { version, metadata: metadata.to_vec(), value: value.to_vec() }
    }
}

/// Reads a key.
pub(crate) fn read(
    table: &impl ReadableTable<StateKey, StateValue>,
    channel: &str,
    namespace: &str,
    key: &[u8],
) -> Result<Option<Entry>, LedgerError> {
    Ok(table.get((channel, namespace, key))?.map(|guard| Entry::new(guard.value())))
}

/// Reads only the version of a key.
pub(crate) fn version(
    table: &impl ReadableTable<StateKey, StateValue>,
    channel: &str,
    namespace: &str,
    key: &[u8],
) -> Result<Option<Version>, LedgerError> {
    let guard = table.get((channel, namespace, key))?;
    Ok(guard.map(|guard| Version { block: guard.value().0, transaction: guard.value().1 }))
}

/// Where a range ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End<'a> {
    /// With the namespace.
    Open,
    /// Before this key.
    Before(&'a [u8]),
    /// With this key.
    With(&'a [u8]),
}

/// A range of keys of one namespace.
#[derive(Debug)]
pub(crate) struct Span<'a> {
    channel: &'a str,
    namespace: &'a str,
    /// The least text that is greater than the namespace.
    next_namespace: String,
    start: &'a [u8],
    end: End<'a>,
}

type Key<'a> = (&'a str, &'a str, &'a [u8]);

impl<'a> Span<'a> {
    pub(crate) fn new(channel: &'a str, namespace: &'a str, start: &'a [u8], end: End<'a>) -> Self {
        Self { channel, namespace, next_namespace: format!("{namespace}\0"), start, end }
    }

    /// Gives the bounds for the table; those of an inverted range are empty and in order.
    pub(crate) fn bounds(&self) -> (Bound<Key<'_>>, Bound<Key<'_>>) {
        let start = (self.channel, self.namespace, self.start);
        let end = match self.end {
            End::Open => Bound::Excluded((self.channel, self.next_namespace.as_str(), &[] as &[u8])),
            End::Before(key) if key <= self.start => Bound::Excluded(start),
            End::With(key) if key < self.start => Bound::Excluded(start),
            End::Before(key) => Bound::Excluded((self.channel, self.namespace, key)),
            End::With(key) => Bound::Included((self.channel, self.namespace, key)),
        };
        (Bound::Included(start), end)
    }
}
