//! The published Rust shim as a server.

use std::net::SocketAddr;

use fabric_shim::{ChaincodeStub, Response, Server};
use tokio::net::TcpListener;

use crate::package_id;

struct Nothing;

#[fabric_shim::async_trait]
impl fabric_shim::Chaincode for Nothing {
    async fn invoke(&self, _: ChaincodeStub) -> Response {
        Response::error("there are no functions")
    }
}

/// Serves the chaincode in plaintext on a free port.
pub(crate) async fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = Server::new(package_id().to_string(), &address.to_string()).unwrap();
    tokio::spawn(server.serve_with_listener(Nothing, listener, std::future::pending()));
    address
}
