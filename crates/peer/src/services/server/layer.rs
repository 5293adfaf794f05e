//! Stands before all services: keeps account of what requests take before anybody knows who sent them.

use std::task::{Context, Poll};

use tonic::body::Body;
use tonic::codegen::http::Request;
use tower::{Layer, Service};

use super::connection::ConnectionInfo;
use super::unread::{Unread, Which};

/// The calls whose requests are streams, by the beginning of their paths; every other has one message.
const STREAMS: [(&str, Which); 3] = [
    ("/protos.Deliver/", Which::Every),
    ("/orderer.AtomicBroadcast/", Which::Every),
    ("/protos.ChaincodeSupport/", Which::First),
];

/// Bounds the messages of each request, and renews its connection.
#[derive(Clone, Debug)]
pub(crate) struct Bounds {
    unread: Unread,
}

impl Bounds {
    /// Makes the bounds of one listener.
    pub(crate) fn new(max_message: usize) -> Self {
        Self { unread: Unread::new(max_message) }
    }
}

fn which(path: &str) -> Which {
    let stream = STREAMS.iter().find(|(service, _)| path.starts_with(service));
    stream.map_or(Which::Only, |(_, which)| *which)
}

impl<S> Layer<S> for Bounds {
    type Service = Bounding<S>;

    fn layer(&self, inner: S) -> Bounding<S> {
        Bounding { inner, bounds: self.clone() }
    }
}

/// A service whose requests are bounded.
#[derive(Clone, Debug)]
pub(crate) struct Bounding<S> {
    inner: S,
    bounds: Bounds,
}

impl<S: Service<Request<Body>>> Service<Request<Body>> for Bounding<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> S::Future {
        if let Some(connection) = request.extensions().get::<ConnectionInfo>() {
            connection.renew();
        }
        let which = which(request.uri().path());
        self.inner.call(request.map(|body| self.bounds.unread.bound(body, which)))
    }
}
