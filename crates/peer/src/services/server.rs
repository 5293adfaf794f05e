//! All services on one listener.

mod connection;
mod greeting;
mod layer;
mod slots;
mod tls;
mod unread;
mod warnings;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use ccs_proto::gateway::gateway_server::GatewayServer;
use ccs_proto::limits::{MAX_MESSAGE_IN_BYTES, PING_TIMEOUT, SERVER_KEEPALIVE_INTERVAL};
use ccs_proto::orderer::atomic_broadcast_server::AtomicBroadcastServer;
use ccs_proto::peer::deliver_server::DeliverServer;
use ccs_proto::peer::endorser_server::EndorserServer;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;
use tonic::transport::server::Router;
use tower::layer::util::{Identity, Stack};

use super::broadcast::BroadcastService;
use super::deliver::DeliverService;
use super::endorser::EndorserService;
use super::gateway::GatewayService;
use super::limit::Limit;
use crate::peer::Peer;

pub(crate) use connection::{ConnectionInfo, Connections};
pub(crate) use layer::Bounds;
pub use tls::{ServerTls, ServerTlsError};

/// How many calls a connection may have at one time; a client keeps back what is more. Fabric sets no limit.
pub(crate) const MAX_STREAMS: u32 = 1_000;

/// How much a client may send before we have read it, for a call and for a connection.
///
/// A call is read as it comes, unless it waits for room: its window is then full. That of the connection must not be smaller:
/// the library h2 ends a connection on which many small frames are unread, and takes this window as the measure. With it, each
/// of [`MAX_STREAMS`] calls may have one.
pub(crate) const WINDOWS: (u32, u32) = (64 << 10, 512 << 10);

/// How long calls may take to end when the peer stops.
const GRACE: Duration = Duration::from_secs(5);

/// The peer stopped serving because of an error.
#[derive(Debug, thiserror::Error)]
#[error("the peer cannot serve its clients")]
pub struct ServeError(#[from] tonic::transport::Error);

/// Serves a peer's services until `shutdown` is over, and then stops the peer.
///
/// What clients were told is accepted is committed; streams end, and other calls have five seconds to do so. One listener
/// serves gateway, endorser, deliver and orderer.
pub async fn serve(
    listener: TcpListener,
    tls: Option<ServerTls>,
    peer: Arc<Peer>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let (accepting, draining) = (CancellationToken::new(), CancellationToken::new());
    let connections = Connections::accept(listener, tls, accepting.clone(), peer.observer().clone());
    let serving = routes(&peer).serve_with_incoming_shutdown(connections, draining.clone().cancelled_owned());
    let mut serving = std::pin::pin!(serving);
    tokio::select! {
        served = &mut serving => {
            peer.stop().await;
            return Ok(served?);
        }
        () = shutdown => {}
    }
    accepting.cancel();
    peer.stop().await;
    draining.cancel();
    match timeout(GRACE, serving).await {
        Ok(served) => Ok(served?),
        // Whoever still waits, for a chaincode as a rule, loses its connection.
        Err(_) => Ok(()),
    }
}

fn routes(peer: &Arc<Peer>) -> Router<Stack<Bounds, Identity>> {
    let endorser = EndorserService::new(Arc::clone(peer), Limit::new("protos.Endorser", 2500));
    let deliver = DeliverService::new(Arc::clone(peer), Limit::new("protos.Deliver", 2500));
    let gateway = GatewayService::new(Arc::clone(peer), Limit::new("gateway.Gateway", 500));
    let orderer = BroadcastService::new(Arc::clone(peer), Limit::new("orderer.AtomicBroadcast", 2500));
    macro_rules! limited {
        ($server:ident, $service:expr) => {
            $server::new($service)
                .max_decoding_message_size(MAX_MESSAGE_IN_BYTES)
                .max_encoding_message_size(MAX_MESSAGE_IN_BYTES)
        };
    }
    Server::builder()
        .max_concurrent_streams(MAX_STREAMS)
        .initial_stream_window_size(WINDOWS.0)
        .initial_connection_window_size(WINDOWS.1)
        .http2_keepalive_interval(Some(SERVER_KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(PING_TIMEOUT))
        .layer(Bounds::new(MAX_MESSAGE_IN_BYTES))
        .add_service(limited!(EndorserServer, endorser))
        .add_service(limited!(DeliverServer, deliver))
        .add_service(limited!(GatewayServer, gateway))
        .add_service(limited!(AtomicBroadcastServer, orderer))
}
