//! The services of a peer and the decisions behind them.
//!
//! | Module | What it does |
//! | --- | --- |
//! | [`services`] | serves the gateway, endorser, deliver, discovery and orderer APIs to clients ([`serve`]), and the listener for chaincode |
//! | `peer` | holds the state that the services share: [`Peer`] |
//! | `endorser`, `system` | simulates a proposal and endorses the result; the built-in chaincodes |
//! | [`lifecycle`] | installs packages, approves and commits definitions: the system chaincode `_lifecycle` |
//! | [`proposal`] | decodes a proposal and checks it |
//! | `executor`, `chaincode_support` | [`ChaincodeExecutor`], through which the services run chaincode, and its implementation |
//! | `discovery` | the view of the network from which the peer answers queries for it |
//! | `local` | the peer's own identity, and the administrators of its organization |
//! | `network` | the peers in this process, and which of them must endorse a transaction |
//! | `packages` | the interface to the store of installed packages |
//!
//! `ccs-dial` connects to chaincode, and `ccs-chaincode` runs it. `ccs-ordering` orders and commits transactions.

mod chaincode_support;
mod discovery;
mod endorser;
mod executor;
pub mod lifecycle;
mod local;
mod network;
mod packages;
mod peer;
pub mod proposal;
pub mod services;
mod system;

pub use ccs_ordering::{
    ChaincodePolicies, CollectionPolicies, Cutting, EndorsementPolicy, Observer, observer,
};
pub use executor::{ChaincodeExecutor, PackageInUse};
pub use peer::{NewPeer, Peer, PeerOptions};
pub use services::{
    Budget, ChaincodeListenerOptions, ServeError, ServerTls, ServerTlsError, serve, serve_chaincode,
    serve_orderer,
};
