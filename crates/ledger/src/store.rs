//! The store: one database for all channels, in a folder or in a temporary file.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use ccs_proto::common::Block;
use redb::{DatabaseError, ReadableTable, StorageError, TableError};

use crate::database::{Database, DatabaseFile};
use crate::error::{LedgerError, OpenError, disk_error};
use crate::heights::{Heights, Setback};
use crate::ledger::{self, Ledger, Progress, Tip};
use crate::tables::{CHANNELS, FORMAT, FORMAT_VERSION};

/// Name of the database file in the folder of a store.
const FILE: &str = "ledger.redb";
/// Name of the file with the heights of the channels.
const HEIGHTS: &str = "heights";

/// Separates the channel from the peer in the name of a ledger that is not the first one of its channel.
const PEER: char = '@';

/// Open store. It closes when it and all its [`Ledger`]s are dropped.
#[derive(Debug)]
pub struct Store {
    database: Arc<Database>,
    heights: Arc<Heights>,
    setbacks: Vec<Setback>,
    /// Ledgers of the channels opened so far, since all handles of a channel share its height.
    ledgers: Mutex<HashMap<String, Vec<Ledger>>>,
}

impl Store {
    /// Opens the store in a folder, and creates both if needed. Only the current user can read what it creates.
    ///
    /// Committed data survives a crash of the process or the machine at any time. Opening compares the checksums of
    /// the whole file, so its duration grows with the file.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|reason| OpenError::Folder { path: folder.to_path_buf(), reason })?;
        let path = folder.join(FILE);
        let refused = |path: &Path| {
            let path = path.to_path_buf();
            move |reason| OpenError::File { path, reason }
        };
        let file = open_private(&path).map_err(refused(&path))?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(OpenError::Locked { path }),
            Err(TryLockError::Error(reason)) if reason.kind() != ErrorKind::Unsupported => {
                return Err(refused(&path)(reason));
            }
            Err(TryLockError::Error(_)) | Ok(()) => {}
        }
        let name = format!("the ledger {}", path.display());
        let file = DatabaseFile::new(name, folder, file, true);
        let database = open_database(file, &path)?;
        close_to_others(&path).map_err(refused(&path))?;

        let heights = heights(&database).map_err(|error| cannot_read(&path, error))?;
        let path = folder.join(HEIGHTS);
        let file = open_private(&path).map_err(refused(&path))?;
        let (heights, setbacks) = Heights::compare(file, heights).map_err(refused(&path))?;
        Ok(Self::new(database, heights, setbacks))
    }

    /// Creates a store in an unnamed file in the system's temporary folder. The file disappears when the store is
    /// dropped or the process ends, even by a crash.
    pub fn temporary() -> Result<Self, OpenError> {
        Self::temporary_in(&std::env::temp_dir())
    }

    fn temporary_in(folder: &Path) -> Result<Self, OpenError> {
        let file = tempfile::tempfile_in(folder)
            .map_err(|reason| OpenError::Temporary { folder: folder.to_path_buf(), reason })?;
        let name = format!("the temporary ledger in {}", folder.display());
        let database = open_database(DatabaseFile::new(name, folder, file, false), folder)?;
        Ok(Self::new(database, Heights::default(), Vec::new()))
    }

    #[cfg(test)]
    pub(crate) fn of_storage(storage: impl redb::StorageBackend) -> Result<Self, OpenError> {
        let path = Path::new("/fake/ledger.redb");
        let database = open_database(Ok(DatabaseFile::of_storage("the ledger", storage)), path)?;
        Ok(Self::new(database, Heights::default(), Vec::new()))
    }

    fn new(database: Database, heights: Heights, setbacks: Vec<Setback>) -> Self {
        Self { database: Arc::new(database), heights: Arc::new(heights), setbacks, ledgers: Mutex::default() }
    }

    /// Returns the channels that had more blocks when the store was last used: either the end of its file is damaged,
    /// or the file is an older copy.
    #[must_use]
    pub fn setbacks(&self) -> &[Setback] {
        &self.setbacks
    }

    /// Returns the names of all channels, sorted.
    pub fn channels(&self) -> Result<Vec<String>, LedgerError> {
        Ok(heights(&self.database)?.into_keys().collect())
    }

    /// Returns the ledger of a channel. Creates a new channel with the block from `genesis`.
    pub fn channel(&self, name: &str, genesis: impl FnOnce() -> Block) -> Result<Ledger, LedgerError> {
        // There is one for each peer.
        Ok(self.replicas(name, &[name], genesis)?.swap_remove(0))
    }

    /// Returns the ledgers of the peers of a channel, which [`Replicas`](crate::Replicas) combines. Creates a new
    /// channel with the block from `genesis`, and fails if an existing one has other peers. The first peer is not
    /// recorded, so that its ledger is the one of a channel with a single peer.
    pub fn replicas(
        &self,
        name: &str,
        peers: &[&str],
        genesis: impl FnOnce() -> Block,
    ) -> Result<Vec<Ledger>, LedgerError> {
        // A panic cannot leave the data under the lock inconsistent.
        let mut opened = self.ledgers.lock().unwrap_or_else(PoisonError::into_inner);
        let others = peers.iter().skip(1).map(|peer| format!("{name}{PEER}{peer}"));
        let keys: Vec<_> = std::iter::once(name.to_owned()).chain(others).collect();
        if let Some(known) = opened.get(name).filter(|known| known.iter().map(Ledger::key).eq(&keys)) {
            return Ok(known.clone());
        }
        let stored = stored(&self.database)?.into_iter().filter(|(key, _)| is_of(name, key));
        let stored: BTreeMap<_, _> = stored.collect();
        let height = if stored.is_empty() {
            self.create(name, &keys, genesis())?;
            1
        } else {
            same_height(name, &keys, &stored)?
        };
        let progress = Arc::new(Progress::new(height, keys.len()));
        let open = |key: &String| Ledger::new(&self.database, &self.heights, &progress, (name, key));
        let ledgers: Vec<_> = keys.iter().map(open).collect();
        ledgers.iter().try_for_each(Ledger::check_last_block)?;
        opened.insert(name.to_owned(), ledgers.clone());
        Ok(ledgers)
    }

    /// Writes the first block of a channel to new ledgers.
    fn create(&self, name: &str, keys: &[String], genesis: Block) -> Result<(), LedgerError> {
        let block = ledger::first_block(name, genesis)?;
        let transaction = self.database.begin_write()?;
        ledger::open_all_tables(&transaction)?;
        for key in keys {
            ledger::write_block(&transaction, key, &block, Tip { height: 1, last_config: 0 })?;
        }
        transaction.commit()?;
        self.heights.note(name, 1);
        Ok(())
    }
}

