//! Why the store cannot be opened, and why the ledger cannot answer.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// A store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder cannot be made.
    #[error("cannot create the folder {}: {reason}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// The file cannot be opened or made.
    #[error("cannot open {}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// A file for a store that is not kept cannot be made.
    #[error("cannot create a temporary file for the ledger in {}: {reason}", folder.display())]
    Temporary {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// Another process has it open.
    #[error("the ledger {} is in use by another process", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("{} is not a ledger", path.display())]
    NotAStore {
        /// The file.
        path: PathBuf,
    },
    /// The file was written in another format.
    #[error("the ledger {} has format {found}, and this program reads format {supported}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The format of the file.
        found: String,
        /// The one format that can be read.
        supported: u64,
    },
    /// The file has been changed or cut off.
    #[error("the ledger {} is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The disk failed.
    #[error(transparent)]
    Disk(DiskError),
    /// The database does not accept the file.
    #[error("cannot open the ledger {}: {reason}", path.display())]
    Storage {
        /// The file.
        path: PathBuf,
        /// What the database says.
        reason: Box<redb::Error>,
    },
}

impl OpenError {
    /// Says what to do about it.
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
                Some("stop the other development peer, or give this one a folder of its own".to_owned())
            }
            Self::NotAStore { path } => {
                Some(format!("give a folder of its own, or move {} out of the way", path.display()))
            }
            Self::Format { path, .. } | Self::Damaged { path, .. } | Self::Storage { path, .. } => {
                Some(format!(
                    "to begin with an empty ledger, remove the file: rm {}",
                    shell_quoted(&path.display().to_string())
                ))
            }
        }
    }
}

/// The disk does not read or write the ledger.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {ledger}: {reason}")]
pub struct DiskError {
    pub(crate) action: &'static str,
    /// The name of the ledger.
    pub(crate) ledger: String,
    /// The folder of the ledger.
    pub(crate) folder: PathBuf,
    pub(crate) reason: io::Error,
}

impl DiskError {
    /// Says what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        hint_of(&self.folder, &self.reason)
    }

    /// Returns what the system says.
    #[must_use]
    pub fn reason(&self) -> &io::Error {
        &self.reason
    }
}

/// Says what to do when the system refuses something with a path.
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
        ErrorKind::PermissionDenied => format!("let this user read and write {path}"),
        ErrorKind::IsADirectory => format!("{path} is a folder: choose a folder for the ledger without it"),
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            format!("a part of {path} is a file: choose another folder")
        }
        _ => return None,
    })
}

/// Quotes for a shell where that is needed.
fn shell_quoted(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    if text.bytes().all(is_plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// The ledger cannot answer, or not commit; nothing of what was asked has happened.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The disk failed. The ledger tries again when it is asked the next time: the request itself may be right.
    #[error(transparent)]
    Disk(DiskError),
    /// The disk failed while the ledger was read, perhaps in the course of another request. The ledger has been opened again
    /// since then, or will be.
    #[error("reading the ledger was interrupted by a failure of its disk")]
    Interrupted,
    /// The database failed.
    #[error("the ledger's store failed: {0}")]
    Store(Box<redb::Error>),
    /// Something in the store is not what was written there.
    #[error("the ledger's store is damaged: {record}: {reason}")]
    Damaged {
        /// What was read.
        record: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A channel cannot begin with the block that was given.
    #[error("channel {channel:?} cannot begin with this block: {reason}")]
    Genesis {
        /// The channel.
        channel: String,
        /// What is wrong with the block.
        reason: String,
    },
}

impl LedgerError {
    pub(crate) fn damaged(record: impl Into<String>, reason: &(impl ToString + ?Sized)) -> Self {
        Self::Damaged { record: record.into(), reason: reason.to_string() }
    }

    /// Returns whether the disk is the reason, so that the same request can succeed once the disk is well again.
    #[must_use]
    pub fn is_of_disk(&self) -> bool {
        matches!(self, Self::Disk(_) | Self::Interrupted)
    }

    /// Says what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Disk(error) => error.hint(),
            Self::Interrupted => Some("try again".to_owned()),
            Self::Damaged { .. } => Some("begin with an empty ledger in a new folder".to_owned()),
            Self::Store(_) | Self::Genesis { .. } => None,
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

/// Finds the failure of the disk in an error of the database.
pub(crate) fn disk_error(error: redb::Error) -> Result<DiskError, redb::Error> {
    match error {
        redb::Error::Io(error) => error.downcast::<DiskError>().map_err(redb::Error::Io),
        error => Err(error),
    }
}

/// Turns each error of the database into ours.
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
