//! Limits on the concurrent calls of a service: `peer.limits.concurrency` of `core.yaml`.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Status;

/// Limit of a service.
#[derive(Clone, Debug)]
pub(super) struct Limit {
    service: &'static str,
    count: usize,
    free: Arc<Semaphore>,
}

impl Limit {
    pub(super) fn new(service: &'static str, count: usize) -> Self {
        Self { service, count, free: Arc::new(Semaphore::new(count)) }
    }

    /// Admits a call, which ends when the permit is dropped.
    pub(super) fn enter(&self) -> Result<OwnedSemaphorePermit, Status> {
        Arc::clone(&self.free).try_acquire_owned().map_err(|_| {
            let Self { service, count, .. } = self;
            Status::unknown(format!(
                "too many requests for /{service}, exceeding concurrency limit ({count})"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_call_over_the_limit_is_told_so() {
        let limit = Limit::new("gateway.Gateway", 1);
        let permit = limit.enter().unwrap();
        let status = limit.enter().unwrap_err();
        assert_eq!(status.code(), tonic::Code::Unknown);
        assert_eq!(
            status.message(),
            "too many requests for /gateway.Gateway, exceeding concurrency limit (1)"
        );
        drop(permit);
        assert!(limit.enter().is_ok());
    }
}
