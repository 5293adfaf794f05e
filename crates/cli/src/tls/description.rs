//! What a certificate is to a person: a row of a table, an object of a JSON document.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use ccs_builder::ExitCode;
use ccs_certificates::{Certificate, Validity, read_bundle};
use serde::Serialize;

use super::files;
use crate::failure::Failure;
use crate::moment;
use crate::style;
use crate::table::Table;

/// When fewer days than this are left, the builder warns, and so do we.
const SOON_IN_DAYS: i64 = 30;

const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

/// A certificate.
#[derive(Debug, Serialize)]
pub(crate) struct Description {
    file: PathBuf,
    subject: String,
    issuer: String,
    is_ca: bool,
    names: Vec<String>,
    not_before: String,
    not_after: String,
    days_left: i64,
    status: &'static str,
}

/// Reads the certificates of a PEM file, one description for each.
pub(crate) fn describe(file: &Path) -> Result<Vec<Description>, Failure> {
    let now = SystemTime::now();
    Ok(certificates(file)?.iter().map(|certificate| Description::new(file, certificate, now)).collect())
}

/// Reads the certificates of a PEM file.
pub(crate) fn certificates(file: &Path) -> Result<Vec<Certificate>, Failure> {
    let bundle = read_bundle(files::read(file)?.as_bytes());
    let bundle = bundle.map_err(|error| {
        let hint = "a PEM file has \"-----BEGIN CERTIFICATE-----\" in it".to_owned();
        Failure::new(format!("{}: {error}", file.display())).hint(hint).with_code(ExitCode::Tls)
    })?;
    Ok(bundle.certificates)
}

impl Description {
    fn new(file: &Path, certificate: &Certificate, now: SystemTime) -> Self {
        Self {
            file: file.to_owned(),
            subject: certificate.subject(),
            issuer: certificate.issuer(),
            is_ca: certificate.is_ca(),
            names: certificate.subject_alternative_names().iter().map(ToString::to_string).collect(),
            not_before: moment::timestamp(certificate.not_before()),
            not_after: moment::timestamp(certificate.not_after()),
            days_left: days_between(now, certificate.not_after()),
            status: match certificate.validity(now) {
                Validity::NotYetValid { .. } => "not yet valid",
                Validity::Valid { .. } => "valid",
                Validity::Expired { .. } => "expired",
            },
        }
    }

    fn period(&self) -> String {
        let date = |moment: &str| moment.split('T').next().unwrap_or_default().to_owned();
        match self.status {
            "valid" => format!("until {}, {} days left", date(&self.not_after), self.days_left),
            "expired" => format!("expired {}", date(&self.not_after)),
            _ => format!("not before {}", date(&self.not_before)),
        }
    }

    fn style(&self) -> anstyle::Style {
        let urgent = self.status != "valid" || self.days_left < SOON_IN_DAYS;
        if urgent { style::BAD } else { anstyle::Style::new() }
    }

    fn cells(&self) -> [String; 5] {
        let names = if self.names.is_empty() { "-".to_owned() } else { self.names.join(" ") };
        let issuer = if self.issuer == self.subject { "itself".to_owned() } else { self.issuer.clone() };
        [self.file.display().to_string(), self.subject.clone(), names, issuer, self.period()]
    }
}

/// Counts whole days, below zero when the end is over.
fn days_between(now: SystemTime, end: SystemTime) -> i64 {
    let days = |seconds: u64| i64::try_from(seconds / SECONDS_PER_DAY).unwrap_or(i64::MAX);
    match end.duration_since(now) {
        Ok(left) => days(left.as_secs()),
        Err(over) => -days(over.duration().as_secs()),
    }
}

/// Makes the table of certificates.
pub(crate) fn table(certificates: &[Description]) -> String {
    let mut table = Table::default();
    table.row(["FILE", "SUBJECT", "NAMES", "ISSUER", "VALID"]);
    for certificate in certificates {
        table.row(certificate.cells());
    }
    let styles = std::iter::once(style::NAME).chain(certificates.iter().map(Description::style));
    let mut text = String::new();
    for (line, style) in table.text().lines().zip(styles) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{style}{line}{style:#}");
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::tls::authority::Authority;

    #[test]
    fn an_expired_certificate_and_one_to_come_are_said_to_be() {
        let authority = Authority::make("a", 1).unwrap();
        let certificate = read_bundle(authority.certificate().as_bytes()).unwrap().certificates.remove(0);
        let day = Duration::from_hours(24);
        let period = |now| {
            let description = Description::new(Path::new("a"), &certificate, now);
            (description.status, description.period())
        };
        let (status, text) = period(SystemTime::now() + 2 * day);
        assert!(status == "expired" && text.starts_with("expired 2"), "{text}");
        let (status, text) = period(SystemTime::now() - day);
        assert!(status == "not yet valid" && text.starts_with("not before 2"), "{text}");
        let (status, text) = period(SystemTime::now());
        assert!(status == "valid" && text.ends_with(", 0 days left"), "{text}");
    }
}
