//! Queries over many keys, batch by batch: ranges, pages, histories, and all keys for rich queries.

use std::fmt;

use redb::{Range, ReadOnlyTable};

use super::record::RangeRecord;
use super::{Simulation, SimulationError};
use crate::envelope::{self, KeyModification};
use crate::error::LedgerError;
use crate::large;
use crate::namespace;
use crate::state::{End, Span};
use crate::tables::{
    ENVELOPES, EnvelopeKey, HISTORY, HistoryKey, PIECES, PieceKey, StateKey, StateValue, Stored,
};
use crate::version::Version;

/// How many results a batch holds (Fabric 3.1 `core/chaincode/handler.go`, `maxResultLimit`).
pub const BATCH_SIZE: usize = 100;

/// A key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyValue {
    /// The key.
    pub key: String,
    /// The value.
    pub value: Vec<u8>,
}

/// Some results of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch<T> {
    /// At most [`BATCH_SIZE`] results, in order.
    pub results: Vec<T>,
    /// Whether there are more: one more has been fetched already.
    pub has_more: bool,
}

/// The results of a paginated query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The results, in order.
    pub results: Vec<KeyValue>,
    /// The key with which the next page begins; [`None`] at the end of the range.
    pub bookmark: Option<String>,
}

/// How far a query is.
///
/// As in Fabric 3.1 `core/chaincode/query_response_generator.go`: a batch is given out once one more result has been
/// fetched, and after the last result that the limit allows nothing more is.
struct Progress<T> {
    ahead: Option<T>,
    left: usize,
}

impl<T> Progress<T> {
    fn new(limit: usize) -> Self {
        Self { ahead: None, left: limit }
    }

    fn next_batch<E>(&mut self, mut fetch: impl FnMut() -> Result<Option<T>, E>) -> Result<Batch<T>, E> {
        let mut results: Vec<T> = self.ahead.take().into_iter().collect();
        while self.left > 0 {
            let Some(result) = fetch()? else {
                self.left = 0;
                break;
            };
            self.left -= 1;
            if results.len() == BATCH_SIZE {
                self.ahead = Some(result);
                return Ok(Batch { results, has_more: true });
            }
            results.push(result);
        }
        Ok(Batch { results, has_more: false })
    }
}

/// A range query that may have more to give; [`Simulation::next_batch`] goes on with it.
pub struct RangeQuery {
    rows: Range<'static, StateKey, StateValue>,
    /// Where its reads are recorded: the namespace and the place there. Those of collections are not.
    record: Option<(String, usize)>,
    /// The end as it was asked for.
    end: String,
    progress: Progress<KeyValue>,
}

/// A query for the history of a key, newest first.
pub struct HistoryQuery {
    rows: Range<'static, HistoryKey, ()>,
    envelopes: ReadOnlyTable<EnvelopeKey, Stored>,
    pieces: ReadOnlyTable<PieceKey, &'static [u8]>,
    namespace: String,
    key: String,
    progress: Progress<KeyModification>,
}

/// All keys of a namespace or collection, in order, for queries that are evaluated elsewhere. Nothing of it is recorded.
pub struct Scan {
    rows: Range<'static, StateKey, StateValue>,
    pieces: ReadOnlyTable<PieceKey, &'static [u8]>,
}

impl fmt::Debug for RangeQuery {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("RangeQuery").field("record", &self.record).finish_non_exhaustive()
    }
}

impl fmt::Debug for HistoryQuery {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("HistoryQuery").field("key", &self.key).finish_non_exhaustive()
    }
}

impl fmt::Debug for Scan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Scan").finish_non_exhaustive()
    }
}

impl Simulation {
    /// Begins a query for the keys from `start` to before `end`, in the byte order of their UTF-8; empty texts are open
    /// ends. After `limit` results it ends as if there were no more.
    pub fn range(
        &mut self,
        namespace: &str,
        start: &str,
        end: &str,
        limit: usize,
    ) -> Result<RangeQuery, SimulationError> {
        let rows = self.rows(namespace, start, end)?;
        let ranges = &mut self.recorded(namespace).ranges;
        ranges.push(RangeRecord { start: start.to_owned(), ..RangeRecord::default() });
        let record = Some((namespace.to_owned(), ranges.len() - 1));
        Ok(RangeQuery { rows, record, end: end.to_owned(), progress: Progress::new(limit) })
    }

    /// Returns one page of a range: at most `size` results, from `bookmark` on if there is one.
    ///
    /// The key that the bookmark names is not recorded as read.
    pub fn range_page(
        &mut self,
        namespace: &str,
        (start, end): (&str, &str),
        size: usize,
        bookmark: &str,
    ) -> Result<Page, SimulationError> {
        self.begin_paginated_query()?;
        let start = if bookmark.is_empty() { start } else { bookmark };
        let mut query = self.range(namespace, start, end, size)?;
        let mut results = Vec::new();
        while results.len() < size {
            let Some(result) = self.fetch(&mut query.rows, query.record.as_ref(), &query.end)? else { break };
            results.push(result);
        }
        let next = query.rows.next().transpose()?;
        let bookmark = next.map(|(key, _)| text(key.value().2)).transpose()?;
        Ok(Page { results, bookmark })
    }

    /// Begins a query for the keys of a collection; `limit` as for [`Simulation::range`]. Nothing of it is recorded.
    pub fn range_private(
        &mut self,
        (namespace, collection): (&str, &str),
        start: &str,
        end: &str,
        limit: usize,
    ) -> Result<RangeQuery, SimulationError> {
        self.begin_private_query()?;
        let rows = self.rows(&namespace::private(namespace, collection), start, end)?;
        Ok(RangeQuery { rows, record: None, end: end.to_owned(), progress: Progress::new(limit) })
    }

