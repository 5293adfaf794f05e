//! Two checks at the same time: each waits a lot, or keeps one processor busy.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::tally::Tally;

/// How many run at the same time.
const AT_A_TIME: usize = 2;

/// Does the work on every item, and adds up what came of it.
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
