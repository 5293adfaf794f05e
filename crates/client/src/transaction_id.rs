//! The ID of a transaction.

use std::fmt;

/// The ID of a transaction, as computed by [`ccs_proto::transaction_id`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TransactionId(String);

impl TransactionId {
    /// Computes the ID from a nonce and a creator.
    pub(crate) fn new(nonce: &[u8], creator: &[u8]) -> Self {
        Self(ccs_proto::transaction_id(nonce, creator))
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
