//! What a commit has done.

use ccs_proto::common::Block;
use ccs_proto::peer::TxValidationCode;

use super::private::MissingPrivateData;
use super::updates::Updates;

/// A block that was committed.
#[derive(Clone, Debug, PartialEq)]
pub struct Committed {
    /// The block, with its metadata.
    pub block: Block,
    /// Its number.
    pub number: u64,
    /// What became of each transaction.
    pub codes: Vec<TxValidationCode>,
    /// What changed in the state, collections included.
    pub updates: Updates,
    /// The private data that valid transactions have written without it being here.
    pub missing: Vec<MissingPrivateData>,
}
