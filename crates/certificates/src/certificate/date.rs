//! The two time types of a certificate, each with a single valid encoding for a time, as in Go's `cryptobyte`.

use std::time::{Duration, SystemTime};

use crate::der::{self, Reader};

/// Parses `YYMMDDhhmm[ss]` or `YYYYMMDDhhmmss`, each with `Z` or an offset other than zero.
pub(super) fn read(reader: &mut Reader<'_>) -> Option<SystemTime> {
    let element = reader.any()?;
    let (year, rest) = match element.tag {
        der::UTC_TIME => {
            let (year, rest) = number(element.content, 2)?;
            // A two-digit year is between 1950 and 2049.
            (if year < 50 { year + 2000 } else { year + 1900 }, rest)
        }
        der::GENERALIZED_TIME => number(element.content, 4)?,
        _ => return None,
    };
    let (month, rest) = number(rest, 2)?;
    let (day, rest) = number(rest, 2)?;
    let (hour, rest) = number(rest, 2)?;
    let (minute, rest) = number(rest, 2)?;
    let (second, rest) = match number(rest, 2) {
        Some(found) => found,
        None if element.tag == der::UTC_TIME => (0, rest),
        None => return None,
    };
    let offset = offset(rest)?;

    let fits = (1..=12).contains(&month)
        && (1..=days_in_month(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    fits.then_some(())?;
    moment(days_since_epoch(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset)
}

/// Parses `digits` decimal digits from the front.
fn number(text: &[u8], digits: usize) -> Option<(i64, &[u8])> {
    let (front, rest) = text.split_at_checked(digits)?;
    let mut value = 0;
    for byte in front {
        value = value * 10 + i64::from(byte.is_ascii_digit().then(|| byte - b'0')?);
    }
    Some((value, rest))
}

/// Parses `Z` or `+hhmm`, in seconds. A zero offset must be spelled `Z`, and 24 hours are accepted, both as in Go.
fn offset(text: &[u8]) -> Option<i64> {
    let (sign, digits) = match text {
        b"Z" => return Some(0),
        [b'+', digits @ ..] => (1, digits),
        [b'-', digits @ ..] => (-1, digits),
        _ => return None,
    };
    let (hours, rest) = number(digits, 2)?;
    let (minutes, rest) = number(rest, 2)?;
    let fits = rest.is_empty() && hours <= 24 && minutes < 60 && hours + minutes > 0;
    fits.then_some(sign * (hours * 3600 + minutes * 60))
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The number of days from the first day of year 0 to 1 January 1970.
const DAYS_BEFORE_1970: i64 = 719_528;

/// Counts days in the proleptic Gregorian calendar; the year is 0 or later.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let leap_days_before = |year: i64| (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400;
    let days_before_year = year * 365 + leap_days_before(year);
    let days_before_month: i64 = (1..month).map(|month| days_in_month(year, month)).sum();
    days_before_year + days_before_month + day - 1 - DAYS_BEFORE_1970
}

fn moment(seconds: i64) -> Option<SystemTime> {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(distance)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(distance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(tag: u8, text: &str) -> Option<u64> {
        let mut bytes = vec![tag, u8::try_from(text.len()).unwrap()];
        bytes.extend_from_slice(text.as_bytes());
        let time = read(&mut Reader::new(&bytes))?;
        Some(time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs())
    }

    #[test]
    fn moments_are_counted_from_1970() {
        assert_eq!(seconds(der::UTC_TIME, "700101000000Z"), Some(0));
        assert_eq!(seconds(der::UTC_TIME, "240229120000Z"), Some(1_709_208_000));
        assert_eq!(seconds(der::UTC_TIME, "2402291200Z"), Some(1_709_208_000));
        assert_eq!(seconds(der::UTC_TIME, "240229140000+0200"), Some(1_709_208_000));
        assert_eq!(seconds(der::GENERALIZED_TIME, "20491231235959Z"), Some(2_524_607_999));
        assert_eq!(seconds(der::GENERALIZED_TIME, "99991231235959Z"), Some(253_402_300_799));
    }

    #[test]
    fn impossible_moments_and_second_spellings_are_refused() {
        for text in [
            "230229120000Z",
            "241301120000Z",
            "240200120000Z",
            "240229240000Z",
            "240229120060Z",
            "240229120000",
            "240229120000+0000",
            "240229120000-0160",
            "240229120000.5Z",
            "24022912 000Z",
        ] {
            assert_eq!(seconds(der::UTC_TIME, text), None, "{text}");
        }
        assert_eq!(seconds(der::GENERALIZED_TIME, "202402291200Z"), None);
        assert_eq!(seconds(der::GENERALIZED_TIME, "20240229120000.0Z"), None);
    }
}
