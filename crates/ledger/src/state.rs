//! Reads the current values, from a snapshot or within a commit.

use std::ops::Bound;

use redb::{ReadOnlyTable, ReadTransaction, ReadableTable, Table, WriteTransaction};

use crate::error::LedgerError;
use crate::large;
use crate::tables::{PIECES, PieceKey, STATE, StateKey, StateValue};
use crate::version::Version;

/// Value of a key in the state, with its version and metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) version: Version,
    /// A `KVMetadataWrite` without its key; empty if there is none.
    pub(crate) metadata: Vec<u8>,
    pub(crate) value: Vec<u8>,
}

/// Tables of the state, in a snapshot or within a commit.
pub(crate) struct State<R, P> {
    pub(crate) rows: R,
    pub(crate) pieces: P,
}

/// State at a point in time.
pub(crate) type Snapshot = State<ReadOnlyTable<StateKey, StateValue>, ReadOnlyTable<PieceKey, &'static [u8]>>;

/// State within a commit, without the changes of the block.
pub(crate) type Current<'t> = State<Table<'t, StateKey, StateValue>, Table<'t, PieceKey, &'static [u8]>>;

impl Snapshot {
    pub(crate) fn of(transaction: &ReadTransaction) -> Result<Self, LedgerError> {
        Ok(Self { rows: transaction.open_table(STATE)?, pieces: transaction.open_table(PIECES)? })
    }
}

impl<'t> Current<'t> {
    pub(crate) fn of(transaction: &'t WriteTransaction) -> Result<Self, LedgerError> {
        Ok(Self { rows: transaction.open_table(STATE)?, pieces: transaction.open_table(PIECES)? })
    }
}

impl<R, P> State<R, P>
where
    R: ReadableTable<StateKey, StateValue>,
    P: ReadableTable<PieceKey, &'static [u8]>,
{
    /// Reads a key.
    pub(crate) fn read(
        &self,
        channel: &str,
        namespace: &str,
        key: &[u8],
    ) -> Result<Option<Entry>, LedgerError> {
        let Some(guard) = self.rows.get((channel, namespace, key))? else { return Ok(None) };
        let (block, transaction, metadata, value) = guard.value();
        Ok(Some(Entry {
            version: Version { block, transaction },
            metadata: large::read(&self.pieces, metadata)?,
            value: large::read(&self.pieces, value)?,
        }))
    }

    /// Reads the version of a key only.
    pub(crate) fn version(
        &self,
        channel: &str,
        namespace: &str,
        key: &[u8],
    ) -> Result<Option<Version>, LedgerError> {
        let guard = self.rows.get((channel, namespace, key))?;
        Ok(guard.map(|guard| Version { block: guard.value().0, transaction: guard.value().1 }))
    }

    /// Reads the metadata of a key only.
    pub(crate) fn metadata(
        &self,
        channel: &str,
        namespace: &str,
        key: &[u8],
    ) -> Result<Option<Vec<u8>>, LedgerError> {
        let Some(guard) = self.rows.get((channel, namespace, key))? else { return Ok(None) };
        large::read(&self.pieces, guard.value().2).map(Some)
    }
}

/// End of a range.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End<'a> {
    /// The end of the namespace.
    Open,
    /// This key, excluded.
    Before(&'a [u8]),
    /// This key, included.
    With(&'a [u8]),
}

/// Range of keys in a namespace.
#[derive(Debug)]
pub(crate) struct Span<'a> {
    channel: &'a str,
    namespace: &'a str,
    /// Smallest string that is greater than the namespace.
    next_namespace: String,
    start: &'a [u8],
    end: End<'a>,
}

type Key<'a> = (&'a str, &'a str, &'a [u8]);

impl<'a> Span<'a> {
    pub(crate) fn new(channel: &'a str, namespace: &'a str, start: &'a [u8], end: End<'a>) -> Self {
        Self { channel, namespace, next_namespace: format!("{namespace}\0"), start, end }
    }

    /// Returns the bounds for the table. The bounds of an inverted range are valid, but empty.
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
