//! The environment of a process that launches or maintains chaincode, and the plan of a service from it.
//!
//! ```text
//! launch.yaml, environment ──▶ Surroundings ──▶ place: Target ─┐
//! image.json ────────────────────────────────────▶ Image ──────┼──▶ service: ServerPlan, Record
//!                                           certificates ──────┘
//! ```
//!
//! The program `ccs-launcher` and the command `ccs launch` both use it, so that they create the same objects.
//!
//! | Module | Holds |
//! | --- | --- |
//! | [`surroundings`] | the environment and launch.yaml, read once |
//! | [`account`] | the user of a process, and the folders that this user can enter |
//! | [`claim()`] | decides which platform launches a package |
//! | [`place`] | the host, and the settings of a chaincode on Kubernetes |
//! | [`image_file`] | image.json of a package or a build |
//! | [`service`] | the plan of a chaincode that the peer dials |
//! | [`container`] | its plan on Docker |
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
