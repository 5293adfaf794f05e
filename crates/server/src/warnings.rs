//! Warnings about clients, of which a hostile one could cause any number.

use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::Warn;

/// How long the same kind of warning is not repeated.
const PAUSE: Duration = Duration::from_secs(10);

/// Warnings that begin with the same words: one in ten seconds, with the number of those that were left out.
#[derive(Clone)]
pub(crate) struct Warnings {
    subject: Arc<str>,
    warn: Warn,
    told: Arc<Mutex<Told>>,
}

#[derive(Default)]
struct Told {
    last: Option<Instant>,
    left_out: u64,
}

impl Warnings {
    pub(crate) fn new(subject: String, warn: Warn) -> Self {
        Self { subject: subject.into(), warn, told: Arc::default() }
    }

    pub(crate) fn tell(&self, reason: &dyn Display) {
        if let Some(left_out) = self.left_out() {
            let before = match left_out {
                0 => String::new(),
                number => format!(" (and {number} times before this, for one reason or another)"),
            };
            (self.warn)(format!("{}: {reason}{before}", self.subject));
        }
    }

    /// Returns how many warnings were left out since the last one, or nothing if this one is left out, too.
    fn left_out(&self) -> Option<u64> {
        // Locked only to count: nothing awaits under it.
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
