//! Rate limit for warnings that a hostile client could cause in any number.

use std::fmt::{self, Display};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::Warn;

/// Time during which a kind of warning is not repeated.
const PAUSE: Duration = Duration::from_secs(10);

/// Warnings with the same prefix: prints one in ten seconds, with the number of suppressed ones.
#[derive(Clone)]
pub struct Warnings {
    subject: Arc<str>,
    warn: Warn,
    told: Arc<Mutex<Told>>,
}

#[derive(Default)]
struct Told {
    last: Option<Instant>,
    left_out: u64,
}

impl fmt::Debug for Warnings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Warnings").field("subject", &self.subject).finish_non_exhaustive()
    }
}

impl Warnings {
    /// Creates an instance whose warnings begin with `subject`.
    #[must_use]
    pub fn new(subject: String, warn: Warn) -> Self {
        Self { subject: subject.into(), warn, told: Arc::default() }
    }

    /// Reports a warning, unless one was reported a moment ago.
    pub fn tell(&self, reason: &dyn Display) {
        if let Some(left_out) = self.left_out() {
            let before = match left_out {
                0 => String::new(),
                number => format!(" (and {number} similar failures before)"),
            };
            (self.warn)(format!("{}: {reason}{before}", self.subject));
        }
    }

    /// Returns the number of warnings suppressed since the last one, or [`None`] if this one is suppressed, too.
    fn left_out(&self) -> Option<u64> {
        // Locked only to count. Do not await while holding the lock.
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if told.last.is_some_and(|last| now < last + PAUSE) {
            told.left_out += 1;
            return None;
        }
        told.last = Some(now);
        Some(std::mem::take(&mut told.left_out))
    }
}
