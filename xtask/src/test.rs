//! `cargo xtask test`: every test there is, one after another, with the count of all at the end.

use crate::steps;
use crate::tally::Tally;

/// Runs every test; a failure does not keep the rest from running.
pub(crate) fn run() -> Tally {
    let tally = steps::run(steps::tests());
    println!("\ntests: {tally}");
    tally
}
