//! Waits for something that tells nobody when it is there.

use std::time::Duration;

use tokio::time::{sleep, timeout};

/// How often a condition is looked at.
const INTERVAL: Duration = Duration::from_millis(10);

/// Waits until a condition holds; panics if it does not within the limit. Where an event tells, wait for that instead.
pub async fn wait_until(limit: Duration, condition: impl Fn() -> bool) {
    let waiting = async {
        while !condition() {
            sleep(INTERVAL).await;
        }
    };
    assert!(timeout(limit, waiting).await.is_ok(), "the condition does not hold within {limit:?}");
}
