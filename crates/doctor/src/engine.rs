//! Checks the Docker engine that builds the packages which no builder accepts.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use ccs_report::Finding;
use serde_json::Value;

use crate::root::Root;

/// The time limit for the engine to answer; it normally takes milliseconds.
const LIMIT: Duration = Duration::from_secs(2);

/// The maximum length of the answer in bytes.
const MOST: u64 = 64 << 10;

/// The oldest version of Docker's API that Docker Engine 29 accepts. Peers before Fabric 2.5.15 and 3.1.4 speak an older one
/// (`hyperledger/fabric` issue 5350).
const OF_ENGINE_29: (u32, u32) = (1, 44);

/// Checks whether Docker's socket exists and, if `may_ask`, whether the engine accepts every peer.
pub(crate) fn check(endpoint: &str, root: &Root, may_ask: bool, findings: &mut Vec<Finding>) {
    let Some(socket) = endpoint.strip_prefix("unix://") else { return };
    let path = root.join(socket.as_ref());
    if !path.exists() {
        let message = format!(
            "Docker's socket {socket} does not exist: packages that no builder accepts fail with Docker's error"
        );
        findings.push(
            Finding::warning("docker-unreachable", "vm.endpoint", message)
                .hint("mount the socket, or set vm.endpoint to an empty value so that the peer rejects such packages at once"),
        );
        return;
    }
    if may_ask {
        findings.extend(oldest_api(&path).and_then(too_new));
    }
}

/// Returns the finding for an engine that rejects older peers.
fn too_new(oldest: (u32, u32)) -> Option<Finding> {
    let (major, minor) = oldest;
    let message = format!(
        "the Docker engine accepts clients from API {major}.{minor} on, as Docker Engine 29 does: a peer before Fabric 2.5.15 \
         or 3.1.4 cannot build chaincode with it"
    );
    let hint = "`peer version` shows the release of the peer; update it, or set DOCKER_MIN_API_VERSION=1.24 for dockerd; \
                chaincode as a service needs no Docker";
    (oldest >= OF_ENGINE_29).then(|| Finding::note("docker-api", "vm.endpoint", message).hint(hint))
}

/// Asks the engine for the oldest API that it accepts; [`None`] if it does not say.
fn oldest_api(socket: &Path) -> Option<(u32, u32)> {
    let answer = ask(socket).ok()?;
    let body = answer.split_once("\r\n\r\n")?.1;
    let version: Value = serde_json::from_str(body).ok()?;
    let (major, minor) = version["MinAPIVersion"].as_str()?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn ask(socket: &Path) -> io::Result<String> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    // With HTTP/1.0 the engine sends the answer in one piece and closes the connection.
    stream.write_all(b"GET /version HTTP/1.0\r\nHost: docker\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(MOST).read_to_string(&mut answer)?;
    Ok(answer)
}
