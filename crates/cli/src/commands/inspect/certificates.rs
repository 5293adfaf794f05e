//! The certificates of a connection, as facts to show.

use std::time::SystemTime;

use ccs_builder::render::is_template;
use ccs_certificates::{Certificate, Validity, read_bundle};
use ccs_files::Connection;
use serde::Serialize;

use crate::moment;

/// One certificate.
#[derive(Serialize)]
pub(super) struct Shown {
    /// The field of connection.json that holds it.
    pub(super) field: &'static str,
    pub(super) subject: String,
    /// Subject alternative names, as openssl writes them.
    pub(super) names: Vec<String>,
    pub(super) issuer: String,
    pub(super) self_issued: bool,
    pub(super) ca: bool,
    /// The public key's algorithm.
    pub(super) key: String,
    pub(super) serial: String,
    pub(super) not_before: String,
    pub(super) not_after: String,
    /// `valid`, `expired` or `not yet valid`.
    pub(super) state: &'static str,
    /// Whole days until the end, while it is valid.
    pub(super) days_left: Option<u64>,
    #[serde(skip)]
    pub(super) until: String,
}

/// Reads the certificates; what cannot be read is added to `problems`. Templates are left alone.
pub(super) fn of(connection: &Connection, now: SystemTime, problems: &mut Vec<String>) -> Vec<Shown> {
    let mut shown = Vec::new();
    for (field, pem) in [("root_cert", &connection.root_cert), ("client_cert", &connection.client_cert)] {
        if pem.is_empty() || is_template(pem) {
            continue;
        }
        match read_bundle(pem.as_bytes()) {
            Ok(bundle) => {
                shown
                    .extend(bundle.certificates.iter().map(|certificate| Shown::of(field, certificate, now)));
                problems.extend(bundle.skipped.iter().map(|skipped| format!("{field}: {skipped}")));
            }
            Err(error) => problems.push(format!("{field} cannot be read: {error}")),
        }
    }
    shown
}

impl Shown {
    fn of(field: &'static str, certificate: &Certificate, now: SystemTime) -> Self {
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
