//! The ledger of a development peer.
//!
//! A [`Store`] holds the [`Ledger`] of each channel. A transaction is simulated over the state as it is
//! ([`Ledger::simulate`]); the read/write set of the simulation is endorsed, comes back in an envelope, and becomes part of
//! a block ([`Ledger::commit`]), valid or not. Data flows one way:
//!
//! ```text
//! state ─▶ Simulation ─▶ Results ─▶ Transaction ─▶ commit ─▶ block, state, history, private data
//! ```
//!
//! Proposals, signatures, policies and the definitions of chaincodes are the business of the peer around it. What is
//! stored, and what differs from a real peer, is told in `docs/ledger.md`.

// The tests share files with those that see the crate from outside.
#[cfg(test)]
extern crate self as ccs_ledger;

mod block;
mod commit;
mod database;
mod envelope;
mod error;
#[cfg(test)]
mod fixture;
mod heights;
mod large;
mod ledger;
mod metadata;
mod namespace;
mod range_reads;
mod simulation;
mod state;
mod store;
mod tables;
mod version;

pub use block::{data_hash, header_hash};
pub use commit::{Collections, Committed, Content, MissingPrivateData, Transaction, Update, Updates};
pub use envelope::KeyModification;
pub use error::{DiskError, LedgerError, OpenError};
pub use heights::Setback;
pub use ledger::{Ledger, Processed};
pub use metadata::Metadata;
pub use namespace::Namespace;
pub use simulation::{
    BATCH_SIZE, Batch, HistoryQuery, KeyValue, Page, RangeQuery, Results, Scan, Simulation, SimulationError,
    Touched,
};
pub use store::Store;
pub use version::Version;
