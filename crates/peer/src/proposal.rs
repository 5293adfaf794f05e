//! Proposals of clients: decodes their levels once, and checks headers, creator and signature.

mod decoded;
mod error;
mod unpacked;

pub use decoded::Decoded;
pub use error::{EndorserError, FilterError, ProposalError, Undecodable};
pub use unpacked::{CheckedProposal, Unpacked, filter};
