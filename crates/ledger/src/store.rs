//! The store: one database that holds every channel, in a file or in memory.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ccs_proto::common::Block;
use redb::backends::InMemoryBackend;
use redb::{Database, DatabaseError, ReadableDatabase, ReadableTable, StorageError, TableError};

use crate::error::{LedgerError, OpenError};
use crate::ledger::Ledger;
use crate::tables::{CHANNELS, FORMAT, FORMAT_VERSION};

/// The file in the folder of a store.
const FILE: &str = "ledger.redb";

/// How much of the file the database keeps in memory. The process is to stay small, and the system caches files too.
const CACHE_SIZE_IN_BYTES: usize = 8 << 20;

/// An open store. It closes when it and all its [`Ledger`]s are dropped.
#[derive(Debug)]
pub struct Store {
    database: Arc<Database>,
    /// One for each channel that was asked for: all handles of a channel share its height.
    ledgers: Mutex<HashMap<String, Ledger>>,
}

impl Store {
    /// Opens the store in a folder, or makes both.
    ///
    /// What was committed is there also after the process, or the machine, was stopped at any moment.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        std::fs::create_dir_all(folder)
            .map_err(|reason| OpenError::Folder { path: folder.to_path_buf(), reason })?;
        let path = folder.join(FILE);
        let database = Database::builder()
            .set_cache_size(CACHE_SIZE_IN_BYTES)
            .create(&path)
            .map_err(|error| cannot_open(path.clone(), error))?;
        check_format(&database, &path)?;
        Ok(Self::new(database))
    }

    /// Makes a store that is gone when it is dropped.
    pub fn in_memory() -> Result<Self, OpenError> {
        let path = PathBuf::from("in memory");
        let database = Database::builder()
            .set_cache_size(CACHE_SIZE_IN_BYTES)
            .create_with_backend(InMemoryBackend::new())
            .map_err(|error| cannot_open(path.clone(), error))?;
        check_format(&database, &path)?;
        Ok(Self::new(database))
    }

    fn new(database: Database) -> Self {
        Self { database: Arc::new(database), ledgers: Mutex::default() }
    }

    /// Gives the names of all channels, in order.
    pub fn channels(&self) -> Result<Vec<String>, LedgerError> {
        let table = match self.database.begin_read()?.open_table(CHANNELS) {
            Ok(table) => table,
            Err(TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let mut names = Vec::new();
        for row in table.iter()? {
            names.push(row?.0.value().to_owned());
        }
        Ok(names)
    }

    /// Gives the ledger of a channel; one that does not exist yet begins with the block that `genesis` makes.
    pub fn channel(&self, name: &str, genesis: impl FnOnce() -> Block) -> Result<Ledger, LedgerError> {
        // Nothing can be left half done under the lock.
        let mut ledgers = self.ledgers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ledger) = ledgers.get(name) {
            return Ok(ledger.clone());
        }
        let ledger = match Ledger::open(&self.database, name)? {
            Some(ledger) => ledger,
            None => Ledger::create(&self.database, name, genesis())?,
        };
        ledgers.insert(name.to_owned(), ledger.clone());
        Ok(ledger)
    }
}

fn cannot_open(path: PathBuf, error: DatabaseError) -> OpenError {
    match error {
        DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => {
            OpenError::Locked { path }
        }
        DatabaseError::UpgradeRequired(format) => {
            OpenError::Format { path, found: format!("{format} of the database"), supported: FORMAT_VERSION }
        }
        // A file without the database's magic number.
        DatabaseError::Storage(StorageError::Io(error))
            if error.kind() == std::io::ErrorKind::InvalidData =>
        {
            OpenError::NotAStore { path }
        }
        error => OpenError::Storage { path, reason: Box::new(error.into()) },
    }
}

/// Compares the format of a store with ours, and notes ours in one that is new.
fn check_format(database: &Database, path: &Path) -> Result<(), OpenError> {
    let storage =
        |reason: redb::Error| OpenError::Storage { path: path.to_path_buf(), reason: Box::new(reason) };
    let found = stored_format(database).map_err(storage)?;
    match found {
        Found::Version(FORMAT_VERSION) => Ok(()),
        Found::Version(version) => Err(OpenError::Format {
            path: path.to_path_buf(),
            found: version.to_string(),
            supported: FORMAT_VERSION,
        }),
        Found::Nothing => note_format(database).map_err(storage),
        Found::SomethingElse => Err(OpenError::NotAStore { path: path.to_path_buf() }),
    }
}

/// What a database says about its format.
enum Found {
    Version(u64),
    /// There are no tables.
    Nothing,
    /// There are tables of others.
    SomethingElse,
}

