//! A channel of a peer: its ledger, its organizations, and the chaincodes that are defined on it.
//!
//! | Module | What it does |
//! | --- | --- |
//! | `channel` | a ledger with what is defined on it: [`Channel`] |
//! | `definition`, `approval`, `record` | definitions and approvals, as `_lifecycle` keeps them in the state: [`Definition`], [`Approval`] |
//! | `binding` | the ID under which a chaincode runs: [`RunAs`] |
//! | [`collections`] | the collections of a chaincode, in the format of the peer command |
//! | `mirror`, `indexes` | the copy of the state in CouchDB, and its indexes: [`StateMirror`], [`Index`] |
//! | [`access`] | who may read and write a channel |
//! | [`envelope`] | envelopes that nobody has signed |
//! | [`time`] | points in time as messages and texts hold them |

pub mod access;
mod approval;
mod binding;
mod channel;
pub mod collections;
mod definition;
pub mod envelope;
mod indexes;
mod mirror;
mod record;
#[cfg(test)]
mod testing;
pub mod time;

pub use approval::Approval;
pub use binding::RunAs;
pub use channel::Channel;
pub use definition::{Definition, members};
pub use indexes::{Index, Indexes};
pub use mirror::{MirrorError, StateMirror};
pub use record::{DefinitionError, Differences, IMPLICIT, LIFECYCLE, implicit_collection};
