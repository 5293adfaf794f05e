//! The client's deadline, from the header `grpc-timeout`.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tonic::metadata::MetadataMap;

/// Time by which the peer answers before the client's deadline, so that the client receives the reason.
const MARGIN: Duration = Duration::from_millis(100);

/// Returns the deadline of a request, or [`None`] if it has none.
///
/// An invalid header counts as absent, as in tonic, which then does not enforce it either.
pub(super) fn of(metadata: &MetadataMap) -> Option<Instant> {
    let text = metadata.get("grpc-timeout")?.to_str().ok()?;
    let whole = parse(text)?;
    let time = whole.checked_sub(MARGIN).unwrap_or_default().max(whole / 2);
    Instant::now().checked_add(time)
}

/// Waits until the deadline has passed; forever without one.
pub(super) async fn passed(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// Parses a gRPC timeout: up to eight digits and a unit.
fn parse(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if !(1..=8).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_hours(number)),
        "M" => Some(Duration::from_mins(number)),
        "S" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_millis(number)),
        "u" => Some(Duration::from_micros(number)),
        "n" => Some(Duration::from_nanos(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_digits_and_a_unit() {
        assert_eq!(parse("5S"), Some(Duration::from_secs(5)));
        assert_eq!(parse("1500m"), Some(Duration::from_millis(1500)));
        assert_eq!(parse("99999999H"), Some(Duration::from_hours(99_999_999)));
        for text in ["", "S", "5", "5s", "-5S", "123456789S", "5é", "é"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn we_give_up_before_the_client_does() {
        let mut metadata = MetadataMap::new();
        assert_eq!(of(&metadata), None);
        metadata.insert("grpc-timeout", "5S".parse().unwrap());
        assert_eq!(of(&metadata), Some(Instant::now() + Duration::from_millis(4900)));
        metadata.insert("grpc-timeout", "10m".parse().unwrap());
        assert_eq!(of(&metadata), Some(Instant::now() + Duration::from_millis(5)));
    }
}
