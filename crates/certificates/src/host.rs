//! Matching of host names against a certificate, by the rules of Go's `Certificate.VerifyHostname`.

use std::net::IpAddr;

use crate::certificate::{Certificate, SubjectAlternativeName};

/// Returns whether the subject alternative names cover `host`: a name, or an address with or without brackets.
///
/// The common name is not used. A wildcard matches exactly one whole first label, and case does not matter. An address
/// is compared only with address entries.
#[must_use]
pub fn host_matches(cert: &Certificate, host: &str) -> bool {
    let unbracketed = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    let names = cert.subject_alternative_names();
    if let Ok(address) = unbracketed.parse::<IpAddr>() {
        return names.iter().any(|name| {
            matches!(name, SubjectAlternativeName::Ip(ip) if ip.to_canonical() == address.to_canonical())
        });
    }
    names
        .iter()
        .any(|name| matches!(name, SubjectAlternativeName::Dns(pattern) if name_matches(pattern, host)))
}

fn name_matches(pattern: &str, host: &str) -> bool {
    let bare = host.strip_suffix('.').unwrap_or(host);
    if !(is_host_name(bare, false) && is_host_name(pattern, true)) {
        // Invalid host names still match themselves.
        return ![pattern, host].iter().any(|name| matches!(*name, "" | "."))
            && pattern.eq_ignore_ascii_case(host);
    }
    let mut wanted = bare.split('.');
    let mut given = pattern.split('.');
    let first = given.next().zip(wanted.next());
    first.is_some_and(|(given, wanted)| given == "*" || given.eq_ignore_ascii_case(wanted))
        && given.map(str::to_ascii_lowercase).eq(wanted.map(str::to_ascii_lowercase))
}

/// Returns whether `name` consists of host name labels; a pattern may start with the label `*` if more labels follow.
fn is_host_name(name: &str, is_pattern: bool) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    name != "*"
        && name.split('.').enumerate().all(|(index, label)| {
            let is_wildcard = is_pattern && index == 0 && label == "*";
            let is_label = !label.is_empty() && !label.starts_with('-') && label.bytes().all(allowed);
            is_wildcard || is_label
        })
}
