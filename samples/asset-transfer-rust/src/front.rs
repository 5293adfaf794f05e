//! The TLS front: accepts connections of peers and forwards their bytes to the shim's plaintext server.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

/// The time limit for a client's TLS handshake.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);

/// The pause after a failed `accept`, for example while no file descriptors are available.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Accepts connections until `stop`, then waits for the open ones. Dropping the future closes them.
pub(crate) async fn forward(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    shim: SocketAddr,
    stop: CancellationToken,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(_ended) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((client, peer)) => {
                    let acceptor = acceptor.clone();
                    connections.spawn(async move {
                        if let Err(error) = connection(client, acceptor, shim).await {
                            eprintln!("connection from {peer}: {error}");
                        }
                    });
                }
                Err(error) => {
                    eprintln!("cannot accept a connection: {error}");
                    sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn connection(client: TcpStream, acceptor: TlsAcceptor, shim: SocketAddr) -> io::Result<()> {
    // The stream consists of small messages: waiting to fill a segment would only add latency.
    client.set_nodelay(true)?;
    let mut client = timeout(HANDSHAKE_LIMIT, acceptor.accept(client)).await??;
    let mut shim = TcpStream::connect(shim).await?;
    shim.set_nodelay(true)?;
    copy_bidirectional(&mut client, &mut shim).await?;
    Ok(())
}
