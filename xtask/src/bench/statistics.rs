//! Measurements of one process, and the median of many.

use xtask_base::statistics;

/// The measurements of one run of a program.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sample {
    /// The elapsed time, in microseconds.
    pub(crate) wall_in_us: f64,
    /// The processor time of user and system, in microseconds.
    pub(crate) cpu_in_us: f64,
    /// The largest resident set, in KiB.
    pub(crate) memory_in_kib: f64,
}

impl Sample {
    /// Parses `wall cpu memory`, numbers in the units of the fields.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let mut numbers = line.split_whitespace().map(str::parse);
        let mut number = || numbers.next()?.ok();
        Some(Self { wall_in_us: number()?, cpu_in_us: number()?, memory_in_kib: number()? })
    }
}

/// Returns the median of each measurement; zeros without any samples.
pub(crate) fn median(samples: &[Sample]) -> Sample {
    let of = |measurement: fn(&Sample) -> f64| statistics::median(samples.iter().map(measurement));
    Sample {
        wall_in_us: of(|sample| sample.wall_in_us),
        cpu_in_us: of(|sample| sample.cpu_in_us),
        memory_in_kib: of(|sample| sample.memory_in_kib),
    }
}

#[cfg(test)]
mod tests {
    use super::{Sample, median};

    #[test]
    fn the_median_does_not_follow_one_slow_run() {
        let sample = |wall_in_us| Sample { wall_in_us, cpu_in_us: 1.0, memory_in_kib: 2.0 };
        assert_eq!(median(&[sample(10.0), sample(9000.0), sample(11.0)]), sample(11.0));
    }

    #[test]
    fn a_line_with_too_few_numbers_is_no_sample() {
        assert_eq!(Sample::parse("1 2"), None);
        let sample = Sample { wall_in_us: 1.0, cpu_in_us: 2.0, memory_in_kib: 3.0 };
        assert_eq!(Sample::parse("1 2 3\n"), Some(sample));
    }
}
