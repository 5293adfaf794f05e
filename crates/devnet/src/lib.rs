//! A development network: one peer of one organization in this process, with the chaincode that runs on it.
//!
//! A [`Request`] names chaincodes, and [`ChaincodePlan::make`] decides how each runs and what its definition is. [`run()`]
//! makes the organization and the ledger, serves clients and chaincode as the [`Options`] say, and reports each [`Event`].
//! Nothing is printed here.
//!
//! | Module | What lives there |
//! | --- | --- |
//! | `plan` | which chaincodes run, how, and under which definition |
//! | `run` | the life of the network, from the listeners to the end |
//! | `network`, `state` | organization, ledger, channels, packages; the folder that they are kept in |
//! | `credentials` | the variables and TLS files of a chaincode |
//! | `supervisor`, `watch`, `output` | a command that is kept running, the files that start it again, the lines it writes |
//! | `watcher` | what becomes of each chaincode |
//! | `packages`, [`deployment`] | packages, and what the builder makes of them |
//! | `launcher` | chaincode that the builder's `run` launches |
//! | `exposure` | warnings of a peer that other machines can reach |
//!
//! ```no_run
//! use std::sync::Arc;
//! # async fn example(options: ccs_devnet::Options) -> Result<(), ccs_devnet::Error> {
//! let stop = tokio_util::sync::CancellationToken::new();
//! ccs_devnet::run(&options, Arc::new(|event| println!("{event:?}")), stop).await
//! # }
//! ```

mod credentials;
pub mod deployment;
mod error;
mod event;
mod exposure;
mod launcher;
mod network;
mod options;
mod output;
mod packages;
mod plan;
mod run;
mod state;
mod supervisor;
mod watch;
mod watcher;

pub use error::Error;
pub use event::{ChaincodeEvent, Event, Invitation, ProcessEvent, Ready, Report};
pub use options::{FindBuilder, Options};
pub use output::Stream;
pub use plan::{ChaincodePlan, Launch, PlanError, Request, is_chaincode_name};
pub use run::run;
