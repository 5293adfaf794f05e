//! Limits on the concurrent calls of a service: `peer.limits.concurrency` of `core.yaml`.

use std::sync::Arc;

use ccs_server::Warnings;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Status;

use ccs_ordering::observer::Observer;

/// Limit of a service.
#[derive(Clone, Debug)]
pub(super) struct Limit {
    service: &'static str,
    count: usize,
    free: Arc<Semaphore>,
    warnings: Warnings,
}

impl Limit {
    pub(super) fn new((service, count): (&'static str, usize), observer: &Observer) -> Self {
        let observer = observer.clone();
        let warnings =
            Warnings::new("rejected a call".to_owned(), Arc::new(move |warning| observer.warn(warning)));
        Self { service, count, free: Arc::new(Semaphore::new(count)), warnings }
    }

    /// Admits a call, which ends when the permit is dropped.
    pub(super) fn enter(&self) -> Result<OwnedSemaphorePermit, Status> {
        Arc::clone(&self.free).try_acquire_owned().map_err(|_| {
            let Self { service, count, .. } = self;
            let message = format!("too many requests for /{service}, exceeding concurrency limit ({count})");
            self.warnings.tell(&format_args!("{message}; end calls that are still running, such as streams"));
            Status::unknown(message)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use ccs_ordering::observer::PeerEvent;

    #[test]
    fn the_call_over_the_limit_is_told_so() {
        let told = Arc::<Mutex<Vec<String>>>::default();
        let warnings = Arc::clone(&told);
        let observer = Observer::new(move |event| {
            if let PeerEvent::Warning(warning) = event {
                warnings.lock().unwrap().push(warning);
            }
        });
        let limit = Limit::new(("gateway.Gateway", 1), &observer);
        let permit = limit.enter().unwrap();
        let status = limit.enter().unwrap_err();
        assert_eq!(status.code(), tonic::Code::Unknown);
        assert_eq!(
            status.message(),
            "too many requests for /gateway.Gateway, exceeding concurrency limit (1)"
        );
        assert_eq!(
            *told.lock().unwrap(),
            [
                "rejected a call: too many requests for /gateway.Gateway, exceeding concurrency limit (1); end calls that \
                 are still running, such as streams"
            ]
        );
        drop(permit);
        assert!(limit.enter().is_ok());
    }
}
