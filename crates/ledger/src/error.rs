//! Errors from opening a store and from using a ledger.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Error from opening a store.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder cannot be created.
    #[error("cannot create the folder {}: {reason}", path.display())]
    Folder {
        /// Path of the folder.
        path: PathBuf,
        /// Error of the system.
        reason: io::Error,
    },
    /// The file cannot be opened or created.
    #[error("cannot open {}: {reason}", path.display())]
    File {
        /// Path of the file.
        path: PathBuf,
        /// Error of the system.
        reason: io::Error,
    },
    /// The file of a temporary store cannot be created.
    #[error("cannot create a temporary file for the ledger in {}: {reason}", folder.display())]
    Temporary {
        /// Path of the folder.
        folder: PathBuf,
        /// Error of the system.
        reason: io::Error,
    },
    /// Another process has the store open.
    #[error("the ledger {} is in use by another process", path.display())]
    Locked {
        /// Path of the file.
        path: PathBuf,
    },
    /// The file is not a store.
    #[error("{} is not a ledger", path.display())]
    NotAStore {
        /// Path of the file.
        path: PathBuf,
    },
    /// The file has another format version.
    #[error("the ledger {} has format {found}, but this program reads format {supported}", path.display())]
    Format {
        /// Path of the file.
        path: PathBuf,
        /// Format of the file.
        found: String,
        /// The only format that this program reads.
        supported: u64,
    },
    /// The file was changed or truncated.
    #[error("the ledger {} is damaged: {reason}", path.display())]
    Damaged {
        /// Path of the file.
        path: PathBuf,
        /// Description of the damage.
        reason: String,
    },
    /// The disk failed.
    #[error(transparent)]
    Disk(DiskError),
    /// The database rejects the file.
    #[error("cannot open the ledger {}: {reason}", path.display())]
    Storage {
        /// Path of the file.
        path: PathBuf,
        /// Error of the database.
        reason: Box<redb::Error>,
    },
}

impl OpenError {
    /// Returns the next step for the user.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Folder { path, reason } | Self::File { path, reason } => hint_of(path, reason),
            Self::Temporary { folder, reason } => Some(hint_of(folder, reason).map_or_else(
                || "set TMPDIR to another folder".to_owned(),
                |hint| format!("{hint}, or set TMPDIR to another folder"),
            )),
            Self::Disk(error) => error.hint(),
            Self::Locked { .. } => {
                Some("stop the other development peer, or use a separate folder for this one".to_owned())
            }
            Self::NotAStore { path } => {
                Some(format!("use a separate folder, or move {} away", path.display()))
            }
            Self::Format { path, .. } | Self::Damaged { path, .. } | Self::Storage { path, .. } => {
                Some(format!(
                    "to start with an empty ledger, remove the file: rm {}",
                    shell_quoted(&path.display().to_string())
                ))
            }
        }
    }
}

/// Error from reading or writing the ledger's disk.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {ledger}: {reason}")]
pub struct DiskError {
    pub(crate) action: &'static str,
    /// Name of the ledger.
    pub(crate) ledger: String,
    /// Folder of the ledger.
    pub(crate) folder: PathBuf,
    pub(crate) reason: io::Error,
}

impl DiskError {
    /// Returns the next step for the user.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        hint_of(&self.folder, &self.reason)
    }

    /// Returns the error of the system.
    #[must_use]
    pub fn reason(&self) -> &io::Error {
        &self.reason
    }
}

/// Returns the next step after a system error for a path.
fn hint_of(path: &Path, reason: &io::Error) -> Option<String> {
    let path = path.display();
    Some(match reason.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            format!("free some space on the disk of {path}")
        }
        ErrorKind::FileTooLarge => "raise the limit for the size of files: ulimit -f unlimited".to_owned(),
        ErrorKind::ReadOnlyFilesystem => {
            format!("{path} is on a read-only file system: choose a folder on another one")
        }
        ErrorKind::PermissionDenied => format!("grant this user read and write access to {path}"),
        ErrorKind::IsADirectory => format!("{path} is a folder: choose a folder for the ledger without it"),
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            format!("a part of {path} is a file: choose another folder")
        }
        _ => return None,
    })
}

