//! `grpc.health.v1.Health`: the listener serves, which whoever asks may know.
//!
//! As a peer's it serves as a whole, and knows no service by its name.

use std::pin::Pin;

use tokio_stream::{Stream, StreamExt as _};
use tonic::{Request, Response, Status};
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tonic_health::server::{HealthReporter, HealthService};

use super::limit::Limit;

/// How many watch at one time: they need no signature, and stay for as long as they like.
const WATCHERS: usize = 100;

/// The service.
pub(super) struct LimitedHealth {
    health: HealthService,
    watchers: Limit,
}

/// Makes the service of one listener.
pub(super) fn service() -> HealthServer<LimitedHealth> {
    HealthServer::new(LimitedHealth {
        health: HealthService::from_health_reporter(HealthReporter::new()),
        watchers: Limit::new("grpc.health.v1.Health", WATCHERS),
    })
}

#[tonic::async_trait]
impl Health for LimitedHealth {
    type WatchStream = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        self.health.check(request).await
    }

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let permit = self.watchers.enter()?;
        let statuses = self.health.watch(request).await?.into_inner();
        // The permit is dropped with the stream.
        let held = statuses.map(move |status| {
            let _ = &permit;
            status
        });
        Ok(Response::new(Box::pin(held)))
    }
}
