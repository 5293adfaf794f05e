//! Counts the checks of one peer or cluster, and prints the failed ones.

use std::thread;
use std::time::Instant;

use anyhow::{Result, anyhow};

use crate::tally::Tally;

/// The checks of one peer or platform.
pub struct Report {
    peer: String,
    tally: Tally,
}

impl Report {
    /// Starts a report for `peer`.
    #[must_use]
    pub fn new(peer: &str) -> Self {
        Self { peer: peer.to_owned(), tally: Tally::default() }
    }

    /// Runs one check, and returns whether it passed.
    pub fn check(&mut self, name: &str, check: impl FnOnce() -> Result<()>) -> bool {
        match check() {
            Ok(()) => self.tally += Tally::PASSED,
            Err(error) => {
                println!("FAILED  {}: {name}: {error:#}", self.peer);
                self.tally += Tally::FAILED;
                return false;
            }
        }
        true
    }

    /// Runs one check for each case, all in parallel, because they mostly wait.
    pub fn check_at_once<C: Sync>(
        &mut self,
        cases: &[C],
        name: impl Fn(&C) -> &str,
        check: impl Fn(&C) -> Result<()> + Sync,
    ) {
        let check = &check;
        let outcomes: Vec<_> = thread::scope(|scope| {
            let running: Vec<_> = cases.iter().map(|case| scope.spawn(move || check(case))).collect();
            running.into_iter().map(thread::ScopedJoinHandle::join).collect()
        });
        for (case, outcome) in cases.iter().zip(outcomes) {
            self.check(name(case), || outcome.unwrap_or_else(|_| Err(anyhow!("the check panicked"))));
        }
    }

    /// Runs several checks and prints their duration, to show progress.
    pub fn part(&mut self, name: &str, checks: impl FnOnce(&mut Self) -> Result<()>) {
        let (start, before) = (Instant::now(), self.tally);
        if let Err(error) = checks(self) {
            println!("FAILED  {}: {name}: {error:#}", self.peer);
            self.tally += Tally::FAILED;
        }
        let part = Tally {
            passed: self.tally.passed - before.passed,
            failed: self.tally.failed - before.failed,
            skipped: self.tally.skipped - before.skipped,
        };
        let heading = format!("{}: {name}", self.peer);
        println!("{heading:<40} {part} in {:.1} s", start.elapsed().as_secs_f64());
    }

    /// Returns the counts of all checks.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.tally
    }
}
