//! The ledger of a development peer.
//!
//! A [`Store`] holds the [`Ledger`] of each channel. A transaction is simulated on the current state
//! ([`Ledger::simulate`]). The simulation's read/write set is endorsed, returns in an envelope, and becomes part of a
//! block ([`Ledger::commit`], or [`Replicas`] for several peers), whether valid or not. Data flows in one direction:
//!
//! ```text
//! state ─▶ Simulation ─▶ Results ─▶ Transaction ─▶ commit ─▶ block, state, history, private data
//! ```
//!
//! The peer around this crate handles proposals, signatures, policies and definitions of chaincodes. `docs/ledger.md`
//! describes what is stored, and the differences from a real peer.

// The unit tests share files with the integration tests, which use the crate by its name.
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
mod replicas;
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
pub use replicas::Replicas;
pub use simulation::{
    BATCH_SIZE, Batch, HistoryQuery, KeyValue, Page, RangeQuery, Results, Scan, Simulation, SimulationError,
    Touched,
};
pub use store::Store;
pub use version::Version;