    /// Returns the next results of a range query.
    pub fn next_batch(&mut self, query: &mut RangeQuery) -> Result<Batch<KeyValue>, SimulationError> {
        let RangeQuery { rows, record, end, progress } = query;
        progress.next_batch(|| self.fetch(rows, record.as_ref(), end))
    }

    /// Fetches one result and records it, or that the range is exhausted.
    fn fetch(
        &mut self,
        rows: &mut Range<'static, StateKey, StateValue>,
        record: Option<&(String, usize)>,
        end: &str,
    ) -> Result<Option<KeyValue>, SimulationError> {
        let found = match rows.next().transpose()? {
            Some((key, row)) => {
                let (block, transaction, _, value) = row.value();
                let value = large::read(&self.state.pieces, value)?;
                Some((KeyValue { key: text(key.value().2)?, value }, Version { block, transaction }))
            }
            None => None,
        };
        if let Some((namespace, index)) = record
            && let Some(range) = self.recorded(namespace).ranges.get_mut(*index)
        {
            if let Some((result, version)) = &found {
                range.end.clone_from(&result.key);
                range.reads.push((result.key.clone(), *version));
            } else {
                end.clone_into(&mut range.end);
                range.is_exhausted = true;
            }
        }
        Ok(found.map(|(result, _)| result))
    }

    /// Begins a query for the valid writes of a public key, newest first. Nothing of it is recorded.
    pub fn history(&self, namespace: &str, key: &str, limit: usize) -> Result<HistoryQuery, SimulationError> {
        let bounds = |block, index| (&*self.channel, namespace, key.as_bytes(), block, index);
        let table = self.transaction.open_table(HISTORY).map_err(LedgerError::from)?;
        let rows = table.range(bounds(0, 0)..=bounds(u64::MAX, u64::MAX))?;
        let envelopes = self.transaction.open_table(ENVELOPES).map_err(LedgerError::from)?;
        let pieces = self.transaction.open_table(PIECES).map_err(LedgerError::from)?;
        let (namespace, key) = (namespace.to_owned(), key.to_owned());
        Ok(HistoryQuery { rows, envelopes, pieces, namespace, key, progress: Progress::new(limit) })
    }

    /// Returns all keys of a namespace.
    pub fn scan(&self, namespace: &str) -> Result<Scan, SimulationError> {
        self.all(namespace)
    }

    /// Returns all keys of a collection.
    pub fn scan_private(&mut self, namespace: &str, collection: &str) -> Result<Scan, SimulationError> {
        self.begin_private_query()?;
        self.all(&namespace::private(namespace, collection))
    }

    /// Returns a value as a scan of its namespace or collection does.
    pub fn peek(&self, namespace: &str, key: &str) -> Result<Option<Vec<u8>>, SimulationError> {
        let entry = self.state.read(&self.channel, namespace, key.as_bytes())?;
        Ok(entry.map(|entry| entry.value))
    }

    /// Records keys as read that a rich query of a namespace has returned.
    pub fn record_query_reads<'a>(
        &mut self,
        namespace: &str,
        keys: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), SimulationError> {
        for key in keys {
            let version = self.state.version(&self.channel, namespace, key.as_bytes())?;
            self.recorded(namespace).reads.insert(key.to_owned(), version);
        }
        Ok(())
    }

    fn all(&self, namespace: &str) -> Result<Scan, SimulationError> {
        let pieces = self.transaction.open_table(PIECES).map_err(LedgerError::from)?;
        Ok(Scan { rows: self.rows(namespace, "", "")?, pieces })
    }

    fn rows(
        &self,
        namespace: &str,
        start: &str,
        end: &str,
    ) -> Result<Range<'static, StateKey, StateValue>, LedgerError> {
        let end = if end.is_empty() { End::Open } else { End::Before(end.as_bytes()) };
        let span = Span::new(&self.channel, namespace, start.as_bytes(), end);
        Ok(self.state.rows.range(span.bounds())?)
    }
}

impl HistoryQuery {
    /// Returns the next results.
    pub fn next_batch(&mut self) -> Result<Batch<KeyModification>, LedgerError> {
        let Self { rows, envelopes, pieces, namespace, key, progress } = self;
        progress.next_batch(|| {
            let Some((row, _)) = rows.next_back().transpose()? else { return Ok(None) };
            let (channel, _, _, block, index) = row.value();
            let damaged =
                |reason: &str| LedgerError::damaged(format!("transaction {index} of block {block}"), reason);
            let stored = envelopes.get((channel, block, index))?.ok_or_else(|| damaged("it is missing"))?;
            let written = envelope::written(&large::read(pieces, stored.value())?, namespace, key);
            written.map(Some).map_err(|error| damaged(&error.to_string()))
        })
    }
}

impl Iterator for Scan {
    type Item = Result<KeyValue, LedgerError>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.rows.next()?.map_err(LedgerError::from);
        Some(row.and_then(|(key, row)| {
            Ok(KeyValue { key: text(key.value().2)?, value: large::read(&self.pieces, row.value().3)? })
        }))
    }
}

/// Reads a key of a namespace that is no one of hashes.
fn text(key: &[u8]) -> Result<String, LedgerError> {
    String::from_utf8(key.to_vec()).map_err(|error| LedgerError::damaged("a key of the state", &error))
}
