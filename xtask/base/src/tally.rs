//! The numbers of passed, failed and skipped checks, with their one-line format.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign};

/// Counts of checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// The number of passed checks.
    pub passed: u64,
    /// The number of failed checks.
    pub failed: u64,
    /// The number of skipped checks, which cannot or should not run here.
    pub skipped: u64,
}

impl Tally {
    /// One passed check.
    pub const PASSED: Self = Self { passed: 1, failed: 0, skipped: 0 };
    /// One failed check.
    pub const FAILED: Self = Self { passed: 0, failed: 1, skipped: 0 };
    /// One skipped check.
    pub const SKIPPED: Self = Self { passed: 0, failed: 0, skipped: 1 };

    /// Parses `12 passed, 0 failed, 1 skipped`.
    #[must_use]
    pub fn of_line(line: &str) -> Option<Self> {
        let mut counts = line.split(", ");
        let mut count = |name: &str| counts.next()?.strip_suffix(name)?.trim().parse().ok();
        Some(Self { passed: count("passed")?, failed: count("failed")?, skipped: count("skipped")? })
    }

    /// Adds up the `test result:` lines of `cargo test`.
    ///
    /// A run that failed without a failed test (it did not compile, or was killed) counts as one failure.
    #[must_use]
    pub fn of_cargo_test(output: &str, success: bool) -> Self {
        let mut tally: Self = output.lines().filter_map(test_result).sum();
        if !success && tally.failed == 0 {
            tally.failed = 1;
        }
        tally
    }
}

/// Parses `test result: ok. 12 passed; 0 failed; 1 ignored; ...`.
fn test_result(line: &str) -> Option<Tally> {
    let counts = line.strip_prefix("test result: ")?.split_once(". ")?.1;
    let count = |name: &str| {
        counts.split("; ").find_map(|part| part.strip_suffix(name)?.trim().parse().ok()).unwrap_or(0)
    };
    Some(Tally { passed: count("passed"), failed: count("failed"), skipped: count("ignored") })
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), Add::add)
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    const OUTPUT: &str = "\
running 3 tests
test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s
noise
test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 3 filtered out; finished in 1.20s
";

    #[test]
    fn the_results_of_all_test_programs_are_added_up() {
        let tally = Tally::of_cargo_test(OUTPUT, false);
        assert_eq!(tally, Tally { passed: 6, failed: 2, skipped: 1 });
        assert_eq!(tally.to_string(), "6 passed, 2 failed, 1 skipped");
    }

    #[test]
    fn a_count_is_read_as_it_is_written() {
        let tally = Tally { passed: 12, failed: 0, skipped: 1 };
        assert_eq!(Tally::of_line(&tally.to_string()), Some(tally));
        assert_eq!(Tally::of_line("12 passed, no failed, 1 skipped"), None);
        assert_eq!(Tally::of_line(""), None);
    }

    #[test]
    fn a_run_that_does_not_compile_is_one_failure() {
        assert_eq!(Tally::of_cargo_test("error: could not compile", false), Tally::FAILED);
        assert_eq!(Tally::of_cargo_test("", true), Tally::default());
    }
}
