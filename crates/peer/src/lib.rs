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
//! | `chaincode` | registers a chaincode and runs transactions on it: [`Chaincode`] |
//! | `proposal` | what a client sends for a transaction: [`Invocation`], [`Proposal`] |
//! | `stream` | the task that moves messages between the parts below |
//! | `session` | which message is allowed when: a pure state machine |
//! | `handlers` | answers to a chaincode's requests, one file for each family |
//! | `simulation`, `state` | what a transaction reads and writes, and what was committed; no message is known here |

mod chaincode;
pub mod connection;
mod error;
mod handlers;
pub mod host;
pub mod probe;
mod proposal;
mod session;
mod simulation;
mod state;
mod stream;
mod wire;

pub use chaincode::{Chaincode, RegisterOptions};
pub use connection::{ChaincodeConnection, ConnectionInfo};
pub use error::{RegisterError, TransactionError};
pub use proposal::{Identity, Invocation, NonceError, Proposal};
pub use session::End;
pub use stream::{ChaincodeEvent, Intent, TransactionResult};
