//! Runs the contract as a chaincode server, with or without the TLS front, until a signal.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use fabric_shim::Server;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::{AssetTransfer, ConfigError, ServerConfig, TlsError, front, tls};

/// The time limit for running transactions after a signal.
///
/// Peers never close their stream, so waiting for that would take forever.
const DRAIN_LIMIT: Duration = Duration::from_secs(1);

/// The reason why the chaincode server did not start, or stopped without a signal.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The environment is incomplete or invalid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// One of the TLS files cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The server cannot listen on the address.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// The address, `host:port`.
        address: String,
        /// The cause.
        reason: io::Error,
    },
    /// The process cannot wait for the signals that stop it.
    #[error("cannot watch for signals: {0}")]
    Signals(io::Error),
    /// The shim rejected its configuration, or its server ended.
    #[error("cannot serve the chaincode: {0}")]
    Shim(fabric_shim::Error),
}

impl ServeError {
    /// Returns what to do about the error.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Config(error) => error.hint(),
            Self::Tls(error) => error.hint(),
            Self::Listen { .. } => {
                Some("CHAINCODE_SERVER_ADDRESS must be a free host:port of this machine".to_owned())
            }
            Self::Signals(_) | Self::Shim(_) => None,
        }
    }
}

/// Listens on the configured address and serves until `shutdown` completes.
///
/// Prints one line to stderr once it listens.
pub async fn serve(config: ServerConfig, shutdown: impl Future<Output = ()>) -> Result<(), ServeError> {
    let acceptor = config.tls.as_ref().map(tls::acceptor).transpose()?;
    let unavailable = |reason| ServeError::Listen { address: config.listen.clone(), reason };
    let listener = TcpListener::bind(&config.listen).await.map_err(unavailable)?;
    let address = listener.local_addr().map_err(unavailable)?;
    let tls = if acceptor.is_some() { "on" } else { "off" };
    eprintln!("listening on {address}, chaincode {}, tls {tls}", config.chaincode_id);
    run(listener, acceptor, config.chaincode_id, shutdown).await
}

/// Serves on the caller's listener until `shutdown` completes. Prints nothing, and ignores `config.listen`.
///
/// Returns at most one second after `shutdown`. In plaintext, the connection of a peer then stays open until the peer
/// closes it or the runtime ends, because the shim has no function to close it.
pub async fn serve_on(
    listener: TcpListener,
    config: ServerConfig,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let acceptor = config.tls.as_ref().map(tls::acceptor).transpose()?;
    run(listener, acceptor, config.chaincode_id, shutdown).await
}

async fn run(
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    chaincode_id: String,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let stop = CancellationToken::new();
    let mut serving = Box::pin(async {
        match acceptor {
            None => shim(chaincode_id, listener, stop.clone()).await,
            Some(acceptor) => behind_tls(acceptor, chaincode_id, listener, stop.clone()).await,
        }
    });
    tokio::select! {
        ended = &mut serving => return ended,
        () = shutdown => stop.cancel(),
    }
    timeout(DRAIN_LIMIT, serving).await.unwrap_or(Ok(()))
}

/// Runs the front on `public` and the shim on a port of the loopback interface.
///
/// Users of this host can connect to that port in plaintext and without a certificate. This is acceptable in a sample,
/// whose state is on the peer.
async fn behind_tls(
    acceptor: TlsAcceptor,
    chaincode_id: String,
    public: TcpListener,
    stop: CancellationToken,
) -> Result<(), ServeError> {
    let unavailable = |reason| ServeError::Listen { address: "127.0.0.1:0".to_owned(), reason };
    let inner = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(unavailable)?;
    let front = front::forward(public, acceptor, inner.local_addr().map_err(unavailable)?, stop.clone());
    tokio::select! {
        ended = shim(chaincode_id, inner, stop) => ended,
        () = front => Ok(()),
    }
}

async fn shim(
    chaincode_id: String,
    listener: TcpListener,
    stop: CancellationToken,
) -> Result<(), ServeError> {
    // The address is parsed but not used: the listener decides.
    let server = Server::new(chaincode_id, "127.0.0.1:0").map_err(ServeError::Shim)?;
    server
        .serve_with_listener(AssetTransfer, listener, stop.cancelled_owned())
        .await
        .map_err(ServeError::Shim)
}
