//! The peer's side of a chaincode: what happens between an installed package and a transaction's result.
//!
//! ```text
//! package --host--> release/chaincode/server/connection.json --connection--> stream --chaincode--> result
//! ```
//!
//! ```no_run
//! use ccs_peer::host::{ExternalBuilder, Host, Package};
//! use ccs_peer::{Chaincode, ChaincodeConnection, ConnectionInfo, RegisterOptions};
//!
//! # async fn run(builder: ExternalBuilder, package: Package<'_>) -> Result<(), Box<dyn std::error::Error>> {
//! let id = package.id;
//! let host = Host::new(vec![builder], "/var/hyperledger/production".as_ref());
//! let build = host.build(package, &mut |event| println!("{event:?}")).await?;
//!
//! let file = build.connection_file().ok_or("the builder released no connection.json")?;
//! let connection = ChaincodeConnection::dial(&ConnectionInfo::read(&file)?).await?;
//! let chaincode = Chaincode::register(connection, id, &RegisterOptions::default()).await?;
//! let result = chaincode.submit("mychannel", "basic", &["CreateAsset", "asset1", "blue"]).await?;
//! assert!(result.committed);
//! chaincode.close().await;
//! # Ok(())
//! # }
//! ```
//!
//! | Module | What it does |
//! | --- | --- |
//! | [`host`] | runs external builders over a package, by the rules of a peer |
//! | [`connection`] | reads a released connection.json and dials the chaincode |
//! | [`probe`] | goes the same way step by step and says how each step went |
//! | [`services`] | gateway, endorser, deliver and orderer for the clients of a network: [`serve`] |
//! | `node` | what the services work on: [`Node`] |
//! | [`endorser`], `system` | checks a proposal, simulates it and endorses the result; the chaincodes that are built in |
//! | [`validation`] | decides whether a transaction is well formed, signed and endorsed |
//! | `committer` | puts transactions in order and commits them, block by block |
//! | [`lifecycle`] | the system chaincode that installs, approves and commits: `_lifecycle` |
//! | `indexes` | the indexes that packages ask of CouchDB: [`Index`] |
//! | [`observer`] | what is told of each transaction |
//! | `contracts` | what the services ask of a peer: [`Contracts`] |
//! | `peer` | the peer: its channels, its chaincodes, and how one is invoked: [`Peer`] |
//! | `channel`, `definition` | a ledger with what is defined on it: [`Channel`], [`Definition`] |
//! | `chaincodes` | how each chaincode is reached, and which of them run: [`Chaincodes`] |
//! | `chaincode` | one chaincode with a ledger of its own, for who needs no more: [`Chaincode`] |
//! | `proposal` | what a client sends for a transaction: [`Invocation`], [`Proposal`] |
//! | `support` | the service to which chaincode comes by itself: [`serve_chaincode`] |
//! | `running`, `stream` | a registered chaincode, and the task that moves its messages |
//! | `session` | which message is allowed when: a pure state machine |
//! | `context`, `handlers` | what a transaction works on, and answers to its requests, one file for each family |
//!
//! What transactions read and write, and what was committed, is the business of `ccs-ledger`.

mod access;
mod chaincode;
mod chaincodes;
mod channel;
pub mod collections;
mod committer;
pub mod connection;
mod context;
mod contracts;
mod definition;
pub mod endorser;
mod envelope;
mod error;
#[cfg(fuzzing)]
pub mod fuzzing;
mod handlers;
pub mod host;
mod indexes;
pub mod lifecycle;
mod mirror;
mod node;
pub mod observer;
mod peer;
pub mod probe;
mod proposal;
mod running;
pub mod services;
mod session;
mod stream;
mod support;
mod system;
mod time;
pub mod validation;
mod wire;

pub use chaincode::{Chaincode, ChaincodeEvent, Intent, RegisterOptions, TransactionResult};
pub use chaincodes::{Chaincodes, Change, Changes, Source};
pub use channel::Channel;
pub use committer::Cutting;
pub use connection::{ChaincodeConnection, ConnectionInfo};
pub use context::{Call, SharedSimulation};
pub use contracts::{
    CollectionDefinition, ContractCall, ContractDefinition, ContractResult, Contracts, EndorsementPolicy,
    PackageInUse,
};
pub use definition::{Definition, DefinitionError};
pub use error::{Gap, InvokeError, LaunchError, RegisterError, TransactionError};
pub use indexes::Index;
pub use mirror::{Mirror, MirrorError};
pub use node::{Node, NodeOptions};
pub use observer::Observer;
pub use peer::{Completed, Limits, Peer};
pub use proposal::{Identity, Invocation, NonceError, Proposal};
pub use services::{ServeError, Tls, TlsError, serve};
pub use session::End;
pub use support::serve_chaincode;
