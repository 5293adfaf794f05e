//! Helpers for the tests of several crates. They are not part of the product, and panic to fail a test.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a panic here is a failed test")]

mod builder;
mod certificates;
mod couchdb;
pub mod fake_chaincode;
mod fake_gateway;
mod node;
mod process;
mod shim;
mod wait;

pub use builder::{ccs_builder, static_target};
pub use certificates::{Authority, Pair};
pub use couchdb::CouchDbStandIn;
pub use fake_gateway::{FakeAnswers, FakeGateway, organization, organization_in, status_details};
pub use node::NodeSample;
pub use process::wait_for_exit;
pub use shim::{Shim, ShimServer};
pub use wait::wait_until;

use std::path::{Path, PathBuf};

/// Returns the root of the source tree.
#[must_use]
pub fn source_tree() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}
