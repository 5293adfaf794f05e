//! Stands before all services: keeps account of what requests take before anybody knows who sent them.

use std::task::{Context, Poll};

use tonic::body::Body;
use tonic::codegen::http::Request;
use tower::{Layer, Service};

use crate::ServerOptions;
use crate::connection::ConnectionInfo;
use crate::unread::{Unproven, Unread};

/// Bounds the messages of each request, and renews its connection.
#[derive(Clone, Debug)]
pub struct Bounds {
    unread: Unread,
    unproven: fn(&str) -> Unproven,
}

impl Bounds {
    /// Makes the bounds of one listener.
    pub(crate) fn new(options: &ServerOptions) -> Self {
        Self { unread: Unread::new(&options.budget, options.max_message), unproven: options.unproven }
    }
}

impl<S> Layer<S> for Bounds {
    type Service = Bounding<S>;

    fn layer(&self, inner: S) -> Bounding<S> {
        Bounding { inner, bounds: self.clone() }
    }
}

/// A service whose requests are bounded.
#[derive(Clone, Debug)]
pub struct Bounding<S> {
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
        let which = (self.bounds.unproven)(request.uri().path());
        self.inner.call(request.map(|body| self.bounds.unread.bound(body, which)))
    }
}
