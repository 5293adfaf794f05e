//! Times as Kubernetes and launch.json write them.

use std::time::SystemTime;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Returns the seconds since 1970 of a time in RFC 3339.
#[must_use]
pub fn seconds(text: &str) -> Option<i64> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(OffsetDateTime::unix_timestamp)
}

/// Returns how many seconds ago a time was.
#[must_use]
pub fn age(text: &str, now: i64) -> Option<u64> {
    u64::try_from(now.saturating_sub(seconds(text)?)).ok()
}

/// Returns the seconds since 1970.
#[must_use]
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
