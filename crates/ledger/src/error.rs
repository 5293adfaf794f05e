//! Why the store cannot be opened, and why the ledger cannot answer.

use std::path::PathBuf;

/// A store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder cannot be made.
    #[error("cannot create the folder {}: {reason}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        reason: std::io::Error,
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
    /// The file cannot be read or written.
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
            Self::Folder { .. } => None,
            Self::Locked { .. } => {
                Some("stop the other development peer, or give this one a folder of its own".to_owned())
            }
            Self::NotAStore { path } => {
                Some(format!("give a folder of its own, or move {} out of the way", path.display()))
            }
            Self::Format { path, .. } | Self::Storage { path, .. } => Some(format!(
                "to begin with an empty ledger, remove the file: rm {}",
                shell_quoted(&path.display().to_string())
            )),
        }
    }
}

/// Quotes for a shell where that is needed.
fn shell_quoted(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    if text.bytes().all(is_plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// The ledger cannot answer, or not commit; nothing of what was asked has happened.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
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

    /// Says what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Store(_) => Some("is the disk full, or gone?".to_owned()),
            Self::Damaged { .. } => Some("begin with an empty ledger in a new folder".to_owned()),
            Self::Genesis { .. } => None,
        }
    }
}

/// Turns each error of the database into ours.
macro_rules! from_database {
    ($($error:ident),*) => {$(
        impl From<redb::$error> for LedgerError {
            fn from(error: redb::$error) -> Self {
                Self::Store(Box::new(error.into()))
            }
        }
    )*};
}

from_database!(StorageError, TableError, TransactionError, CommitError);
