//! The result of a commit.

use ccs_proto::common::Block;
use ccs_proto::peer::TxValidationCode;

use super::private::MissingPrivateData;
use super::updates::Updates;

/// Committed block.
#[derive(Clone, Debug, PartialEq)]
pub struct Committed {
    /// The block, with its metadata.
    pub block: Block,
    /// Number of the block.
    pub number: u64,
    /// Validation codes of its transactions.
    pub codes: Vec<TxValidationCode>,
    /// Changes of the state, including collections.
    pub updates: Updates,
    /// Private data that valid transactions have written, but that this ledger does not have.
    pub missing: Vec<MissingPrivateData>,
}
