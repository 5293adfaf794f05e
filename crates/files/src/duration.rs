//! Durations in Go's format: `3s`, `1m30s`, `1.5h`.

use std::fmt;
use std::str::FromStr;

/// A duration in nanoseconds, parsed and formatted like Go's `time.Duration`.
///
/// ```
/// use ccs_files::GoDuration;
/// let timeout: GoDuration = "1.5m".parse()?;
/// assert_eq!(timeout.nanoseconds(), 90_000_000_000);
/// assert_eq!(timeout.to_string(), "1m30s");
/// # Ok::<(), ccs_files::duration::DurationError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GoDuration(i64);

/// The reason why a text is not a Go duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// The text does not have the form of a duration.
    #[error("{0:?} is not a duration")]
    Syntax(String),
    /// A number has no unit.
    #[error("{0:?} is not a duration: the unit is missing")]
    NoUnit(String),
    /// A unit is unknown.
    #[error("{text:?} is not a duration: there is no unit {unit:?}")]
    UnknownUnit {
        /// The text, truncated.
        text: String,
        /// The unit, truncated.
        unit: String,
    },
    /// The duration does not fit 64 bits of nanoseconds (about 292 years).
    #[error("duration {0:?} is too long")]
    TooLong(String),
}

impl DurationError {
    /// Returns the form of a duration.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some("write it as in Go, with units ns, us, ms, s, m or h: 10s, 1m30s, 500ms".to_owned())
    }
}

/// Go's units, in nanoseconds. The two spellings of the micro sign are U+00B5 and U+03BC.
const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("\u{b5}s", 1_000),
    ("\u{3bc}s", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// The absolute value of the smallest duration; a positive one cannot have it.
const LIMIT: u64 = 1 << 63;

impl GoDuration {
    /// Creates a duration from nanoseconds.
    #[must_use]
    pub const fn from_nanoseconds(nanoseconds: i64) -> Self {
        Self(nanoseconds)
    }

    /// Returns the number of nanoseconds.
    #[must_use]
    pub const fn nanoseconds(self) -> i64 {
        self.0
    }

    /// Converts to the standard library's type; returns [`None`] if the duration is negative.
    #[must_use]
    pub fn to_std(self) -> Option<std::time::Duration> {
        u64::try_from(self.0).ok().map(std::time::Duration::from_nanos)
    }
}

impl FromStr for GoDuration {
    type Err = DurationError;

    /// Follows `time.ParseDuration` of Go 1.26, including its rounding of long fractions.
    fn from_str(text: &str) -> Result<Self, DurationError> {
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        if unsigned == "0" {
            return Ok(Self(0));
        }
        if unsigned.is_empty() {
            return Err(DurationError::Syntax(shortened(text)));
        }
        let too_long = || DurationError::TooLong(shortened(text));
        let mut total: u64 = 0;
        let mut rest = unsigned;
        while !rest.is_empty() {
            let (nanoseconds, after) = component(rest, text)?;
            total = total.checked_add(nanoseconds).filter(|&sum| sum <= LIMIT).ok_or_else(too_long)?;
            rest = after;
        }
        if text.starts_with('-') {
            return Ok(Self(0_i64.wrapping_sub_unsigned(total)));
        }
        i64::try_from(total).map(Self).map_err(|_| too_long())
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Parses a number with its unit; returns its nanoseconds and the rest of the text.
fn component<'a>(rest: &'a str, text: &str) -> Result<(u64, &'a str), DurationError> {
    let too_long = || DurationError::TooLong(shortened(text));
    let (whole_digits, after_whole) = split_digits(rest);
    let (fraction_digits, after_number) = match after_whole.strip_prefix('.') {
        Some(after_point) => split_digits(after_point),
        None => ("", after_whole),
    };
    if whole_digits.is_empty() && fraction_digits.is_empty() {
        return Err(DurationError::Syntax(shortened(text)));
    }
    let whole = whole(whole_digits).ok_or_else(too_long)?;
    let unit_end = after_number.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after_number.len());
    let (unit, after_unit) = after_number.split_at(unit_end);
    if unit.is_empty() {
        return Err(DurationError::NoUnit(shortened(text)));
    }
    let unknown = || DurationError::UnknownUnit { text: shortened(text), unit: shortened(unit) };
    let scale = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, scale)| *scale).ok_or_else(unknown)?;
    let nanoseconds = whole.checked_mul(scale).filter(|&product| product <= LIMIT).ok_or_else(too_long)?;
    let sum = nanoseconds.checked_add(fraction(fraction_digits, scale)).filter(|&sum| sum <= LIMIT);
    Ok((sum.ok_or_else(too_long)?, after_unit))
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

/// Returns the value of the digits before the point; [`None`] above the limit.
fn whole(digits: &str) -> Option<u64> {
    digits.bytes().try_fold(0_u64, |value, digit| {
        let next = value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
        (next <= LIMIT).then_some(next)
    })
}