/// Quotes a text for a shell, if needed.
fn shell_quoted(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    if text.bytes().all(is_plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// Error from reading or committing to the ledger. The failed operation has had no effect.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The disk failed. A retry may succeed, since the request itself may be valid.
    #[error(transparent)]
    Disk(DiskError),
    /// The disk failed while the ledger was read, possibly during another request. The ledger has been opened again
    /// since then, or will be.
    #[error("reading the ledger was interrupted by a failure of its disk")]
    Interrupted,
    /// The database failed.
    #[error("the ledger's store failed: {0}")]
    Store(Box<redb::Error>),
    /// A record in the store is damaged.
    #[error("the ledger's store is damaged: {record}: {reason}")]
    Damaged {
        /// Name of the record.
        record: String,
        /// Description of the damage.
        reason: String,
    },
    /// The given block cannot be the first block of a channel.
    #[error("channel {channel:?} cannot start with this block: {reason}")]
    Genesis {
        /// Name of the channel.
        channel: String,
        /// Reason why the block is not suitable.
        reason: String,
    },
    /// The channel in the store has the ledgers of other peers.
    #[error(
        "channel {channel:?} was created with other peers: the store has {}, not {}",
        stored.join(", "),
        wanted.join(", ")
    )]
    Peers {
        /// Name of the channel.
        channel: String,
        /// Names of the stored ledgers: the channel, followed by the peer except for the first one.
        stored: Vec<String>,
        /// Names of the requested ledgers.
        wanted: Vec<String>,
    },
    /// A block must be committed to the ledgers of all peers of a channel.
    #[error("cannot commit to channel {channel:?}: {given} of its ledgers were given, not all")]
    Replicas {
        /// Name of the channel.
        channel: String,
        /// Number of ledgers that were given.
        given: usize,
    },
}

impl LedgerError {
    pub(crate) fn damaged(record: impl Into<String>, reason: &(impl ToString + ?Sized)) -> Self {
        Self::Damaged { record: record.into(), reason: reason.to_string() }
    }

    /// Returns whether the disk caused the error, so that the same request can succeed once the disk works again.
    #[must_use]
    pub fn is_of_disk(&self) -> bool {
        matches!(self, Self::Disk(_) | Self::Interrupted)
    }

    /// Returns the next step for the user.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Disk(error) => error.hint(),
            Self::Interrupted => Some("try again".to_owned()),
            Self::Damaged { .. } => Some("start with an empty ledger in a new folder".to_owned()),
            Self::Peers { .. } => Some(
                "start with the same organizations as before, or with an empty ledger in a new folder"
                    .to_owned(),
            ),
            Self::Store(_) | Self::Genesis { .. } | Self::Replicas { .. } => None,
        }
    }
}

impl From<redb::Error> for LedgerError {
    fn from(error: redb::Error) -> Self {
        match disk_error(error) {
            Ok(error) => Self::Disk(error),
            Err(redb::Error::PreviousIo | redb::Error::DatabaseClosed) => Self::Interrupted,
            Err(error) => Self::Store(Box::new(error)),
        }
    }
}

/// Extracts the disk failure from an error of the database.
pub(crate) fn disk_error(error: redb::Error) -> Result<DiskError, redb::Error> {
    match error {
        redb::Error::Io(error) => error.downcast::<DiskError>().map_err(redb::Error::Io),
        error => Err(error),
    }
}

/// Converts errors of the database into [`LedgerError`].
macro_rules! from_database {
    ($($error:ident),*) => {$(
        impl From<redb::$error> for LedgerError {
            fn from(error: redb::$error) -> Self {
                redb::Error::from(error).into()
            }
        }
    )*};
}

from_database!(StorageError, TableError, TransactionError, CommitError, DatabaseError);