fn stored_format(database: &Database) -> Result<Found, redb::Error> {
    let transaction = database.begin_read()?;
    let table = match transaction.open_table(FORMAT) {
        Ok(table) => table,
        Err(TableError::TableDoesNotExist(_)) if transaction.list_tables()?.next().is_none() => {
            return Ok(Found::Nothing);
        }
        Err(TableError::Storage(error)) => return Err(error.into()),
        Err(_) => return Ok(Found::SomethingElse),
    };
    Ok(table.get("version")?.map_or(Found::SomethingElse, |version| Found::Version(version.value())))
}

fn note_format(database: &Database) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    transaction.open_table(FORMAT)?.insert("version", FORMAT_VERSION)?;
    transaction.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{commit, genesis, value};

    #[test]
    fn what_was_committed_is_there_after_opening_it_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/folder");
        let store = Store::open(&path).unwrap();
        let ledger = store.channel("ch", genesis).unwrap();
        let block = commit(&ledger, "t1", |one| one.put("cc", "a", b"1".to_vec()).unwrap()).block;
        // A handle keeps the store open.
        drop(store);
        assert_eq!(
            Store::open(&path).unwrap_err().to_string(),
            format!("the ledger {} is in use by another process", path.join(FILE).display())
        );
        drop(ledger);
        let store = Store::open(&path).unwrap();
        let ledger = store.channel("ch", || panic!("it exists")).unwrap();
        assert_eq!((ledger.height(), ledger.block(1).unwrap()), (2, Some(block)));
        assert_eq!(value(&ledger, "cc", "a"), Some(b"1".to_vec()));
    }

    #[test]
    fn channels_know_nothing_of_each_other() {
        let store = Store::in_memory().unwrap();
        let (one, other) = (store.channel("a", genesis).unwrap(), store.channel("ab", genesis).unwrap());
        commit(&one, "t1", |one| one.put("cc", "a", b"1".to_vec()).unwrap());
        assert_eq!((one.height(), other.height()), (2, 1));
        assert_eq!(value(&other, "cc", "a"), None);
        assert!(!other.has_transaction("t1").unwrap());
        assert_eq!(store.channels().unwrap(), ["a", "ab"]);
        // Another handle of the same ledger.
        assert_eq!(store.channel("a", || panic!("it exists")).unwrap().height(), 2);
    }

    #[test]
    fn what_is_no_store_of_this_format_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        std::fs::write(&path, "a text that somebody keeps here".repeat(1000)).unwrap();
        let error = Store::open(folder.path()).unwrap_err();
        assert_eq!(error.to_string(), format!("{} is not a ledger", path.display()));
        assert_eq!(
            error.hint().unwrap(),
            format!("give a folder of its own, or move {} out of the way", path.display())
        );
        assert!(std::fs::read_to_string(&path).unwrap().starts_with("a text"));
        std::fs::remove_file(&path).unwrap();

        let write = |version| {
            let database = Database::create(&path).unwrap();
            let transaction = database.begin_write().unwrap();
            transaction.open_table(FORMAT).unwrap().insert("version", version).unwrap();
            transaction.commit().unwrap();
        };
        write(FORMAT_VERSION + 1);
        let error = Store::open(folder.path()).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("the ledger {} has format 2, and this program reads format 1", path.display())
        );
        assert_eq!(
            error.hint().unwrap(),
            format!("to begin with an empty ledger, remove the file: rm {}", path.display())
        );
        write(FORMAT_VERSION);
        Store::open(folder.path()).unwrap();
        std::fs::remove_file(&path).unwrap();

        let other = redb::TableDefinition::<&str, &str>::new("others");
        let transaction = Database::create(&path).unwrap().begin_write().unwrap();
        transaction.open_table(other).unwrap();
        transaction.commit().unwrap();
        assert!(matches!(Store::open(folder.path()), Err(OpenError::NotAStore { .. })));
    }

    #[test]
    fn a_file_that_was_cut_off_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let ledger = Store::open(folder.path()).unwrap().channel("ch", genesis).unwrap();
        for n in 0..20 {
            commit(&ledger, &format!("t{n}"), |one| one.put("cc", "a", vec![b'x'; 10_000]).unwrap());
        }
        drop(ledger);
        let whole = std::fs::read(&path).unwrap();
        for keep in [0, 1, 100, 4_096, whole.len() / 2, whole.len() - 1] {
            std::fs::write(&path, &whole[..keep]).unwrap();
            match Store::open(folder.path()) {
                Err(OpenError::NotAStore { .. } | OpenError::Storage { .. }) => {}
                // Nothing is left: a new store.
                Ok(store) if keep == 0 => assert_eq!(store.channels().unwrap(), [""; 0]),
                other => panic!("{keep} bytes: {other:?}"),
            }
        }
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().join("folder");
        let text = Store::open(&path).unwrap_err().to_string();
        assert!(text.starts_with(&format!("cannot create the folder {}: ", path.display())), "{text}");
    }
}
