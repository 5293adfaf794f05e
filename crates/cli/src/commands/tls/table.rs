//! The table of certificates.

use std::fmt::Write as _;

use ccs_tls::Description;

use crate::style;
use crate::table::Table;

/// A row with fewer remaining days is marked; the builder warns at the same time.
const SOON_IN_DAYS: i64 = 30;

/// Writes a heading, and a row for each certificate.
pub(super) fn of(certificates: &[Description]) -> String {
    let mut table = Table::default();
    table.row(["FILE", "SUBJECT", "NAMES", "ISSUER", "VALID"]);
    for certificate in certificates {
        table.row(cells(certificate));
    }
    let styles = std::iter::once(style::NAME).chain(certificates.iter().map(color));
    let mut text = String::new();
    for (line, style) in table.text().lines().zip(styles) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{style}{line}{style:#}");
    }
    text
}

fn cells(certificate: &Description) -> [String; 5] {
    let Description { file, subject, names, issuer, .. } = certificate;
    let names = if names.is_empty() { "-".to_owned() } else { names.join(" ") };
    let issuer = if issuer == subject { "itself".to_owned() } else { issuer.clone() };
    [file.display().to_string(), subject.clone(), names, issuer, period(certificate)]
}

fn period(certificate: &Description) -> String {
    let date = |moment: &str| moment.split('T').next().unwrap_or_default().to_owned();
    match certificate.status {
        "valid" => format!("until {}, {} days left", date(&certificate.not_after), certificate.days_left),
        "expired" => format!("expired {}", date(&certificate.not_after)),
        _ => format!("not before {}", date(&certificate.not_before)),
    }
}

fn color(certificate: &Description) -> anstyle::Style {
    let is_urgent = certificate.status != "valid" || certificate.days_left < SOON_IN_DAYS;
    if is_urgent { style::BAD } else { anstyle::Style::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expired_certificate_and_one_to_come_are_said_to_be() {
        let period = |status, days_left| {
            period(&Description {
                file: "a".into(),
                subject: String::new(),
                issuer: String::new(),
                is_ca: false,
                names: Vec::new(),
                not_before: "2026-01-31T12:00:00Z".to_owned(),
                not_after: "2027-01-31T12:00:00Z".to_owned(),
                days_left,
                status,
            })
        };
        assert_eq!(period("expired", -3), "expired 2027-01-31");
        assert_eq!(period("not yet valid", 365), "not before 2026-01-31");
        assert_eq!(period("valid", 0), "until 2027-01-31, 0 days left");
    }
}
