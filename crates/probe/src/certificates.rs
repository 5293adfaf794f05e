//! Formats the server's certificate.

use std::time::SystemTime;

use ccs_certificates::{Certificate, SubjectAlternativeName, Validity, distinguished_name};
use ccs_dial::ConnectionInfo;
use ccs_dial::connection::Seen;
use ccs_dial::probe::ProbeReport;
use time::OffsetDateTime;

/// The number of days before its expiry at which a certificate is noted; the builder warns at the same time.
const SOON_IN_DAYS: u64 = ccs_builder::check::EXPIRY_WARNING_DAYS;

/// The parts of the server's own certificate that matter to an operator.
#[derive(Clone, Debug)]
pub struct Server {
    pub(crate) subject: String,
    pub(crate) issuer: String,
    hosts: Vec<String>,
    not_before: SystemTime,
    not_after: SystemTime,
    validity: Validity,
}

impl Server {
    /// Parses the certificate that the server presented, if it did and Go would accept it.
    #[must_use]
    pub fn of(seen: &Seen, now: SystemTime) -> Option<Self> {
        let certificate = Certificate::from_der(seen.certificates.first()?).ok()?;
        let hosts = certificate.subject_alternative_names().iter().filter_map(|name| match name {
            SubjectAlternativeName::Dns(host) => Some(host.clone()),
            SubjectAlternativeName::Ip(address) => Some(address.to_string()),
            SubjectAlternativeName::Uri(_) | SubjectAlternativeName::Email(_) => None,
        });
        Some(Self {
            subject: certificate.subject(),
            issuer: certificate.issuer(),
            hosts: hosts.collect(),
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
            validity: certificate.validity(now),
        })
    }

    /// Returns the hosts for which it is valid.
    pub(crate) fn hosts(&self) -> &[String] {
        &self.hosts
    }

    /// Formats these hosts.
    pub(crate) fn names(&self) -> String {
        if self.hosts.is_empty() { "no host at all".to_owned() } else { self.hosts.join(", ") }
    }

    /// Returns the first day of its validity, in UTC.
    pub(crate) fn first_day(&self) -> String {
        day(self.not_before)
    }

    /// Returns the last day of its validity, in UTC.
    pub(crate) fn last_day(&self) -> String {
        day(self.not_after)
    }

    /// Returns a note if it expires soon.
    pub(crate) fn ends_soon(&self) -> Option<String> {
        match self.validity {
            Validity::Valid { days_left } if days_left < SOON_IN_DAYS => {
                Some(format!("the certificate expires on {}: renew it in time", self.last_day()))
            }
            _ => None,
        }
    }
}

fn day(moment: SystemTime) -> String {
    OffsetDateTime::from(moment).date().to_string()
}

/// Returns the name that a peer requires in the server's certificate.
pub(crate) fn verified_name<'a>(info: &'a ConnectionInfo, host: &'a str) -> &'a str {
    let client = info.tls.as_ref().and_then(|tls| tls.client.as_ref());
    client.and_then(|client| client.domain.as_deref()).unwrap_or(host)
}

/// Returns a note on the authorities from which the server accepts client certificates, if it sent them.
pub(crate) fn accepted(report: &ProbeReport) -> Option<String> {
    let asked = report.seen.asked_for_client.as_ref()?;
    let names: Vec<String> = asked.iter().filter_map(|name| distinguished_name(name)).collect();
    (!names.is_empty()).then(|| format!("it accepts certificates issued by {}", names.join("; ")))
}
