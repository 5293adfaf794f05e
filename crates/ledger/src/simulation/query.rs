//! Queries for many keys, in batches: ranges, pages, histories, and scans of all keys for rich queries.

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

/// Number of results in a batch (Fabric 3.1 `core/chaincode/handler.go`, `maxResultLimit`).
pub const BATCH_SIZE: usize = 100;

/// Key and value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyValue {
    /// The key.
    pub key: String,
    /// The value.
    pub value: Vec<u8>,
}

/// Batch of a query's results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch<T> {
    /// At most [`BATCH_SIZE`] results, in order.
    pub results: Vec<T>,
    /// Whether there are more results; one more has already been fetched.
    pub has_more: bool,
}

/// Results of a paginated query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The results, in order.
    pub results: Vec<KeyValue>,
    /// First key of the next page; [`None`] at the end of the range.
    pub bookmark: Option<String>,
}

/// Progress of a query.
///
/// As in Fabric 3.1 `core/chaincode/query_response_generator.go`, a batch is returned only after one more result was
/// fetched. After the last result within the limit, no more are fetched.
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

/// Range query that may have more results, which [`Simulation::next_batch`] returns.
pub struct RangeQuery {
    rows: Range<'static, StateKey, StateValue>,
    /// Namespace and index of the record of its reads; [`None`] for collections, whose reads are not recorded.
    record: Option<(String, usize)>,
    /// End of the range, as requested.
    end: String,
    progress: Progress<KeyValue>,
}

/// Query for the history of a key, newest first.
pub struct HistoryQuery {
    rows: Range<'static, HistoryKey, ()>,
    envelopes: ReadOnlyTable<EnvelopeKey, Stored>,
    pieces: ReadOnlyTable<PieceKey, &'static [u8]>,
    namespace: String,
    key: String,
    progress: Progress<KeyModification>,
}

/// Iterator over all keys of a namespace or collection, in order, for queries that are evaluated elsewhere. Records
/// no reads.
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
    /// Starts a query for the keys from `start` up to, but not including, `end`, in the byte order of their UTF-8. An
    /// empty string means no bound. The query ends after `limit` results, as if there were no more.
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

    /// Returns one page of a range: at most `size` results, starting at `bookmark` if there is one.
    ///
    /// Does not record a read of the key that the bookmark names.
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

    /// Starts a query for the keys of a collection, with `limit` as for [`Simulation::range`]. Records no reads.
    pub fn range_private(
        &mut self,
        (namespace, collection): (&str, &str),
        start: &str,
        end: &str,
        limit: usize,
    ) -> Result<RangeQuery, SimulationError> {
        self.begin_private_query()?;
        self.note_private_read(namespace, collection);
        let rows = self.rows(&namespace::private(namespace, collection), start, end)?;
        Ok(RangeQuery { rows, record: None, end: end.to_owned(), progress: Progress::new(limit) })
    }

    /// Returns the next batch of a range query.
    pub fn next_batch(&mut self, query: &mut RangeQuery) -> Result<Batch<KeyValue>, SimulationError> {
        let RangeQuery { rows, record, end, progress } = query;
        progress.next_batch(|| self.fetch(rows, record.as_ref(), end))
    }

    /// Fetches one result and records it, or records that the range is exhausted.
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

    /// Starts a query for the valid writes of a public key, newest first. Records no reads.
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
        self.note_private_read(namespace, collection);
        self.all(&namespace::private(namespace, collection))
    }

    /// Returns a value, as a scan of its namespace or collection would.
    pub fn peek(&self, namespace: &str, key: &str) -> Result<Option<Vec<u8>>, SimulationError> {
        let entry = self.state.read(&self.channel, namespace, key.as_bytes())?;
        Ok(entry.map(|entry| entry.value))
    }

    /// Records reads of the keys that a rich query of a namespace has returned.
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
    /// Returns the next batch.
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

/// Decodes a key of a namespace that does not contain hashes.
fn text(key: &[u8]) -> Result<String, LedgerError> {
    String::from_utf8(key.to_vec()).map_err(|error| LedgerError::damaged("a key of the state", &error))
}
