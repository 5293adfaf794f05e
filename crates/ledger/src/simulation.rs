//! Records the reads and writes of a transaction before it is ordered.
//!
//! Reads return the state as it was when the simulation started, never the transaction's own writes. Fabric's rules
//! determine which operations may be combined (Fabric 3.1
//! `core/ledger/kvledger/txmgmt/txmgr/{tx_simulator,query_executor}.go`).

mod error;
mod private;
mod query;
mod record;
mod results;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use redb::ReadTransaction;

use crate::error::LedgerError;
use crate::metadata::{self, Metadata};
use crate::state::{Entry, Snapshot};
use crate::tables::MAX_KEY_LENGTH;

pub use error::SimulationError;
pub use query::{BATCH_SIZE, Batch, HistoryQuery, KeyValue, Page, RangeQuery, Scan};
pub use results::{Results, Touched};

use record::{NamespaceRecord, Record};

/// Simulation of a transaction. As on a peer with LevelDB, keys are any strings, including the empty one.
///
/// While a simulation exists, the disk space of the state that it reads cannot be reused. Drop it when it is no
/// longer needed.
pub struct Simulation {
    channel: Arc<str>,
    id: String,
    transaction: ReadTransaction,
    state: Snapshot,
    record: Record,
    /// Collections whose values, not only hashes, the transaction has read.
    private_reads: BTreeSet<(String, String)>,
    has_written: bool,
    has_queried_private: bool,
    has_paginated: bool,
}

impl fmt::Debug for Simulation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Simulation");
        shown.field("channel", &self.channel).field("id", &self.id).field("record", &self.record);
        shown.finish_non_exhaustive()
    }
}

impl Simulation {
    pub(crate) fn new(
        transaction: ReadTransaction,
        channel: Arc<str>,
        id: String,
    ) -> Result<Self, LedgerError> {
        let state = Snapshot::of(&transaction)?;
        Ok(Self {
            channel,
            id,
            transaction,
            state,
            record: Record::new(),
            private_reads: BTreeSet::new(),
            has_written: false,
            has_queried_private: false,
            has_paginated: false,
        })
    }

    /// Returns the ID of the transaction.
    #[must_use]
    pub fn transaction_id(&self) -> &str {
        &self.id
    }

    /// Reads a value.
    pub fn get(&mut self, namespace: &str, key: &str) -> Result<Option<Vec<u8>>, SimulationError> {
        Ok(self.read(namespace, key)?.map(|entry| entry.value))
    }

    /// Reads values, in the order of their keys.
    pub fn get_multiple<'a>(
        &mut self,
        namespace: &str,
        keys: impl IntoIterator<Item = &'a str>,
    ) -> Result<Vec<Option<Vec<u8>>>, SimulationError> {
        keys.into_iter().map(|key| self.get(namespace, key)).collect()
    }

    /// Reads the metadata of a key. Records a read of its version.
    pub fn metadata(&mut self, namespace: &str, key: &str) -> Result<Metadata, SimulationError> {
        let entry = self.read(namespace, key)?;
        Ok(metadata::decode(&entry.map(|entry| entry.metadata).unwrap_or_default())?)
    }

    /// Writes a value. An empty value deletes the key.
    pub fn put(&mut self, namespace: &str, key: &str, value: Vec<u8>) -> Result<(), SimulationError> {
        self.begin_write()?;
        self.check_key(key)?;
        let value = (!value.is_empty()).then_some(value);
        self.recorded(namespace).writes.insert(key.to_owned(), value);
        Ok(())
    }

    /// Deletes a key.
    pub fn delete(&mut self, namespace: &str, key: &str) -> Result<(), SimulationError> {
        self.put(namespace, key, Vec::new())
    }

    /// Replaces all metadata of a key.
    pub fn put_metadata(
        &mut self,
        namespace: &str,
        key: &str,
        metadata: Metadata,
    ) -> Result<(), SimulationError> {
        self.begin_write()?;
        self.check_key(key)?;
        self.recorded(namespace).metadata.insert(key.to_owned(), metadata);
        Ok(())
    }

    /// Takes the recorded reads and writes out of the simulation.
    #[must_use]
    pub fn take_results(&mut self) -> Results {
        results::of(std::mem::take(&mut self.record), std::mem::take(&mut self.private_reads))
    }

    /// Ends the simulation and returns its reads and writes.
    #[must_use]
    pub fn finish(self) -> Results {
        results::of(self.record, self.private_reads)
    }

    /// Reads a key of a namespace and records its version.
    fn read(&mut self, namespace: &str, key: &str) -> Result<Option<Entry>, SimulationError> {
        let entry = self.state.read(&self.channel, namespace, key.as_bytes())?;
        let version = entry.as_ref().map(|entry| entry.version);
        self.recorded(namespace).reads.insert(key.to_owned(), version);
        Ok(entry)
    }

    fn recorded(&mut self, namespace: &str) -> &mut NamespaceRecord {
        self.record.entry(namespace.to_owned()).or_default()
    }

    /// Records that the transaction reads values of a collection.
    fn note_private_read(&mut self, namespace: &str, collection: &str) {
        self.private_reads.insert((namespace.to_owned(), collection.to_owned()));
    }

    /// Records that the transaction writes, or fails if it may not write.
    ///
    /// Also call this for writes that another state database's rules for keys and values reject: they count as
    /// writes.
    pub fn begin_write(&mut self) -> Result<(), SimulationError> {
        if self.has_queried_private {
            return Err(SimulationError::WriteAfterPrivateQuery { id: self.id.clone() });
        }
        if self.has_paginated {
            return Err(SimulationError::WriteAfterPaginatedQuery { id: self.id.clone() });
        }
        self.has_written = true;
        Ok(())
    }

    /// Rejects a key that is too long for the state.
    fn check_key(&self, key: &str) -> Result<(), SimulationError> {
        if key.len() > MAX_KEY_LENGTH {
            return Err(SimulationError::LongKey { id: self.id.clone(), length: key.len() });
        }
        Ok(())
    }

    /// Records a paginated query, or fails if the transaction has written.
    pub fn begin_paginated_query(&mut self) -> Result<(), SimulationError> {
        if self.has_written {
            return Err(SimulationError::PaginatedQueryAfterWrite { id: self.id.clone() });
        }
        self.has_paginated = true;
        Ok(())
    }

    /// Records a range or rich query of a collection, or fails if the transaction has written.
    ///
    /// A peer does this before it checks whether the collection exists.
    pub fn begin_private_query(&mut self) -> Result<(), SimulationError> {
        if self.has_written {
            return Err(SimulationError::PrivateQueryAfterWrite { id: self.id.clone() });
        }
        self.has_queried_private = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
