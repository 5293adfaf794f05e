//! The ordering service of a development network, and the commits of its blocks.
//!
//! | Module | What it does |
//! | --- | --- |
//! | `orderer` | accepts transactions: [`Orderer`] |
//! | `committer` | orders them, and commits them block by block |
//! | [`validation`] | decides whether a transaction is well formed, signed and endorsed |
//! | `committed_state` | the state that validation reads: [`CommittedState`] |
//! | `policies` | the endorsement policies of a chaincode: [`ChaincodePolicies`] |
//! | `support` | [`CommitSupport`], the interface to the code that runs chaincode |
//! | `transient_store` | keeps private data between endorsement and commit: [`TransientStore`] |
//! | [`observer`] | reports transactions and warnings: [`Observer`] |
//!
//! `ccs-peer` endorses proposals, and serves clients.

mod committed_state;
mod committer;
pub mod observer;
mod orderer;
mod policies;
mod support;
mod transient_store;
pub mod validation;

pub use committed_state::CommittedState;
pub use committer::{Cutting, Failure};
pub use observer::Observer;
pub use orderer::{BroadcastError, CommittingPeer, Orderer};
pub use policies::{ChaincodePolicies, CollectionPolicies, EndorsementPolicy, is_member};
pub use support::CommitSupport;
pub use transient_store::TransientStore;
