//! Registrations and transactions against chaincode servers in this process.
//!
//! `shim` uses the published Rust shim; the other chaincodes are fakes ([`ccs_testkit::fake_chaincode`]).

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod fake;
mod late;
mod mirror;
mod peer;
mod registration;
mod shim;
mod transactions;

use std::net::SocketAddr;
use std::time::Duration;

use ccs_dial::ConnectionInfo;
use ccs_files::PackageId;

fn package_id() -> PackageId {
    ccs_testkit::fake_chaincode::package_id().parse().unwrap()
}

fn plaintext(address: SocketAddr) -> ConnectionInfo {
    ConnectionInfo { address: address.to_string(), dial_timeout: Duration::from_secs(10), tls: None }
}