/// Returns the nanoseconds for the digits after the point. As in Go, digits beyond 63 bits are dropped, and the
/// product is computed as a float.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "Go rounds through float64 here, and the product is below one unit"
)]
fn fraction(digits: &str, unit: u64) -> u64 {
    let mut value: u64 = 0;
    let mut scale: f64 = 1.0;
    for digit in digits.bytes() {
        let next = value.checked_mul(10).and_then(|tens| tens.checked_add(u64::from(digit - b'0')));
        match next.filter(|&next| next <= LIMIT) {
            Some(next) => value = next,
            None => break,
        }
        scale *= 10.0;
    }
    (value as f64 * (unit as f64 / scale)) as u64
}

impl fmt::Display for GoDuration {
    /// Formats like Go's `Duration.String`: `1h0m0.5s`, `1.5ms`, `0s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        match magnitude {
            0 => f.write_str("0s"),
            1..1_000 => write!(f, "{magnitude}ns"),
            1_000..1_000_000 => write!(f, "{}\u{b5}s", decimal(magnitude, 1_000)),
            1_000_000..1_000_000_000 => write!(f, "{}ms", decimal(magnitude, 1_000_000)),
            _ => {
                let minutes = magnitude / 60_000_000_000;
                if minutes >= 60 {
                    write!(f, "{}h", minutes / 60)?;
                }
                if minutes > 0 {
                    write!(f, "{}m", minutes % 60)?;
                }
                write!(f, "{}s", decimal(magnitude % 60_000_000_000, 1_000_000_000))
            }
        }
    }
}

/// Formats `value / unit` exactly, without trailing zeros; `unit` is a power of ten.
fn decimal(value: u64, unit: u64) -> String {
    let width = unit.ilog10() as usize;
    let text = format!("{}.{:0width$}", value / unit, value % unit);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Text, nanoseconds and Go's output; recorded with `conformance/go-json`.
    #[test]
    fn durations_are_read_and_written_as_go_does() {
        for (text, nanoseconds, written) in [
            ("0", 0, "0s"),
            ("+0", 0, "0s"),
            ("-0", 0, "0s"),
            ("10s", 10_000_000_000, "10s"),
            ("1m30s", 90_000_000_000, "1m30s"),
            ("90s", 90_000_000_000, "1m30s"),
            (".5h", 1_800_000_000_000, "30m0s"),
            ("5.s", 5_000_000_000, "5s"),
            ("1h", 3_600_000_000_000, "1h0m0s"),
            ("1us", 1_000, "1\u{b5}s"),
            ("1\u{b5}s", 1_000, "1\u{b5}s"),
            ("1.5\u{3bc}s", 1_500, "1.5\u{b5}s"),
            ("2ms1ns", 2_000_001, "2.000001ms"),
            ("-1.5s", -1_500_000_000, "-1.5s"),
            ("0.9999999999s", 999_999_999, "999.999999ms"),
            ("1s1s", 2_000_000_000, "2s"),
            ("9223372036854775807ns", i64::MAX, "2562047h47m16.854775807s"),
            ("-9223372036854775808ns", i64::MIN, "-2562047h47m16.854775808s"),
            ("0.3333333333333333333h", 1_200_000_000_000, "20m0s"),
            ("0.100000000000000000000h", 360_000_000_000, "6m0s"),
        ] {
            let duration: GoDuration = text.parse().unwrap();
            assert_eq!(
                (duration.nanoseconds(), duration.to_string().as_str()),
                (nanoseconds, written),
                "{text}"
            );
        }
    }

    #[test]
    fn what_go_refuses_is_refused_with_the_reason() {
        for (text, message) in [
            ("", "\"\" is not a duration"),
            ("-", "\"-\" is not a duration"),
            ("10", "\"10\" is not a duration: the unit is missing"),
            ("3s ", "\"3s \" is not a duration: there is no unit \"s \""),
            ("10S", "\"10S\" is not a duration: there is no unit \"S\""),
            ("1d", "\"1d\" is not a duration: there is no unit \"d\""),
            (".s", "\".s\" is not a duration"),
            ("s", "\"s\" is not a duration"),
            ("--1s", "\"--1s\" is not a duration"),
            ("1s-1s", "\"1s-1s\" is not a duration: there is no unit \"s-\""),
            ("9223372036854775808ns", "duration \"9223372036854775808ns\" is too long"),
            ("2562048h", "duration \"2562048h\" is too long"),
            ("99999999999999999999ns", "duration \"99999999999999999999ns\" is too long"),
            ("1\u{ff53}", "\"1\u{ff53}\" is not a duration: there is no unit \"\u{ff53}\""),
        ] {
            assert_eq!(text.parse::<GoDuration>().unwrap_err().to_string(), message);
        }
    }

    proptest! {
        #[test]
        fn every_duration_survives_its_text(nanoseconds in any::<i64>()) {
            let duration = GoDuration::from_nanoseconds(nanoseconds);
            prop_assert_eq!(duration.to_string().parse::<GoDuration>().unwrap(), duration);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "[-+0-9.a-z\u{b5}]{0,30}|.{0,20}") {
            let _ = text.parse::<GoDuration>();
        }
    }
}
