//! The services of a peer, and what they decide.
//!
//! | Module | What it does |
//! | --- | --- |
//! | [`services`] | gateway, endorser, deliver and orderer for the clients of a network: [`serve`]; the listener for chaincode |
//! | `peer` | what the services work on: [`Peer`] |
//! | `endorser`, `system` | simulates a proposal and endorses the result; the chaincodes that are built in |
//! | [`lifecycle`] | the system chaincode that installs, approves and commits: `_lifecycle` |
//! | `orderer`, `committer` | accepts transactions, puts them in order and commits them, block by block |
//! | [`validation`] | decides whether a transaction is well formed, signed and endorsed |
//! | [`proposal`] | decodes a proposal and checks it |
//! | `executor`, `chaincode_support` | what the services ask of whoever runs chaincode: [`ChaincodeExecutor`], and its implementation |
//! | `channels` | the channels that the peer takes part in |
//! | `packages` | who keeps the packages that are installed |
//! | `transient_store` | private data between endorsement and commit |
//! | [`observer`] | what is told of each transaction |
//!
//! How chaincode is reached and run is the business of `ccs-dial` and `ccs-chaincode`.

mod chaincode_support;
mod channels;
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
