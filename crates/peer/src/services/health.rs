//! `grpc.health.v1.Health`: reports to any client that the listener is serving.
//!
//! Like a Fabric peer, it reports on the server as a whole and knows no individual services.

use std::pin::Pin;

use tokio_stream::{Stream, StreamExt as _};
use tonic::{Request, Response, Status};
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tonic_health::server::{HealthReporter, HealthService};

use super::limit::Limit;
use ccs_ordering::observer::Observer;

/// Maximum number of concurrent watches, which need no signature and have no time limit.
const WATCHERS: usize = 100;

/// Implementation of the service.
pub(super) struct LimitedHealth {
    health: HealthService,
    watchers: Limit,
}

/// Creates the service for one listener.
pub(super) fn service(observer: &Observer) -> HealthServer<LimitedHealth> {
    HealthServer::new(LimitedHealth {
        health: HealthService::from_health_reporter(HealthReporter::new()),
        watchers: Limit::new(("grpc.health.v1.Health", WATCHERS), observer),
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
        // Dropping the stream releases the permit.
        let held = statuses.map(move |status| {
            let _ = &permit;
            status
        });
        Ok(Response::new(Box::pin(held)))
    }
}
