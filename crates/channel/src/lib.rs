//! A channel of a peer: its ledger, organizations, and chaincode definitions.
//!
//! | Module | What it does |
//! | --- | --- |
//! | `channel` | a ledger with its definitions: [`Channel`] |
//! | `channels` | the channels that a peer has joined: [`Channels`] |
//! | `definition`, `approval`, `record` | definitions and approvals, as `_lifecycle` stores them in the state: [`Definition`], [`Approval`] |
//! | `define` | definitions that the network commits by itself: [`define()`] |
//! | `binding` | the ID under which a chaincode runs: [`RunAs`] |
//! | [`collections`] | the collections of a chaincode, in the format of the peer command |
//! | `mirror`, `indexes` | the copy of the state in CouchDB, and its indexes: [`StateMirror`], [`Index`] |
//! | [`access`] | access checks for readers and writers of a channel |
//! | [`envelope`] | unsigned envelopes |
//! | `signed` | signed transactions that the peer creates itself: [`Signers`] |
//! | [`time`] | conversions of points in time |

pub mod access;
mod approval;
mod binding;
mod channel;
mod channels;
pub mod collections;
mod define;
mod definition;
pub mod envelope;
mod indexes;
mod mirror;
mod record;
mod signed;
#[cfg(test)]
mod testing;
pub mod time;

pub use approval::Approval;
pub use binding::RunAs;
pub use channel::Channel;
pub use channels::Channels;
pub use define::define;
pub use definition::{Definition, members};
pub use indexes::{Index, Indexes};
pub use mirror::{MirrorError, StateMirror};
pub use record::{DefinitionError, Differences, IMPLICIT, LIFECYCLE, implicit_collection};
pub use signed::{Signers, SigningError};
