//! The proposal of a client: its levels decoded once, its headers, creator and signature checked.

mod decoded;
mod error;
mod unpacked;

pub use decoded::Decoded;
pub use error::{EndorserError, FilterError, ProposalError, Undecodable};
pub use unpacked::{CheckedProposal, Unpacked, filter};
