//! Runs two checks at the same time, because each of them mostly waits or uses only one processor.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::tally::Tally;

/// The number of parallel checks.
const AT_A_TIME: usize = 2;

/// Runs a function for every item and adds up the results.
#[must_use]
pub fn two_at_a_time<T: Sync>(items: &[T], work: impl Fn(&T) -> Tally + Sync) -> Tally {
    let next = AtomicUsize::new(0);
    let work_on = || {
        let mut tally = Tally::default();
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            tally += work(item);
        }
        tally
    };
    thread::scope(|scope| {
        let workers = [(); AT_A_TIME].map(|()| scope.spawn(work_on));
        workers.into_iter().map(|worker| worker.join().unwrap_or(Tally::FAILED)).sum()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_worked_on_once_and_counted() {
        let tally = two_at_a_time(&[1, 2, 3, 4, 5], |item| match item % 2 {
            0 => Tally::FAILED,
            _ => Tally::PASSED,
        });
        assert_eq!(tally, Tally { passed: 3, failed: 2, skipped: 0 });
    }
}
