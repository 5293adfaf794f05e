//! The certificates of a connection.

use std::time::SystemTime;

use ccs_builder::render::is_template;
use ccs_certificates::{Validity, read_bundle};
use ccs_files::Connection;
use serde::Serialize;

use ccs_report::moment;

/// One certificate.
#[derive(Debug, Serialize)]
pub struct Certificate {
    /// The field of connection.json that holds it.
    pub field: &'static str,
    /// The subject, as openssl writes it.
    pub subject: String,
    /// Subject alternative names, as openssl writes them.
    pub names: Vec<String>,
    /// The issuer, as openssl writes it.
    pub issuer: String,
    /// Whether it names itself as issuer.
    pub self_issued: bool,
    /// Whether it may issue certificates.
    pub ca: bool,
    /// The public key's algorithm.
    pub key: String,
    /// The serial number, in hexadecimal.
    pub serial: String,
    /// The begin of its validity, in UTC.
    pub not_before: String,
    /// The end of its validity, in UTC.
    pub not_after: String,
    /// `valid`, `expired` or `not yet valid`.
    pub state: &'static str,
    /// Whole days until it expires, if it is valid.
    pub days_left: Option<u64>,
    /// The day on which it expires, in UTC.
    #[serde(skip)]
    pub until: String,
}

/// Reads the certificates, except templates, and adds unreadable ones to `problems`.
pub(super) fn of(connection: &Connection, now: SystemTime, problems: &mut Vec<String>) -> Vec<Certificate> {
    let mut shown = Vec::new();
    for (field, pem) in [("root_cert", &connection.root_cert), ("client_cert", &connection.client_cert)] {
        if pem.is_empty() || is_template(pem) {
            continue;
        }
        match read_bundle(pem.as_bytes()) {
            Ok(bundle) => {
                shown.extend(
                    bundle.certificates.iter().map(|certificate| Certificate::of(field, certificate, now)),
                );
                problems.extend(bundle.skipped.iter().map(|skipped| format!("{field}: {skipped}")));
            }
            Err(error) => problems.push(format!("{field} cannot be read: {error}")),
        }
    }
    shown
}

impl Certificate {
    fn of(field: &'static str, certificate: &ccs_certificates::Certificate, now: SystemTime) -> Self {
        let (state, days_left) = match certificate.validity(now) {
            Validity::Valid { days_left } => ("valid", Some(days_left)),
            Validity::Expired { .. } => ("expired", None),
            Validity::NotYetValid { .. } => ("not yet valid", None),
        };
        Self {
            field,
            subject: certificate.subject(),
            names: certificate.subject_alternative_names().iter().map(ToString::to_string).collect(),
            issuer: certificate.issuer(),
            self_issued: certificate.is_self_issued(),
            ca: certificate.is_ca(),
            key: certificate.key_algorithm().to_string(),
            serial: certificate.serial_hex(),
            not_before: moment::timestamp(certificate.not_before()),
            not_after: moment::timestamp(certificate.not_after()),
            state,
            days_left,
            until: moment::date(certificate.not_after()),
        }
    }
}
