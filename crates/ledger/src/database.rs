//! The database file, and how the ledger goes on after its disk has failed.
//!
//! After a failed read or write the database refuses everything until it is opened again. So each time it is opened it
//! gets an access to the file of its own, which ends with the first failure, and whoever needs the database next opens it
//! again: what was committed is there, and what was being written is not.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use redb::backends::FileBackend;
use redb::{DatabaseError, ReadTransaction, ReadableDatabase, StorageBackend, WriteTransaction};

use crate::error::{DiskError, LedgerError};

/// How much of the file the database keeps in memory. The process is to stay small, and the system caches files too.
const CACHE_SIZE_IN_BYTES: usize = 8 << 20;

/// A database that is opened again after its disk has failed.
#[derive(Debug)]
pub(crate) struct Database {
    file: Arc<DatabaseFile>,
    open: Mutex<Open>,
}

/// The database as it was opened last.
#[derive(Debug)]
struct Open {
    database: Arc<redb::Database>,
    access: Arc<Access>,
}

impl Open {
    fn new(file: &Arc<DatabaseFile>) -> Result<Self, DatabaseError> {
        let access = Arc::new(Access { file: Arc::clone(file), has_failed: RwLock::new(false) });
        let database = redb::Database::builder()
            .set_cache_size(CACHE_SIZE_IN_BYTES)
            // Compares the checksums of all pages: damage is noticed here, and not when a value is read.
            .set_check_integrity_on_open(true)
            .create_with_backend(Backend(Arc::clone(&access)))?;
        Ok(Self { database: Arc::new(database), access })
    }
}

impl Database {
    /// Opens the database in a file, or makes one in an empty file.
    pub(crate) fn open(file: DatabaseFile) -> Result<Self, DatabaseError> {
        let file = Arc::new(file);
        let open = Mutex::new(Open::new(&file)?);
        Ok(Self { file, open })
    }

    /// Begins to read what is committed.
    pub(crate) fn begin_read(&self) -> Result<ReadTransaction, LedgerError> {
        Ok(self.current()?.begin_read()?)
    }

    /// Begins to write; waits until all others that write have ended.
    pub(crate) fn begin_write(&self) -> Result<WriteTransaction, LedgerError> {
        Ok(self.current()?.begin_write()?)
    }

    /// Returns the database; opens it again after a failure.
    fn current(&self) -> Result<Arc<redb::Database>, LedgerError> {
        let mut open = self.lock();
        if open.access.has_failed() {
            *open = Open::new(&self.file)?;
        }
        Ok(Arc::clone(&open.database))
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        // Nothing can be left half done under the lock.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The file of a database.
#[derive(Debug)]
pub(crate) struct DatabaseFile {
    /// The name for messages.
    name: String,
    /// The folder that is on the disk of the file.
    folder: PathBuf,
    storage: Box<dyn StorageBackend>,
    /// Whether what was written must still be there after the machine has stopped.
    is_durable: bool,
}

impl DatabaseFile {
    /// Takes a file, which the caller has locked, if it is not its own.
    pub(crate) fn new(
        name: String,
        folder: &Path,
        file: File,
        is_durable: bool,
    ) -> Result<Self, DatabaseError> {
        let storage = Box::new(FileBackend::new(file)?);
        Ok(Self { name, folder: folder.to_owned(), storage, is_durable })
    }

    #[cfg(test)]
    pub(crate) fn of_storage(name: &str, storage: impl StorageBackend) -> Self {
        let (name, folder) = (name.to_owned(), PathBuf::from("/fake"));
        Self { name, folder, storage: Box::new(storage), is_durable: true }
    }
}

/// The access of one open database to its file.
#[derive(Debug)]
struct Access {
    file: Arc<DatabaseFile>,
    /// Held for reading by each operation: once it is true, none is under way.
    has_failed: RwLock<bool>,
}

impl Access {
    fn has_failed(&self) -> bool {
        *self.has_failed.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with the file. After a failure it does nothing any more: another access may have taken over.
    fn run<T>(
        &self,
        action: &'static str,
        operation: impl FnOnce(&dyn StorageBackend) -> io::Result<T>,
    ) -> io::Result<T> {
        let result = {
            let has_failed = self.has_failed.read().unwrap_or_else(PoisonError::into_inner);
            if *has_failed {
                return Err(io::Error::other("an earlier read or write failed"));
            }
            operation(&*self.file.storage)
        };
        result.map_err(|reason| {
            *self.has_failed.write().unwrap_or_else(PoisonError::into_inner) = true;
            let kind = reason.kind();
            let DatabaseFile { name, folder, .. } = &*self.file;
            io::Error::new(kind, DiskError { action, ledger: name.clone(), folder: folder.clone(), reason })
        })
    }
}

/// What the database sees of an access. It locks nothing: the file is locked for as long as the store is open.
#[derive(Debug)]
struct Backend(Arc<Access>);

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        self.0.run("read", StorageBackend::len)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.run("read", |storage| storage.read(offset, out))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.run("write", |storage| storage.set_len(len))
    }

    fn sync_data(&self) -> io::Result<()> {
        if !self.0.file.is_durable {
            return Ok(());
        }
        self.0.run("write", StorageBackend::sync_data)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.run("write", |storage| storage.write(offset, data))
    }
}
