//! Runs the contract as a chaincode server, with or without the TLS front, until it is told to stop.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use fabric_shim::Server;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::{AssetTransfer, ConfigError, ServerConfig, TlsError, front, tls};

/// How long transactions under way may take once the server was told to stop.
///
/// Peers never close their stream, so waiting for them to do so would be waiting for ever.
const DRAIN_LIMIT: Duration = Duration::from_secs(1);

/// Says why the chaincode server did not start, or stopped without being told to.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The environment lacks something.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// One of the TLS files cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// The address, `host:port`.
        address: String,
        /// The cause.
        reason: io::Error,
    },
    /// The signals that stop the program cannot be watched.
    #[error("cannot watch for signals: {0}")]
    Signals(io::Error),
    /// The shim refused its configuration, or its server ended.
    #[error("cannot serve the chaincode: {0}")]
    Shim(fabric_shim::Error),
}

impl ServeError {
    /// Says what to do next.
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

/// Listens on the configured address and serves until `shutdown` is ready.
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

/// Serves on a listener of the caller's until `shutdown` is ready, and prints nothing; `config.listen`
/// is not looked at.
///
/// Returns at most one second after `shutdown`. Over plaintext, a peer that is still connected then keeps
/// its connection until it closes it or the runtime ends: the shim gives no means to close it.
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
/// Users of this host can reach that port in plaintext and without a certificate; acceptable in a sample,
/// whose state lies with the peer.
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
    // The address is parsed, but not used: the listener decides.
    let server = Server::new(chaincode_id, "127.0.0.1:0").map_err(ServeError::Shim)?;
    server
        .serve_with_listener(AssetTransfer, listener, stop.cancelled_owned())
        .await
        .map_err(ServeError::Shim)
}
