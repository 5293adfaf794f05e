//! Dials, registrations and transactions against chaincode servers in this process.
//!
//! `shim` uses the published Rust shim; `fake` is a server that says whatever a test wants, for what no shim does.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod certificates;
mod dial;
mod fake;
mod front;
mod late;
mod mirror;
mod peer;
mod probe;
mod registration;
mod shim;
mod transactions;

use std::net::SocketAddr;
use std::time::Duration;

use ccs_files::PackageId;
use ccs_peer::ConnectionInfo;

fn package_id() -> PackageId {
    format!("basic:{}", "5f".repeat(32)).parse().unwrap()
}

fn plaintext(address: SocketAddr) -> ConnectionInfo {
    ConnectionInfo { address: address.to_string(), dial_timeout: Duration::from_secs(10), tls: None }
}
