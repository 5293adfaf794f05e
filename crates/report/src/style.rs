//! The colors of a terminal, one for each meaning, and durations as short text. The printing crate decides whether to use them.

use std::time::Duration;

use anstyle::{AnsiColor, Style};

/// Names and headings.
pub const NAME: Style = Style::new().bold();

/// Success.
pub const GOOD: Style = AnsiColor::Green.on_default();

/// Failure.
pub const BAD: Style = AnsiColor::Red.on_default().bold();

/// A warning.
pub const WARN: Style = AnsiColor::Yellow.on_default().bold();

/// Less important text.
pub const FAINT: Style = Style::new().dimmed();

/// Writes a duration with three figures and a unit: `840 µs`, `12.3 ms`, `1.25 s`.
#[must_use]
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    let (value, unit) = match seconds {
        s if s < 1e-3 => (s * 1e6, "\u{b5}s"),
        s if s < 1.0 => (s * 1e3, "ms"),
        s => (s, "s"),
    };
    let decimals = match value {
        v if v < 9.995 => 2,
        v if v < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.decimals$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_figures() {
        for (nanoseconds, text) in [
            (840_000, "840 \u{b5}s"),
            (1_000_000, "1.00 ms"),
            (12_345_678, "12.3 ms"),
            (999_900_000, "1000 ms"),
            (1_250_000_000, "1.25 s"),
        ] {
            assert_eq!(duration(Duration::from_nanos(nanoseconds)), text);
        }
    }
}