/// Returns whether a name in the tables is that of a channel's ledger.
fn is_of(channel: &str, key: &str) -> bool {
    key.strip_prefix(channel).is_some_and(|rest| rest.is_empty() || rest.starts_with(PEER))
}

/// Returns the height of a channel's ledgers, which must be the given ones.
fn same_height(name: &str, keys: &[String], stored: &BTreeMap<String, u64>) -> Result<u64, LedgerError> {
    let wanted: BTreeSet<_> = keys.iter().collect();
    if !stored.keys().eq(wanted) {
        let stored = stored.keys().cloned().collect();
        return Err(LedgerError::Peers { channel: name.to_owned(), stored, wanted: keys.to_vec() });
    }
    let heights: BTreeSet<_> = stored.values().copied().collect();
    match heights.first() {
        Some(&height) if heights.len() == 1 => Ok(height),
        _ => Err(LedgerError::damaged(format!("channel {name}"), "its ledgers have different heights")),
    }
}

/// Opens or creates a file that only the current user can access.
fn open_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// Removes the permissions of other users from an existing file.
fn close_to_others(path: &Path) -> io::Result<()> {
    let is_open = std::fs::metadata(path)?.permissions().mode() & 0o077 != 0;
    if is_open { std::fs::set_permissions(path, Permissions::from_mode(0o600)) } else { Ok(()) }
}

