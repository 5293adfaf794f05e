//! Serves all services on one listener.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use ccs_proto::discovery::discovery_server::DiscoveryServer;
use ccs_proto::gateway::gateway_server::GatewayServer;
use ccs_proto::limits::{MAX_MESSAGE_IN_BYTES, PING_TIMEOUT, SERVER_KEEPALIVE_INTERVAL};
use ccs_proto::orderer::atomic_broadcast_server::AtomicBroadcastServer;
use ccs_proto::peer::deliver_server::DeliverServer;
use ccs_proto::peer::endorser_server::EndorserServer;
use ccs_server::{Bounds, Budget, ServerOptions, ServerTls, Unproven};
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;
use tonic::transport::server::Router;
use tower::layer::util::{Identity, Stack};

use super::broadcast::BroadcastService;
use super::deliver::DeliverService;
use super::discovery::DiscoveryService;
use super::endorser::EndorserService;
use super::gateway::GatewayService;
use super::limit::Limit;
use super::served::{Port, Served};
use crate::peer::Peer;
use ccs_ordering::observer::Observer;

/// How long running calls may take to finish when the peer stops.
const GRACE: Duration = Duration::from_secs(5);

/// Error that made the peer stop serving.
#[derive(Debug, thiserror::Error)]
#[error("the peer cannot serve its clients")]
pub struct ServeError(#[from] tonic::transport::Error);

/// Serves a peer's services until `shutdown` is canceled, and then stops the peer.
///
/// Commits all transactions that were acknowledged to clients. Ends streams, and allows other calls five seconds to
/// finish. One listener serves gateway, endorser, deliver, discovery and orderer.
pub async fn serve(
    listener: TcpListener,
    tls: Option<ServerTls>,
    peer: Arc<Peer>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    serve_on((listener, tls), &peer, routes, shutdown).await
}

/// Serves the orderer of a network on a listener of its own until `shutdown` is canceled, and then stops the peer, whose
/// blocks it delivers.
pub async fn serve_orderer(
    listener: TcpListener,
    tls: Option<ServerTls>,
    peer: Arc<Peer>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    serve_on((listener, tls), &peer, orderer_routes, shutdown).await
}

async fn serve_on(
    (listener, tls): (TcpListener, Option<ServerTls>),
    peer: &Arc<Peer>,
    routes: impl FnOnce(Server<Stack<Bounds, Identity>>, &Arc<Peer>) -> Router<Layers>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let (accepting, draining) = (CancellationToken::new(), CancellationToken::new());
    let mut options = options(peer.observer(), peer.budget(), PING_TIMEOUT);
    options.tls = tls;
    let (builder, connections) = ccs_server::listen(listener, options, accepting.clone());
    let serving =
        routes(builder, peer).serve_with_incoming_shutdown(connections, draining.clone().cancelled_owned());
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
        // Calls that are still waiting, usually for a chaincode, lose their connection.
        Err(_) => Ok(()),
    }
}

/// Returns the options that the peer's listeners share, without TLS.
pub(super) fn options(observer: &Observer, budget: &Budget, ping_timeout: Duration) -> ServerOptions {
    let observer = observer.clone();
    ServerOptions {
        tls: None,
        budget: budget.clone(),
        max_message: MAX_MESSAGE_IN_BYTES,
        keepalive: (SERVER_KEEPALIVE_INTERVAL, ping_timeout),
        unproven,
        warn: Arc::new(move |warning| observer.warn(warning)),
    }
}

/// Returns, by the path of a call, which of its messages come from a client that has not proved its identity.
fn unproven(path: &str) -> Unproven {
    let streams = [
        ("/protos.Deliver/", Unproven::Every),
        ("/orderer.AtomicBroadcast/", Unproven::Every),
        ("/protos.ChaincodeSupport/", Unproven::First),
    ];
    let stream = streams.iter().find(|(service, _)| path.starts_with(service));
    stream.map_or(Unproven::Only, |(_, unproven)| *unproven)
}

/// The layers in front of all services.
type Layers = Stack<Served, Stack<Bounds, Identity>>;

macro_rules! limited {
    ($server:ident, $service:expr) => {
        $server::new($service)
            .max_decoding_message_size(MAX_MESSAGE_IN_BYTES)
            .max_encoding_message_size(MAX_MESSAGE_IN_BYTES)
    };
}

fn orderer_routes(builder: Server<Stack<Bounds, Identity>>, peer: &Arc<Peer>) -> Router<Layers> {
    let limit = Limit::new(("orderer.AtomicBroadcast", 2500), peer.observer());
    let orderer = BroadcastService::new(Arc::clone(peer), limit);
    builder
        .layer(Served::new(Port::Orderer, peer.observer()))
        .add_service(limited!(AtomicBroadcastServer, orderer))
}

fn routes(builder: Server<Stack<Bounds, Identity>>, peer: &Arc<Peer>) -> Router<Layers> {
    let limit = |service, count| Limit::new((service, count), peer.observer());
    let endorser = EndorserService::new(Arc::clone(peer), limit("protos.Endorser", 2500));
    let deliver = DeliverService::new(Arc::clone(peer), limit("protos.Deliver", 2500));
    let discovery = DiscoveryService::new(Arc::clone(peer), limit("discovery.Discovery", 2500));
    let gateway = GatewayService::new(Arc::clone(peer), limit("gateway.Gateway", 500));
    let orderer = BroadcastService::new(Arc::clone(peer), limit("orderer.AtomicBroadcast", 2500));
    builder
        .layer(Served::new(Port::Clients, peer.observer()))
        .add_service(limited!(EndorserServer, endorser))
        .add_service(limited!(DeliverServer, deliver))
        .add_service(limited!(DiscoveryServer, discovery))
        .add_service(limited!(GatewayServer, gateway))
        .add_service(limited!(AtomicBroadcastServer, orderer))
}
