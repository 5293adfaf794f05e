//! A development network: a peer of each organization in this process, their ordering service, and their chaincode.
//!
//! A [`Request`] names chaincodes, and [`ChaincodePlan::make`] decides how each runs and what its definition is.
//! [`run()`] creates the organizations and the ledgers, serves clients and chaincode according to the [`Options`], and
//! reports each [`Event`]. This crate prints nothing.
//!
//! | Module | Content |
//! | --- | --- |
//! | `plan` | which chaincodes run, how, and under which definition |
//! | `run` | the lifecycle of the network, from opening the listeners to the shutdown |
//! | `network`, `state` | organizations, ledgers, channels and packages; the folder that stores them |
//! | `authority` | the Fabric CAs |
//! | `credentials` | environment variables and TLS files of a chaincode |
//! | `supervisor`, `watch`, `output` | keeps a command running, watches files to restart it, reads its output |
//! | `watcher` | reports the state of each chaincode |
//! | `packages`, [`deployment`] | packages, and the builder's output for them |
//! | `programs` | the programs of the builder |
//! | `launcher` | chaincode that the builder's `run` launches |
//! | `exposure` | warnings about a peer that other machines can reach |
//!
//! ```no_run
//! use std::sync::Arc;
//! # async fn example(options: ccs_devnet::Options) -> Result<(), ccs_devnet::Error> {
//! let stop = tokio_util::sync::CancellationToken::new();
//! ccs_devnet::run(&options, Arc::new(|_, event| println!("{event:?}")), stop).await
//! # }
//! ```

mod authority;
mod credentials;
pub mod deployment;
mod error;
mod event;
mod exposure;
mod launcher;
mod network;
mod options;
mod orderers;
mod output;
mod packages;
mod plan;
mod programs;
mod run;
mod state;
mod supervisor;
mod watch;
mod watcher;

pub use error::Error;
pub use event::{ChaincodeEvent, Event, Invitation, NetworkReport, ProcessEvent, Ready};
pub use options::Options;
pub use output::Stream;
pub use plan::{ChaincodePlan, Launch, PlanError, Request, is_chaincode_name};
pub use programs::Programs;
pub use run::run;
