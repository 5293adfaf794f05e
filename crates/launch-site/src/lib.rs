//! What a process that launches chaincode, or looks after it, finds where it runs; and the plan of a service from that.
//!
//! ```text
//! launch.yaml, environment ──▶ Surroundings ──▶ place: Target ─┐
//! image.json ────────────────────────────────────▶ Image ──────┼──▶ service: ServerPlan, Record
//!                                           certificates ──────┘
//! ```
//!
//! The program `ccs-launcher` and the command `ccs launch` both read it here, so that they make the same objects.
//!
//! | Module | Holds |
//! | --- | --- |
//! | [`surroundings`] | the environment and launch.yaml, read once |
//! | [`account`] | as whom a process runs, and what that user can enter |
//! | [`claim()`] | which platform launches a package |
//! | [`place`] | the host, and where and how a chaincode runs on Kubernetes |
//! | [`image_file`] | image.json of a package or a build |
//! | [`service`] | the plan of a chaincode that the peer dials |
//! | [`container`] | the same in a container of a Docker engine |
//! | [`certificates`] | keys and certificates of such a chaincode and its peer |

pub mod account;
pub mod certificates;
mod claim;
pub mod container;
pub mod image_file;
pub mod place;
pub mod service;
pub mod surroundings;

pub use claim::claim;
pub use surroundings::Surroundings;
