//! `cargo xtask test`: runs all tests one after another, and prints the total counts.

use crate::steps;
use crate::tally::Tally;

/// Runs all tests, even after a failure.
pub(crate) fn run() -> Tally {
    let tally = steps::run(steps::tests());
    println!("\ntests: {tally}");
    tally
}
