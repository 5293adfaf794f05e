//! Formats times in UTC.

use std::time::SystemTime;

use time::{Duration, OffsetDateTime};

/// Formats a time as in RFC 3339, `2027-01-31T12:00:00Z`.
#[must_use]
pub fn timestamp(moment: SystemTime) -> String {
    let Some(utc) = utc(moment) else { return "out of range".to_owned() };
    let (hour, minute, second) = utc.to_hms();
    format!("{}T{hour:02}:{minute:02}:{second:02}Z", day(utc))
}

/// Formats the date of a time, `2027-01-31`.
#[must_use]
pub fn date(moment: SystemTime) -> String {
    utc(moment).map_or_else(|| "out of range".to_owned(), day)
}

/// Formats seconds since 1970 like [`timestamp`].
#[must_use]
pub fn of_seconds(seconds: i64) -> String {
    let moment = OffsetDateTime::UNIX_EPOCH.checked_add(Duration::seconds(seconds));
    moment.map_or_else(|| format!("{seconds} s"), |moment| timestamp(moment.into()))
}

/// Returns [`None`] for a year of more than four digits, which a certificate may contain.
fn utc(moment: SystemTime) -> Option<OffsetDateTime> {
    let since = match moment.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => Duration::try_from(after).ok()?,
        Err(before) => -Duration::try_from(before.duration()).ok()?,
    };
    OffsetDateTime::UNIX_EPOCH.checked_add(since)
}

fn day(utc: OffsetDateTime) -> String {
    format!("{:04}-{:02}-{:02}", utc.year(), u8::from(utc.month()), utc.day())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_in_utc_and_far_ones_do_not_panic() {
        let (epoch, day) = (SystemTime::UNIX_EPOCH, std::time::Duration::from_hours(24));
        assert_eq!(timestamp(epoch + 19_782 * day + day / 2), "2024-02-29T12:00:00Z");
        assert_eq!(timestamp(epoch - day / 24), "1969-12-31T23:00:00Z");
        assert_eq!(of_seconds(-1), "1969-12-31T23:59:59Z");
        assert_eq!(of_seconds(i64::MAX), "9223372036854775807 s");
        assert_eq!(date(epoch + 4_000_000 * day), "out of range");
    }
}
