//! A layer in front of all services, which limits the memory of requests from clients that have not authenticated.

use std::task::{Context, Poll};

use futures_util::future::{Either, Ready, ready};
use tonic::body::Body;
use tonic::codegen::http::{Request, Response};
use tower::{Layer, Service};

use crate::ServerOptions;
use crate::connection::ConnectionInfo;
use crate::unread::{Unproven, Unread};

/// Limits the messages of each request, and renews the slot of its connection. Rejects a request for which there is
/// no memory.
#[derive(Clone, Debug)]
pub struct Bounds {
    unread: Unread,
    unproven: fn(&str) -> Unproven,
}

impl Bounds {
    /// Creates the layer for one listener.
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

/// Service with limited requests.
#[derive(Clone, Debug)]
pub struct Bounding<S> {
    inner: S,
    bounds: Bounds,
}

impl<S: Service<Request<Body>, Response = Response<Body>>> Service<Request<Body>> for Bounding<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = Either<S::Future, Ready<Result<S::Response, S::Error>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let connection = request.extensions().get::<ConnectionInfo>().map(ConnectionInfo::begin);
        let which = (self.bounds.unproven)(request.uri().path());
        let (head, body) = request.into_parts();
        match self.bounds.unread.bound(body, which, &connection.unwrap_or_default()) {
            Ok(body) => Either::Left(self.inner.call(Request::from_parts(head, body))),
            Err(status) => Either::Right(ready(Ok(status.into_http()))),
        }
    }
}
