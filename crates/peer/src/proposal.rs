//! The proposal of a client: its levels decoded, its headers, creator and signature checked.

mod error;
mod unpacked;

pub use error::{EndorserError, FilterError, ProposalError, Undecodable};
pub(crate) use unpacked::{decode, transaction_id};
pub use unpacked::{CheckedProposal, Unpacked, filter};
