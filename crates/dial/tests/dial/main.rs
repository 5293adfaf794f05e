//! Dials and probes against servers in the test process.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod dial;
mod front;
mod probe;
mod shim;

use std::net::SocketAddr;
use std::time::Duration;

use ccs_dial::ConnectionInfo;
use ccs_files::PackageId;

fn package_id() -> PackageId {
    format!("basic:{}", "5f".repeat(32)).parse().unwrap()
}

fn plaintext(address: SocketAddr) -> ConnectionInfo {
    ConnectionInfo { address: address.to_string(), dial_timeout: Duration::from_secs(10), tls: None }
}
