//! Why a simulation refuses an operation; the texts are a peer's.

use crate::error::LedgerError;
use crate::tables::MAX_KEY_LENGTH;
use crate::version::{Shown, Version};

/// A simulation refuses an operation.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// A query of a collection came after a write.
    #[error(
        "txid [{id}]: unsuppored transaction. Queries on pvt data is supported only in a read-only transaction"
    )]
    PrivateQueryAfterWrite {
        /// The transaction.
        id: String,
    },
    /// A write came after a query of a collection.
    #[error(
        "txid [{id}]: unsuppored transaction. Transaction has already performed queries on pvt data. Writes are not allowed"
    )]
    WriteAfterPrivateQuery {
        /// The transaction.
        id: String,
    },
    /// A paginated query came after a write.
    #[error(
        "txid [{id}]: unsuppored transaction. Paginated queries are supported only in a read-only transaction"
    )]
    PaginatedQueryAfterWrite {
        /// The transaction.
        id: String,
    },
    /// A write came after a paginated query.
    #[error(
        "txid [{id}]: unsuppored transaction. Transaction has already performed a paginated query. Writes are not allowed"
    )]
    WriteAfterPaginatedQuery {
        /// The transaction.
        id: String,
    },
    /// The ledger has not been given the private value that belongs to the public hash.
    #[error(
        "private data matching public hash version is not available. Public hash version = {}, Private data version = {}",
        Shown(*public),
        Shown(*private)
    )]
    PrivateDataMissing {
        /// The version of the hash.
        public: Option<Version>,
        /// The version of the value that is there.
        private: Option<Version>,
    },
    /// A key is longer than the state of this ledger can hold; a peer has no such limit.
    #[error("txid [{id}]: cannot write a key of {length} bytes: the longest key has {MAX_KEY_LENGTH}")]
    LongKey {
        /// The transaction.
        id: String,
        /// The length of the key.
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
