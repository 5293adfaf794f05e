//! Calls that are made again while they fail for a reason that passes.

use std::time::Duration;

use tokio::time::Instant;

use crate::refusal::Refusal;

/// How long a call may fail for reasons that pass.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long to wait before such a call is made again.
const BETWEEN_TRIES: Duration = Duration::from_secs(1);

/// Makes a call again while it fails for a reason that passes.
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
