//! Stands before all services: keeps account of what requests take before anybody knows who sent them.

use std::task::{Context, Poll};

use futures_util::future::{Either, Ready, ready};
use tonic::body::Body;
use tonic::codegen::http::{Request, Response};
use tower::{Layer, Service};

use crate::ServerOptions;
use crate::connection::ConnectionInfo;
use crate::unread::{Unproven, Unread};

/// Bounds the messages of each request, and renews its connection; refuses a request for which there is no room.
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
