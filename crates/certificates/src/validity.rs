//! Where a moment lies in a certificate's period of validity.

use std::time::SystemTime;

const SECONDS_PER_DAY: u64 = 86_400;

/// What a certificate's period says about a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// The period has not begun.
    NotYetValid {
        /// The first valid moment.
        from: SystemTime,
    },
    /// The moment lies within the period; both ends belong to it, as in Go's `Certificate.Verify`.
    Valid {
        /// Whole days until the end, 0 on the last day.
        days_left: u64,
    },
    /// The period is over.
    Expired {
        /// The last valid moment.
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
