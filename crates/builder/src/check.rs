//! Checks at install time for faults that a peer would report only when it launches the chaincode.

use std::time::SystemTime;

use ccs_certificates::{Certificate, UncheckedKey, Validity, read_bundle, read_key_pair};
use ccs_files::connection::DialTimeout;
use ccs_files::{Address, Connection};

pub use crate::error::TlsError;
use crate::limits::MAX_CONNECTION;
use crate::{Error, Warning};

/// The number of days before its expiry at which a certificate causes a warning.
pub const EXPIRY_WARNING_DAYS: u64 = 30;

/// Checks a rendered connection, normalizes its dial timeout, and adds warnings.
pub fn check(connection: &mut Connection, now: SystemTime, warnings: &mut Vec<Warning>) -> Result<(), Error> {
    check_address(connection)?;
    check_dial_timeout(connection, warnings)?;
    check_roots(connection, now, warnings)?;
    check_client(connection, now, warnings)
}

/// Checks that the connection.json of the build does not exceed the limit for packages, because `release`
/// reads it again.
pub fn check_size(connection: &Connection) -> Result<(), Error> {
    let size = connection.to_json().len() as u64;
    if size > MAX_CONNECTION { Err(Error::RenderedTooLarge { size }) } else { Ok(()) }
}

/// Checks that a peer can dial the address.
pub fn check_address(connection: &Connection) -> Result<(), Error> {
    connection.address.parse::<Address>().map(drop).map_err(Error::Address)
}

/// Checks the dial timeout and normalizes it.
pub fn check_dial_timeout(connection: &mut Connection, warnings: &mut Vec<Warning>) -> Result<(), Error> {
    let Some(timeout) = connection.dial_timeout.take() else { return Ok(()) };
    let duration = timeout.duration().map_err(Error::DialTimeout)?;
    if duration.nanoseconds() < 0 {
        return Err(Error::NegativeDialTimeout(duration));
    }
    // No connection is established within a millisecond: the author probably meant another unit.
    if (1..1_000_000).contains(&duration.nanoseconds()) {
        warnings.push(Warning::ShortDialTimeout(duration));
    }
    connection.dial_timeout = Some(DialTimeout::Nanoseconds(duration));
    Ok(())
}

/// Checks the root certificates of a TLS connection.
pub fn check_roots(
    connection: &Connection,
    now: SystemTime,
    warnings: &mut Vec<Warning>,
) -> Result<(), Error> {
    if connection.tls_required { roots(connection, now, warnings).map_err(Error::Tls) } else { Ok(()) }
}

/// Checks the client certificate that the peer presents, and whether `domain` has an effect.
pub fn check_client(
    connection: &Connection,
    now: SystemTime,
    warnings: &mut Vec<Warning>,
) -> Result<(), Error> {
    if connection.tls_required && connection.client_auth_required {
        return client(connection, now, warnings).map_err(Error::Tls);
    }
    if !connection.domain.is_empty() {
        warnings.push(Warning::UnusedDomain);
    }
    Ok(())
}

fn roots(connection: &Connection, now: SystemTime, warnings: &mut Vec<Warning>) -> Result<(), TlsError> {
    let field = "root_cert";
    if connection.root_cert.is_empty() {
        return Err(TlsError::NoRootCert);
    }
    let bundle = read_bundle(connection.root_cert.as_bytes()).map_err(TlsError::RootCert)?;
    warnings.extend(bundle.skipped.into_iter().map(|skipped| Warning::SkippedBlock { field, skipped }));
    warnings.extend(unchecked(field, bundle.certificates.iter().find_map(Certificate::unchecked_key)));
    let mut expired = Vec::new();
    for certificate in &bundle.certificates {
        match validity(field, certificate, now) {
            Ok(warning) => warnings.extend(warning),
            Err(error) => expired.push(error),
        }
    }
    // A bundle may keep an old root next to the new one during a renewal.
    if expired.len() < bundle.certificates.len() {
        warnings.extend(expired.into_iter().map(Warning::ExpiredRoot));
        return Ok(());
    }
    expired.into_iter().next().map_or(Ok(()), Err)
}

fn client(connection: &Connection, now: SystemTime, warnings: &mut Vec<Warning>) -> Result<(), TlsError> {
    let field = "client_cert";
    if connection.client_key.is_empty() {
        return Err(TlsError::NoClientKey);
    }
    if connection.client_cert.is_empty() {
        return Err(TlsError::NoClientCert);
    }
    let pair = read_key_pair(connection.client_cert.as_bytes(), connection.client_key.as_bytes())
        .map_err(TlsError::KeyPair)?;
    warnings.extend(pair.skipped.into_iter().map(|skipped| Warning::SkippedBlock { field, skipped }));
    warnings.extend(unchecked("client_key", pair.unchecked));
    warnings.extend(unchecked(field, pair.chain.iter().find_map(Certificate::unchecked_key)));
    for certificate in &pair.chain {
        warnings.extend(validity(field, certificate, now)?);
    }
    Ok(())
}

fn unchecked(field: &'static str, key: Option<UncheckedKey>) -> Option<Warning> {
    key.map(|key| Warning::UncheckedKey { field, key })
}

/// Returns a warning for a certificate that expires soon or is not valid yet, and an error for an expired
/// one.
fn validity(
    field: &'static str,
    certificate: &Certificate,
    now: SystemTime,
) -> Result<Option<Warning>, TlsError> {
    let subject = certificate.subject();
    match certificate.validity(now) {
        Validity::Expired { since } => {
            let for_time = now.duration_since(since).unwrap_or_default();
            Err(TlsError::Expired { field, subject, for_time })
        }
        Validity::NotYetValid { .. } => Ok(Some(Warning::NotYetValid { field, subject })),
        Validity::Valid { days_left } if days_left < EXPIRY_WARNING_DAYS => {
            Ok(Some(Warning::ExpiresSoon { field, subject, days_left }))
        }
        Validity::Valid { .. } => Ok(None),
    }
}

/// Warns about certificates and keys that a peer ignores; takes the connection as packaged.
#[must_use]
pub fn unused_tls(package: &Connection) -> Option<Warning> {
    let fields = [
        ("client_auth_required", package.client_auth_required),
        ("root_cert", !package.root_cert.is_empty()),
        ("client_key", !package.client_key.is_empty()),
        ("client_cert", !package.client_cert.is_empty()),
    ];
    let given: Vec<&str> = fields.into_iter().filter(|(_, given)| *given).map(|(field, _)| field).collect();
    (!package.tls_required && !given.is_empty()).then_some(Warning::UnusedTls { fields: given })
}
