//! The services of a peer and the decisions behind them.
//!
//! | Module | What it does |
//! | --- | --- |
//! | [`services`] | serves the gateway, endorser, deliver and orderer APIs to clients ([`serve`]), and the listener for chaincode |
//! | `peer` | holds the state that the services share: [`Peer`] |
//! | `endorser`, `system` | simulates a proposal and endorses the result; the built-in chaincodes |
//! | [`lifecycle`] | installs packages, approves and commits definitions: the system chaincode `_lifecycle` |
//! | `orderer`, `committer` | accepts transactions, orders them, and commits them block by block |
//! | [`validation`] | decides whether a transaction is well formed, signed and endorsed |
//! | `committed_state` | the state that validation reads |
//! | [`proposal`] | decodes a proposal and checks it |
//! | `executor`, `chaincode_support` | [`ChaincodeExecutor`], through which the services run chaincode, and its implementation |
//! | `channels` | the channels that the peer has joined |
//! | `packages` | the interface to the store of installed packages |
//! | `transient_store` | keeps private data between endorsement and commit |
//! | [`observer`] | reports transactions and warnings |
//!
//! `ccs-dial` connects to chaincode, and `ccs-chaincode` runs it.

mod chaincode_support;
mod channels;
mod committed_state;
mod committer;
mod endorser;
mod executor;
pub mod lifecycle;
pub mod observer;
mod orderer;
mod packages;
mod peer;
pub mod proposal;
pub mod services;
mod system;
mod transient_store;
pub mod validation;

pub use committer::Cutting;
pub use executor::{
    ChaincodeExecutor, ChaincodePolicies, CollectionPolicies, EndorsementPolicy, PackageInUse,
};
pub use observer::Observer;
pub use peer::{Peer, PeerOptions};
pub use services::{
    Budget, ChaincodeListenerOptions, ServeError, ServerTls, ServerTlsError, serve, serve_chaincode,
};
