//! Comparison of a time with the validity period of a certificate.

use std::time::SystemTime;

const SECONDS_PER_DAY: u64 = 86_400;

/// The position of a time relative to a validity period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// The period has not begun.
    NotYetValid {
        /// The start of the period.
        from: SystemTime,
    },
    /// The time is within the period, which includes both ends, as in Go's `Certificate.Verify`.
    Valid {
        /// The number of whole days until the end, 0 on the last day.
        days_left: u64,
    },
    /// The period is over.
    Expired {
        /// The end of the period.
        since: SystemTime,
    },
}

impl Validity {
    pub(crate) fn at(now: SystemTime, not_before: SystemTime, not_after: SystemTime) -> Self {
        if now < not_before {
            return Self::NotYetValid { from: not_before };
        }
        match not_after.duration_since(now) {
            Ok(left) => Self::Valid { days_left: left.as_secs() / SECONDS_PER_DAY },
            Err(_) => Self::Expired { since: not_after },
        }
    }
}
