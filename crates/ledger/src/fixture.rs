//! Helpers of the unit tests: temporary ledgers, a failing disk, and transactions that are simulated and committed.

#[path = "../tests/common/mod.rs"]
mod common;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ccs_proto::peer::TxValidationCode;
use redb::StorageBackend;
use redb::backends::InMemoryBackend;

use crate::{Committed, Ledger, Simulation, Store, Transaction};

pub(crate) use common::{endorsed, genesis};

/// Creates a temporary ledger.
pub(crate) fn ledger() -> Ledger {
    Store::temporary().unwrap().channel("ch", genesis).unwrap()
}

/// Simulates a transaction.
pub(crate) fn simulated(ledger: &Ledger, id: &str, steps: impl FnOnce(&mut Simulation)) -> Transaction {
    let mut simulation = ledger.simulate(id).unwrap();
    steps(&mut simulation);
    endorsed(id, simulation.finish())
}

/// Simulates a transaction and commits it in a block of its own. Panics if the transaction is invalid.
pub(crate) fn commit(ledger: &Ledger, id: &str, steps: impl FnOnce(&mut Simulation)) -> Committed {
    let committed = ledger.commit(&[simulated(ledger, id, steps)], &()).unwrap();
    assert_eq!(committed.codes, [TxValidationCode::Valid]);
    committed
}

/// Reads a value in a separate simulation.
pub(crate) fn value(ledger: &Ledger, namespace: &str, key: &str) -> Option<Vec<u8>> {
    ledger.simulate("reader").unwrap().get(namespace, key).unwrap()
}

/// Fake disk, in memory. It counts the bytes read and written, and can run full.
#[derive(Clone, Debug)]
pub(crate) struct FakeDisk(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    memory: InMemoryBackend,
    moved: AtomicU64,
    writes_left: AtomicU64,
}

impl FakeDisk {
    pub(crate) fn new() -> Self {
        let (moved, writes_left) = (AtomicU64::new(0), AtomicU64::new(u64::MAX));
        Self(Arc::new(Inner { memory: InMemoryBackend::new(), moved, writes_left }))
    }

    /// Lets the given number of writes succeed; all later ones fail.
    pub(crate) fn leave(&self, writes: u64) {
        self.0.writes_left.store(writes, Ordering::SeqCst);
    }

    /// Returns the number of bytes read and written so far.
    pub(crate) fn moved(&self) -> u64 {
        self.0.moved.load(Ordering::SeqCst)
    }

    fn write(&self) -> io::Result<()> {
        let left = &self.0.writes_left;
        let taken = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        taken.map(drop).map_err(|_| io::ErrorKind::StorageFull.into())
    }

    fn count(&self, bytes: usize) {
        self.0.moved.fetch_add(bytes as u64, Ordering::SeqCst);
    }
}

impl StorageBackend for FakeDisk {
    fn len(&self) -> io::Result<u64> {
        self.0.memory.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.count(out.len());
        self.0.memory.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.write()?;
        self.0.memory.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.write()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.count(data.len());
        self.write()?;
        self.0.memory.write(offset, data)
    }
}
