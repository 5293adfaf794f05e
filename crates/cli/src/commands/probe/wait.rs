//! `--wait`: repeats an attempt, and says from time to time why it fails.

use std::time::{Duration, Instant};

use super::table;
use crate::output;
use crate::style;

/// The pause between two attempts.
const PAUSE: Duration = Duration::from_millis(250);

/// How long the same failure is not repeated.
const REMINDER: Duration = Duration::from_secs(10);

/// Makes one attempt, or with `wait` repeats it until it has no failure or the time is over. Returns the last result, and
/// the number of attempts.
pub(super) async fn until_it_passes<T>(
    wait: Option<Duration>,
    mut attempt: impl AsyncFnMut() -> T,
    failure: impl Fn(&T) -> Option<String>,
) -> (T, u32) {
    let deadline = wait.map(|wait| Instant::now() + wait);
    let mut notes = Notes::default();
    let mut attempts: u32 = 0;
    loop {
        let result = attempt().await;
        attempts = attempts.saturating_add(1);
        let left = deadline.and_then(|deadline| deadline.checked_duration_since(Instant::now() + PAUSE));
        let (Some(failure), Some(left)) = (failure(&result), left) else { return (result, attempts) };
        if let Some(line) = notes.line(&table::shown(&failure), left, Instant::now()) {
            output::note(&line);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The failure that was printed last, and when.
#[derive(Default)]
struct Notes(Option<(String, Instant)>);

impl Notes {
    /// Returns a line for a failure that is new, or that was printed a while ago.
    fn line(&mut self, failure: &str, left: Duration, now: Instant) -> Option<String> {
        let word = match &self.0 {
            Some((last, at)) if last == failure => {
                if now.duration_since(*at) < REMINDER {
                    return None;
                }
                "still waiting"
            }
            _ => "waiting",
        };
        self.0 = Some((failure.to_owned(), now));
        Some(format!("{word}, {} left: {failure}", style::duration(left)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_printed_when_it_is_new_and_then_from_time_to_time() {
        let (mut notes, begin) = (Notes::default(), Instant::now());
        let mut at = |seconds: u64, failure: &str| {
            notes.line(failure, Duration::from_secs(60 - seconds), begin + Duration::from_secs(seconds))
        };
        assert_eq!(at(0, "refused").unwrap(), "waiting, 60.0 s left: refused");
        assert_eq!(at(9, "refused"), None);
        assert_eq!(at(10, "refused").unwrap(), "still waiting, 50.0 s left: refused");
        assert_eq!(at(19, "refused"), None);
        assert_eq!(at(19, "no route").unwrap(), "waiting, 41.0 s left: no route");
        assert_eq!(at(29, "no route").unwrap(), "still waiting, 31.0 s left: no route");
    }
}