/// Opens the database in a file and compares its format with ours. Stores our format in a new file.
fn open_database(file: Result<DatabaseFile, DatabaseError>, path: &Path) -> Result<Database, OpenError> {
    let database = file.and_then(Database::open).map_err(|error| cannot_open(path, error))?;
    let found = stored_format(&database).map_err(|error| cannot_read(path, error))?;
    let path = path.to_path_buf();
    match found {
        Found::Version(FORMAT_VERSION) => Ok(database),
        Found::Version(version) => {
            Err(OpenError::Format { path, found: version.to_string(), supported: FORMAT_VERSION })
        }
        Found::Nothing => match note_format(&database) {
            Ok(()) => Ok(database),
            Err(error) => Err(cannot_read(&path, error)),
        },
        Found::SomethingElse => Err(OpenError::NotAStore { path }),
    }
}

fn cannot_open(path: &Path, error: DatabaseError) -> OpenError {
    let path = path.to_path_buf();
    match error {
        DatabaseError::UpgradeRequired(format) => {
            OpenError::Format { path, found: format!("{format} of the database"), supported: FORMAT_VERSION }
        }
        // A file without the database's magic number.
        DatabaseError::Storage(StorageError::Io(error)) if error.kind() == ErrorKind::InvalidData => {
            OpenError::NotAStore { path }
        }
        DatabaseError::Storage(StorageError::Io(error)) if error.kind() == ErrorKind::UnexpectedEof => {
            OpenError::Damaged { path, reason: "the file is truncated".to_owned() }
        }
        DatabaseError::Storage(StorageError::Corrupted(reason)) => OpenError::Damaged { path, reason },
        error => match disk_error(error.into()) {
            Ok(error) => OpenError::Disk(error),
            Err(reason) => OpenError::Storage { path, reason: Box::new(reason) },
        },
    }
}

fn cannot_read(path: &Path, error: LedgerError) -> OpenError {
    let path = path.to_path_buf();
    match error {
        LedgerError::Disk(error) => OpenError::Disk(error),
        LedgerError::Store(reason) => OpenError::Storage { path, reason },
        error => OpenError::Damaged { path, reason: error.to_string() },
    }
}

/// Reads the heights of all channels.
fn heights(database: &Database) -> Result<BTreeMap<String, u64>, LedgerError> {
    // The other ledgers of a channel have the height of the first one.
    Ok(stored(database)?.into_iter().filter(|(key, _)| !key.contains(PEER)).collect())
}

/// Reads the heights of all ledgers, by their names in the tables.
fn stored(database: &Database) -> Result<BTreeMap<String, u64>, LedgerError> {
    let table = match database.begin_read()?.open_table(CHANNELS) {
        Ok(table) => table,
        Err(TableError::TableDoesNotExist(_)) => return Ok(BTreeMap::new()),
        Err(error) => return Err(error.into()),
    };
    let mut heights = BTreeMap::new();
    for row in table.iter()? {
        let (channel, tip) = row?;
        heights.insert(channel.value().to_owned(), tip.value().0);
    }
    Ok(heights)
}

/// Format entry of a database.
enum Found {
    Version(u64),
    /// The database has no tables.
    Nothing,
    /// The database has tables of another program.
    SomethingElse,
}

fn stored_format(database: &Database) -> Result<Found, LedgerError> {
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

fn note_format(database: &Database) -> Result<(), LedgerError> {
    let transaction = database.begin_write()?;
    transaction.open_table(FORMAT)?.insert("version", FORMAT_VERSION)?;
    transaction.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests;
