//! The chaincode side of a peer: everything between an open stream and a transaction's result.
//!
//! ```text
//! connection.json --ccs_dial--> stream --registry--> running chaincode --executor--> result
//! ```
//!
//! ```no_run
//! use ccs_chaincode::{Chaincode, RegisterOptions};
//! use ccs_dial::{ChaincodeConnection, ConnectionInfo};
//!
//! # async fn run(file: &std::path::Path, id: &ccs_files::PackageId) -> Result<(), Box<dyn std::error::Error>> {
//! let connection = ChaincodeConnection::dial(&ConnectionInfo::read(file)?).await?;
//! let chaincode = Chaincode::register(connection, id, &RegisterOptions::default()).await?;
//! let result = chaincode.submit("mychannel", "basic", &["CreateAsset", "asset1", "blue"]).await?;
//! assert!(result.is_committed());
//! chaincode.close().await;
//! # Ok(())
//! # }
//! ```
//!
//! | Module | What it does |
//! | --- | --- |
//! | `standalone` | runs a single chaincode with its own ledger: [`Chaincode`] |
//! | `chaincode_support` | invokes a chaincode under its definition: [`ChaincodeSupport`] |
//! | `registry` | connects to chaincodes and tracks which of them run: [`Chaincodes`] |
//! | `certificate_binding` | binds a chaincode that connects to its TLS certificate |
//! | `handle`, `stream` | a registered chaincode, and the task that handles its messages |
//! | `session` | decides which message is allowed when: a pure state machine |
//! | `context`, `handlers` | a transaction's context, and handlers for its requests, one file for each family |
//! | `system_chaincode` | the system chaincodes, which reject other chaincode: [`SystemChaincode`] |
//! | `proposal` | the client's part of a transaction: [`Invocation`], [`UnsignedProposal`] |
//!
//! `ccs-ledger` records reads and writes and commits them.

mod certificate_binding;
mod chaincode_support;
mod context;
mod error;
#[cfg(fuzzing)]
pub mod fuzzing;
mod handle;
mod handlers;
mod limits;
mod proposal;
mod registry;
mod session;
mod shared_simulation;
mod standalone;
mod stream;
mod system_chaincode;
mod wire;

pub use certificate_binding::CertificateBinding;
pub use chaincode_support::{ChaincodeSupport, Completed};
pub use context::{ChaincodeCall, Target};
pub use error::{Gap, InvokeError, LaunchError, RegisterError, TransactionError};
pub use limits::ChaincodeLimits;
pub use proposal::{Invocation, NonceError, Proposer, UnsignedProposal};
pub use registry::{Chaincodes, Source, StatusChange, StatusChanges};
pub use shared_simulation::SharedSimulation;
pub use standalone::{Chaincode, ChaincodeEvent, Intent, RegisterOptions, TransactionResult};
pub use system_chaincode::{SystemChaincode, called};
