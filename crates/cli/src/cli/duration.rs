//! Durations as values of options.

use std::time::Duration;

use ccs_files::GoDuration;

/// Reads a duration greater than zero.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let duration = text.parse::<GoDuration>().map_err(|error| error.to_string())?;
    match duration.to_std() {
        Some(duration) if !duration.is_zero() => Ok(duration),
        _ => Err("the duration must be greater than zero".to_owned()),
    }
}
