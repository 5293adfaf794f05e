//! The differences of two connections, without secrets.

use ccs_certificates::{Certificate, read_bundle};
use ccs_files::Connection;
use ccs_files::connection::DialTimeout;
use ccs_report::moment;
use serde::Serialize;

/// The number of certificates of a field that are shown.
const SHOWN: usize = 4;

/// A field with different values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The field.
    pub field: String,
    /// The former value; [`None`] if there was none.
    pub before: Option<String>,
    /// The new value.
    pub after: Option<String>,
}

/// Returns the fields that differ, in the order of the documentation.
pub(super) fn between(before: &Connection, after: &Connection) -> Vec<Change> {
    let text = |value: &str| (!value.is_empty()).then(|| value.to_owned());
    let key = |value: &str| (!value.is_empty()).then(|| "[redacted]".to_owned());
    let timeout = |connection: &Connection| match &connection.dial_timeout {
        Some(DialTimeout::Text(text)) => Some(text.clone()),
        Some(DialTimeout::Nanoseconds(duration)) => Some(duration.to_string()),
        None => None,
    };
    let flag = |value: bool| Some(value.to_string());
    let both = [before, after];
    let mut changes = Vec::new();
    let mut note = |field: &str, differs: bool, values: [Option<String>; 2]| {
        if differs {
            let [before, after] = values;
            changes.push(Change { field: field.to_owned(), before, after });
        }
    };
    note("address", before.address != after.address, both.map(|it| text(&it.address)));
    note("domain", before.domain != after.domain, both.map(|it| text(&it.domain)));
    note("dial_timeout", timeout(before) != timeout(after), both.map(timeout));
    note("tls_required", before.tls_required != after.tls_required, both.map(|it| flag(it.tls_required)));
    let flags = both.map(|it| flag(it.client_auth_required));
    note("client_auth_required", before.client_auth_required != after.client_auth_required, flags);
    note("root_cert", before.root_cert != after.root_cert, both.map(|it| certificates(&it.root_cert)));
    note(
        "client_cert",
        before.client_cert != after.client_cert,
        both.map(|it| certificates(&it.client_cert)),
    );
    note("client_key", before.client_key != after.client_key, both.map(|it| key(&it.client_key)));
    changes.extend(others(before, after));
    changes
}

/// Returns the differences of keys that no peer reads. Their values may be secrets.
fn others(before: &Connection, after: &Connection) -> Vec<Change> {
    let value = |connection: &Connection, key: &str| {
        connection.extra.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone())
    };
    let removed = before.extra.iter().filter(|(key, _)| value(after, key).is_none());
    let keys = after.extra.iter().chain(removed).map(|(key, _)| key);
    let shown = |value: Option<Vec<u8>>| {
        value.map(|value| match value.len() {
            1 => "1 byte".to_owned(),
            count => format!("{count} bytes"),
        })
    };
    keys.filter_map(|key| {
        let (old, new) = (value(before, key), value(after, key));
        (old != new).then(|| Change { field: key.clone(), before: shown(old), after: shown(new) })
    })
    .collect()
}

/// Describes the certificates of a field; [`None`] if it is empty.
fn certificates(pem: &str) -> Option<String> {
    if pem.is_empty() {
        return None;
    }
    let Ok(bundle) = read_bundle(pem.as_bytes()) else {
        return Some(format!("{} bytes without a certificate", pem.len()));
    };
    let mut shown: Vec<String> = bundle.certificates.iter().take(SHOWN).map(describe).collect();
    let more = bundle.certificates.len().saturating_sub(SHOWN);
    if more > 0 {
        shown.push(format!("and {more} more"));
    }
    Some(shown.join("; "))
}

fn describe(certificate: &Certificate) -> String {
    let serial: String = certificate.serial_hex().chars().take(8).collect();
    format!("{} (serial {serial}, until {})", certificate.subject(), moment::date(certificate.not_after()))
}
