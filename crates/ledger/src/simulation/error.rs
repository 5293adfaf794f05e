//! Errors for rejected operations of a simulation. The texts are a peer's.

use crate::error::LedgerError;
use crate::tables::MAX_KEY_LENGTH;
use crate::version::{Shown, Version};

/// Rejection of an operation by a simulation.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// A collection was queried after a write.
    #[error(
        "txid [{id}]: unsuppored transaction. Queries on pvt data is supported only in a read-only transaction"
    )]
    PrivateQueryAfterWrite {
        /// ID of the transaction.
        id: String,
    },
    /// A key was written after a query of a collection.
    #[error(
        "txid [{id}]: unsuppored transaction. Transaction has already performed queries on pvt data. Writes are not allowed"
    )]
    WriteAfterPrivateQuery {
        /// ID of the transaction.
        id: String,
    },
    /// A paginated query came after a write.
    #[error(
        "txid [{id}]: unsuppored transaction. Paginated queries are supported only in a read-only transaction"
    )]
    PaginatedQueryAfterWrite {
        /// ID of the transaction.
        id: String,
    },
    /// A key was written after a paginated query.
    #[error(
        "txid [{id}]: unsuppored transaction. Transaction has already performed a paginated query. Writes are not allowed"
    )]
    WriteAfterPaginatedQuery {
        /// ID of the transaction.
        id: String,
    },
    /// The ledger does not have the private value that belongs to the public hash.
    #[error(
        "private data matching public hash version is not available. Public hash version = {}, Private data version = {}",
        Shown(*public),
        Shown(*private)
    )]
    PrivateDataMissing {
        /// Version of the hash.
        public: Option<Version>,
        /// Version of the stored value.
        private: Option<Version>,
    },
    /// A key is too long for the state of this ledger; a peer has no such limit.
    #[error("txid [{id}]: cannot write a key of {length} bytes: the limit is {MAX_KEY_LENGTH}")]
    LongKey {
        /// ID of the transaction.
        id: String,
        /// Length of the key in bytes.
        length: usize,
    },
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl From<redb::StorageError> for SimulationError {
    fn from(error: redb::StorageError) -> Self {
        Self::Ledger(error.into())
    }
}
