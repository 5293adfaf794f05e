//! A [`Chaincode`] on a fake server.

use std::future::Future;
use std::net::SocketAddr;

use ccs_chaincode::{Chaincode, RegisterError, RegisterOptions};
use ccs_dial::ChaincodeConnection;

pub(crate) use ccs_testkit::fake_chaincode::{Talk, message, of, serve, serve_for};

use crate::{package_id, plaintext};

/// Dials the server at an address and registers.
pub(crate) async fn register(
    address: SocketAddr,
    options: &RegisterOptions,
) -> Result<Chaincode, RegisterError> {
    let connection = ChaincodeConnection::dial(&plaintext(address)).await.unwrap();
    Chaincode::register(connection, &package_id(), options).await
}

/// Serves a script, dials it and registers.
pub(crate) async fn start<F: Future<Output = ()> + Send + 'static>(
    script: impl Fn(Talk) -> F + Send + Sync + 'static,
) -> Result<Chaincode, RegisterError> {
    register(serve(script).await, &RegisterOptions::default()).await
}
