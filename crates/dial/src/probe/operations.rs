//! Recognizes the operations endpoint of a Fabric node, which is an HTTP server without gRPC.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The limit of the answer.
const MAX_ANSWER: u64 = 16 * 1024;

/// Returns the version of the Fabric node whose operations endpoint serves in plaintext on this address, or [`None`] if
/// the server is another one.
pub async fn operations_version(address: SocketAddr, limit: Duration) -> Option<String> {
    let answer = timeout(limit, get(address)).await.ok()?.ok()?;
    version(&answer)
}

async fn get(address: SocketAddr) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /version HTTP/1.0\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(MAX_ANSWER).read_to_end(&mut answer).await?;
    Ok(answer)
}

/// Parses the answer to `GET /version` (Fabric 3.1 `common/metadata`, `core/operations/system.go`).
fn version(answer: &[u8]) -> Option<String> {
    let body = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let found: Value = serde_json::from_slice(&answer[body + 4..]).ok()?;
    found.get("CommitSHA")?;
    found.get("Version")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_answer_of_a_fabric_node_has_a_version() {
        let answer = b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{\"CommitSHA\":\"abc\",\"Version\":\"v3.1.0\"}\n";
        assert_eq!(version(answer).as_deref(), Some("v3.1.0"));
        for other in
            [&b"HTTP/1.0 200 OK\r\n\r\n<html>"[..], b"HTTP/1.0 200 OK", b"", b"x\r\n\r\n{\"Version\":\"1\"}"]
        {
            assert_eq!(version(other), None);
        }
    }
}
