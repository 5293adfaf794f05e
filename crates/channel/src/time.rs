//! Conversions of points in time between messages and text.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prost_types::Timestamp;

/// Maximum difference between the clocks of a client and the peer: `peer.authentication.timewindow`.
pub const WINDOW: Duration = Duration::from_mins(15);

/// Returns the time of a timestamp. As in Go, a missing one is 1970.
#[must_use]
pub fn of(timestamp: Option<&Timestamp>) -> SystemTime {
    let Some(timestamp) = timestamp else { return UNIX_EPOCH };
    let nanos = Duration::from_nanos(u64::try_from(timestamp.nanos).unwrap_or_default());
    let seconds = Duration::from_secs(timestamp.seconds.unsigned_abs());
    let whole =
        if timestamp.seconds < 0 { UNIX_EPOCH.checked_sub(seconds) } else { UNIX_EPOCH.checked_add(seconds) };
    // A time that cannot be represented counts as the epoch, which is outside of any window, too.
    whole.and_then(|whole| whole.checked_add(nanos)).unwrap_or(UNIX_EPOCH)
}

/// Returns whether two points in time differ by more than the window.
#[must_use]
pub fn is_outside(window: Duration, one: SystemTime, other: SystemTime) -> bool {
    let difference = one.duration_since(other).unwrap_or_else(|error| error.duration());
    difference > window
}

/// Returns the current time in the form of headers.
#[must_use]
pub fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp {
        seconds: i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(since_epoch.subsec_nanos()).unwrap_or_default(),
    }
}

/// Prints a time in UTC, to the second: `2026-01-02T03:04:05Z`.
#[derive(Clone, Copy, Debug)]
pub struct Rfc3339(pub SystemTime);

impl fmt::Display for Rfc3339 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let timestamp = Timestamp::from(self.0);
        // Without nanoseconds, no fraction of a second is printed.
        Timestamp { nanos: 0, ..timestamp }.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_to_the_second() {
        assert_eq!(
            Rfc3339(UNIX_EPOCH + Duration::from_millis(1_767_323_045_678)).to_string(),
            "2026-01-02T03:04:05Z"
        );
        assert_eq!(Rfc3339(UNIX_EPOCH).to_string(), "1970-01-01T00:00:00Z");
    }

    #[test]
    fn a_time_that_no_clock_shows_is_outside_of_every_window() {
        let now = UNIX_EPOCH + Duration::from_secs(1_767_323_045);
        for seconds in [i64::MAX, i64::MIN, 0, -1] {
            let time = of(Some(&Timestamp { seconds, nanos: i32::MIN }));
            assert!(is_outside(WINDOW, time, now), "{seconds}");
        }
        let close = of(Some(&Timestamp { seconds: 1_767_323_045 + 15 * 60, nanos: 0 }));
        assert!(!is_outside(WINDOW, close, now));
        assert!(is_outside(WINDOW, close + Duration::from_nanos(1), now));
        assert!(is_outside(WINDOW, of(None), now));
    }
}
