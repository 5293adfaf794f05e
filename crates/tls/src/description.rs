//! Descriptions of the certificates in files.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use ccs_certificates::{Certificate, Validity, read_bundle};
use ccs_report::moment;
use serde::Serialize;

use crate::error::Error;

const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

/// The description of a certificate.
#[derive(Debug, Serialize)]
pub struct Description {
    /// Its file.
    pub file: PathBuf,
    /// The subject, formatted like openssl.
    pub subject: String,
    /// The issuer, formatted like openssl.
    pub issuer: String,
    /// Whether it may issue certificates.
    pub is_ca: bool,
    /// The subject alternative names, formatted like openssl.
    pub names: Vec<String>,
    /// The start of its validity, in UTC.
    pub not_before: String,
    /// The end of its validity, in UTC.
    pub not_after: String,
    /// The number of whole days until its expiry; negative after it.
    pub days_left: i64,
    /// `valid`, `expired` or `not yet valid`.
    pub status: &'static str,
}

/// Reads the certificates of a PEM file; returns one description for each.
pub fn describe(file: &Path) -> Result<Vec<Description>, Error> {
    let now = SystemTime::now();
    Ok(certificates(file)?.iter().map(|certificate| Description::new(file, certificate, now)).collect())
}

/// Reads the certificates of a PEM file.
pub fn certificates(file: &Path) -> Result<Vec<Certificate>, Error> {
    let bundle = read_bundle(ccs_disk::read(file)?.as_bytes());
    let bundle = bundle.map_err(|source| Error::Certificates { path: file.to_owned(), source })?;
    Ok(bundle.certificates)
}

/// Reads the first certificate of a PEM file.
pub(crate) fn only(file: &Path) -> Result<Certificate, Error> {
    let first = certificates(file)?.into_iter().next();
    first.ok_or_else(|| Error::NoCertificate(file.to_owned()))
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
}

/// Returns the number of whole days until `end`, negative after it.
fn days_between(now: SystemTime, end: SystemTime) -> i64 {
    let days = |seconds: u64| i64::try_from(seconds / SECONDS_PER_DAY).unwrap_or(i64::MAX);
    match end.duration_since(now) {
        Ok(left) => days(left.as_secs()),
        Err(over) => -days(over.duration().as_secs()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::authority::Authority;

    #[test]
    fn an_expired_certificate_and_one_to_come_have_their_status() {
        let authority = Authority::make("a", 1).unwrap();
        let certificate = read_bundle(authority.certificate().as_bytes()).unwrap().certificates.remove(0);
        let day = Duration::from_hours(24);
        let at = |now| {
            let description = Description::new(Path::new("a"), &certificate, now);
            (description.status, description.days_left)
        };
        assert_eq!(at(SystemTime::now() + 2 * day), ("expired", -1));
        assert_eq!(at(SystemTime::now() - day), ("not yet valid", 1));
        assert_eq!(at(SystemTime::now()), ("valid", 0));
    }
}
