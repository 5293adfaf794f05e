//! Waits for conditions without an event.

use std::time::Duration;

use tokio::time::{sleep, timeout};

/// The interval between checks of a condition.
const INTERVAL: Duration = Duration::from_millis(10);

/// Waits until a condition holds; panics if it does not hold within the limit. If there is an event, wait for that
/// instead.
pub async fn wait_until(limit: Duration, condition: impl Fn() -> bool) {
    let waiting = async {
        while !condition() {
            sleep(INTERVAL).await;
        }
    };
    assert!(timeout(limit, waiting).await.is_ok(), "the condition does not hold within {limit:?}");
}
