//! What one transaction reads and writes before anything is committed.
//!
//! Reads see the committed state only, never the transaction's own writes; mixing writes with paginated queries is
//! refused. (Fabric 3.1 `core/ledger/kvledger/txmgmt/txmgr/{tx_simulator,query_executor}.go`.)

mod iterator;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::state::{Namespace, Writes};

pub(crate) use iterator::{BATCH_SIZE, Batch, RangeIterator};

/// A simulation refuses an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Conflict {
    #[error("unsuppored transaction. Paginated queries are supported only in a read-only transaction")]
    QueryAfterWrite,
    #[error(
        "unsuppored transaction. Transaction has already performed a paginated query. Writes are not allowed"
    )]
    WriteAfterQuery,
}

/// The simulation of one transaction.
#[derive(Debug)]
pub(crate) struct Simulation {
    /// The chaincode's name, which every result of a query repeats.
    pub(crate) namespace: String,
    committed: Arc<Namespace>,
    reads: BTreeSet<String>,
    writes: Writes,
    has_written: bool,
    has_paginated: bool,
    /// Open iterators by their ids.
    pub(crate) iterators: HashMap<String, RangeIterator>,
}

impl Simulation {
    pub(crate) fn new(namespace: String, committed: Arc<Namespace>) -> Self {
        Self {
            namespace,
            committed,
            reads: BTreeSet::new(),
            writes: Writes::new(),
            has_written: false,
            has_paginated: false,
            iterators: HashMap::new(),
        }
    }

    /// Reads a committed value.
    pub(crate) fn get(&mut self, key: String) -> Option<&[u8]> {
        let value = self.committed.get(&key).map(Vec::as_slice);
        self.reads.insert(key);
        value
    }

    /// Writes a value; an empty one deletes, as for a peer.
    pub(crate) fn put(&mut self, key: String, value: Vec<u8>) -> Result<(), Conflict> {
        self.write(key, (!value.is_empty()).then_some(value))
    }

    /// Deletes a key.
    pub(crate) fn delete(&mut self, key: String) -> Result<(), Conflict> {
        self.write(key, None)
    }

    fn write(&mut self, key: String, value: Option<Vec<u8>>) -> Result<(), Conflict> {
        // A write that is refused counts too.
        self.has_written = true;
        if self.has_paginated {
            return Err(Conflict::WriteAfterQuery);
        }
        self.writes.insert(key, value);
        Ok(())
    }

    /// Opens an iterator over the committed keys from `start` to before `end`; empty texts are open ends.
    pub(crate) fn range(&self, start: String, end: String, limit: usize) -> RangeIterator {
        RangeIterator::new(Arc::clone(&self.committed), start, end, limit)
    }

    /// Notes that a paginated query begins.
    pub(crate) fn paginate(&mut self) -> Result<(), Conflict> {
        self.has_paginated = true;
        if self.has_written { Err(Conflict::QueryAfterWrite) } else { Ok(()) }
    }

    /// Notes the keys that a query fetched.
    pub(crate) fn fetched(&mut self, keys: impl IntoIterator<Item = String>) {
        self.reads.extend(keys);
    }

    /// Counts the different keys that were read.
    pub(crate) fn reads(&self) -> usize {
        self.reads.len()
    }

    /// Ends the simulation and gives what it wants to write.
    pub(crate) fn into_writes(self) -> Writes {
        self.writes
    }
}
