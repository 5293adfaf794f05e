//! Retries of calls that fail for a temporary reason.

use std::time::Duration;

use tokio::time::Instant;

use crate::refusal::Refusal;

/// How long to retry a call.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long to wait before a retry.
const BETWEEN_TRIES: Duration = Duration::from_secs(1);

/// Retries a call while it fails for a temporary reason.
pub(crate) async fn patiently<T, F: Future<Output = Result<T, Refusal>>>(
    call: impl Fn() -> F,
) -> Result<T, Refusal> {
    let begin = Instant::now();
    loop {
        match call().await {
            Ok(answer) => return Ok(answer),
            Err(refusal) if refusal.may_pass && begin.elapsed() < PATIENCE => {
                tokio::time::sleep(BETWEEN_TRIES).await;
            }
            Err(refusal) => return Err(refusal),
        }
    }
}
