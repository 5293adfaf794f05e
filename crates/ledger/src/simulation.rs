//! What one transaction reads and writes before it is ordered.
//!
//! Reads see the state as it was when the simulation began, never the transaction's own writes. Which operations mix is
//! Fabric's rule (Fabric 3.1 `core/ledger/kvledger/txmgmt/txmgr/{tx_simulator,query_executor}.go`).

mod error;
mod private;
mod query;
mod record;
mod results;

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

/// The simulation of one transaction. Its keys are those of a peer with LevelDB: any text, the empty one too.
///
/// It keeps the state it reads from being overwritten on the disk: it is to be dropped when it is no longer needed.
pub struct Simulation {
    channel: Arc<str>,
    id: String,
    transaction: ReadTransaction,
    state: Snapshot,
    record: Record,
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
            has_written: false,
            has_queried_private: false,
            has_paginated: false,
        })
    }

    /// Returns the transaction's ID.
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

    /// Reads the metadata of a key, which reads its version too.
    pub fn metadata(&mut self, namespace: &str, key: &str) -> Result<Metadata, SimulationError> {
        let entry = self.read(namespace, key)?;
        Ok(metadata::decode(&entry.map(|entry| entry.metadata).unwrap_or_default())?)
    }

    /// Writes a value; an empty one deletes.
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

    /// Returns what the simulation has read and wants to write so far, and forgets it.
    #[must_use]
    pub fn take_results(&mut self) -> Results {
        results::of(std::mem::take(&mut self.record))
    }

    /// Ends the simulation and returns what it has read and wants to write.
    #[must_use]
    pub fn finish(self) -> Results {
        results::of(self.record)
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

    /// Notes that the transaction writes, or refuses it to one that may not.
    ///
    /// For writes that are refused elsewhere, by the rules of another state database for keys and values: they count.
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

    /// Refuses to write a key that the state cannot hold.
    fn check_key(&self, key: &str) -> Result<(), SimulationError> {
        if key.len() > MAX_KEY_LENGTH {
            return Err(SimulationError::LongKey { id: self.id.clone(), length: key.len() });
        }
        Ok(())
    }

    /// Notes that the transaction begins a paginated query, or refuses it to one that has written.
    pub fn begin_paginated_query(&mut self) -> Result<(), SimulationError> {
        if self.has_written {
            return Err(SimulationError::PaginatedQueryAfterWrite { id: self.id.clone() });
        }
        self.has_paginated = true;
        Ok(())
    }

    /// Notes that the transaction begins a range or rich query of a collection, or refuses it to one that has written.
    ///
    /// A peer does so before it looks whether there is such a collection.
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
