//! The database file, and recovery after a disk failure.
//!
//! After a failed read or write, the database rejects all operations until it is opened again. Each opened database
//! therefore has its own access to the file, which ends with the first failure. The next operation then opens the
//! database again: committed data is present, and the interrupted write is not.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use redb::backends::FileBackend;
use redb::{DatabaseError, ReadTransaction, ReadableDatabase, StorageBackend, WriteTransaction};

use crate::error::{DiskError, LedgerError};

/// Size of the database's cache. It is small to save memory, since the system caches files as well.
const CACHE_SIZE_IN_BYTES: usize = 8 << 20;

/// Database that is opened again after a disk failure.
#[derive(Debug)]
pub(crate) struct Database {
    file: Arc<DatabaseFile>,
    open: Mutex<Open>,
}

/// Currently open database.
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
            // Compares the checksums of all pages, so that damage is found now instead of when a value is read.
            .set_check_integrity_on_open(true)
            .create_with_backend(Backend(Arc::clone(&access)))?;
        Ok(Self { database: Arc::new(database), access })
    }
}

impl Database {
    /// Opens the database in a file, or creates one in an empty file.
    pub(crate) fn open(file: DatabaseFile) -> Result<Self, DatabaseError> {
        let file = Arc::new(file);
        let open = Mutex::new(Open::new(&file)?);
        Ok(Self { file, open })
    }

    /// Starts a read transaction on the committed data.
    pub(crate) fn begin_read(&self) -> Result<ReadTransaction, LedgerError> {
        Ok(self.current()?.begin_read()?)
    }

    /// Starts a write transaction. Waits until all other writers have finished.
    pub(crate) fn begin_write(&self) -> Result<WriteTransaction, LedgerError> {
        Ok(self.current()?.begin_write()?)
    }

    /// Returns the database, and opens it again after a failure.
    fn current(&self) -> Result<Arc<redb::Database>, LedgerError> {
        let mut open = self.lock();
        if open.access.has_failed() {
            *open = Open::new(&self.file)?;
        }
        Ok(Arc::clone(&open.database))
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        // A panic cannot leave the data under the lock inconsistent.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// File of a database.
#[derive(Debug)]
pub(crate) struct DatabaseFile {
    /// Name of the file in messages.
    name: String,
    /// Folder on the same disk as the file.
    folder: PathBuf,
    storage: Box<dyn StorageBackend>,
    /// Whether written data must survive a crash of the machine.
    is_durable: bool,
}

impl DatabaseFile {
    /// Wraps a file. If other processes can open the file, the caller must have locked it.
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

/// Access of one open database to its file.
#[derive(Debug)]
struct Access {
    file: Arc<DatabaseFile>,
    /// Locked for reading by each operation, so that no operation is in progress once it is true.
    has_failed: RwLock<bool>,
}

impl Access {
    fn has_failed(&self) -> bool {
        *self.has_failed.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs an operation on the file. After a failure, returns an error instead, since another access may have taken
    /// over.
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

/// Backend of an open database. It does no locking: the file is locked as long as the store is open.
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
