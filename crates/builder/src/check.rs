//! What a peer would only find when it launches the chaincode, found when the package is installed.

use std::time::{Duration, SystemTime};

use ccs_certificates::{BundleError, Certificate, KeyPairError, Validity, read_bundle, read_key_pair};
use ccs_files::connection::DialTimeout;
use ccs_files::{Address, Connection, GoDuration};

use crate::Error;

/// A certificate that ends within this many days is warned about.
pub const EXPIRY_WARNING_DAYS: u64 = 30;

/// Certificates or keys of a connection are missing or unusable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// `tls_required` without `root_cert`.
    #[error("tls_required is true and root_cert is missing")]
    NoRootCert,
    /// `client_auth_required` without `client_key`.
    #[error("client_auth_required is true and client_key is missing")]
    NoClientKey,
    /// `client_auth_required` without `client_cert`.
    #[error("client_auth_required is true and client_cert is missing")]
    NoClientCert,
    /// No certificate can be read from `root_cert`.
    #[error("root_cert cannot be used: {0}")]
    RootCert(BundleError),
    /// `client_cert` and `client_key` cannot be used together.
    #[error("client_cert and client_key cannot be used: {0}")]
    KeyPair(KeyPairError),
    /// A certificate has ended, and no other can take its place.
    #[error("{field}: the certificate of {subject} expired {}", ago(*for_time))]
    Expired {
        /// The field.
        field: &'static str,
        /// Whose certificate it is.
        subject: String,
        /// How long ago it ended.
        for_time: Duration,
    },
}

impl TlsError {
    /// Says what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoRootCert => {
                Some("put the PEM text of the CA that issued the chaincode's certificate into root_cert".to_owned())
            }
            Self::NoClientKey | Self::NoClientCert => Some(
                "put the PEM text of the peer's client certificate and of its key into client_cert and client_key"
                    .to_owned(),
            ),
            Self::RootCert(error) => error.hint(),
            Self::KeyPair(error) => error.hint(),
            Self::Expired { .. } => Some("renew the certificate and package the chaincode again".to_owned()),
        }
    }
}

fn ago(time: Duration) -> String {
    match time.as_secs() / 86_400 {
        0 => "less than a day ago".to_owned(),
        1 => "1 day ago".to_owned(),
        days => format!("{days} days ago"),
    }
}

/// Checks a rendered connection, brings its dial timeout into one form, and adds what should be warned about.
pub fn check(connection: &mut Connection, now: SystemTime, warnings: &mut Vec<String>) -> Result<(), Error> {
    connection.address.parse::<Address>().map_err(Error::Address)?;
    if let Some(timeout) = connection.dial_timeout.take() {
        let duration = dial_timeout(&timeout)?;
        connection.dial_timeout = Some(DialTimeout::Nanoseconds(duration));
        warnings.extend(short_timeout(duration));
    }
    if connection.tls_required {
        check_roots(connection, now, warnings).map_err(Error::Tls)?;
    }
    if connection.tls_required && connection.client_auth_required {
        check_client(connection, now, warnings).map_err(Error::Tls)?;
    } else if !connection.domain.is_empty() {
        warnings.push(
            "domain has no effect: a peer uses it only from Fabric 3.0 on, with tls_required and client_auth_required"
                .to_owned(),
        );
    }
    Ok(())
}

fn dial_timeout(timeout: &DialTimeout) -> Result<GoDuration, Error> {
    let duration = timeout.duration().map_err(Error::DialTimeout)?;
    if duration.nanoseconds() < 0 { Err(Error::NegativeDialTimeout(duration)) } else { Ok(duration) }
}

/// No connection is made within a microsecond: the number was probably meant in another unit.
fn short_timeout(duration: GoDuration) -> Option<String> {
    (1..1_000_000).contains(&duration.nanoseconds()).then(|| {
        format!(
            "dial_timeout is {duration}: a number counts nanoseconds; write the unit, for example \"10s\""
        )
    })
}

fn check_roots(connection: &Connection, now: SystemTime, warnings: &mut Vec<String>) -> Result<(), TlsError> {
    if connection.root_cert.is_empty() {
        return Err(TlsError::NoRootCert);
    }
    let bundle = read_bundle(connection.root_cert.as_bytes()).map_err(TlsError::RootCert)?;
    warnings.extend(bundle.skipped.iter().map(|skipped| format!("root_cert: {skipped}")));
    let mut expired = Vec::new();
    for certificate in &bundle.certificates {
        match validity("root_cert", certificate, now) {
            Ok(warning) => warnings.extend(warning),
            Err(error) => expired.push(error),
        }
    }
    // A bundle may keep an old root beside the new one while certificates are being renewed.
    if expired.len() < bundle.certificates.len() {
        warnings.extend(expired.iter().map(ToString::to_string));
        return Ok(());
    }
    expired.into_iter().next().map_or(Ok(()), Err)
}

fn check_client(
    connection: &Connection,
    now: SystemTime,
    warnings: &mut Vec<String>,
) -> Result<(), TlsError> {
    if connection.client_key.is_empty() {
        return Err(TlsError::NoClientKey);
    }
    if connection.client_cert.is_empty() {
        return Err(TlsError::NoClientCert);
    }
    let pair = read_key_pair(connection.client_cert.as_bytes(), connection.client_key.as_bytes())
        .map_err(TlsError::KeyPair)?;
    warnings.extend(pair.skipped.iter().map(|skipped| format!("client_cert: {skipped}")));
    for certificate in &pair.chain {
        warnings.extend(validity("client_cert", certificate, now)?);
    }
    Ok(())
}

/// Gives a warning for a certificate that soon ends or has not begun; one that has ended is an error.
fn validity(
    field: &'static str,
    certificate: &Certificate,
    now: SystemTime,
) -> Result<Option<String>, TlsError> {
    let subject = certificate.subject();
    match certificate.validity(now) {
        Validity::Expired { since } => {
            let for_time = now.duration_since(since).unwrap_or_default();
            Err(TlsError::Expired { field, subject, for_time })
        }
        Validity::NotYetValid { .. } => {
            Ok(Some(format!("{field}: the certificate of {subject} is not valid yet")))
        }
        Validity::Valid { days_left } if days_left < EXPIRY_WARNING_DAYS => {
            let days = if days_left == 1 { "day" } else { "days" };
            Ok(Some(format!("{field}: the certificate of {subject} expires in {days_left} {days}")))
        }
        Validity::Valid { .. } => Ok(None),
    }
}

/// Warns about TLS material that a peer will not look at; for a connection as packaged.
#[must_use]
pub fn unused_tls(package: &Connection) -> Option<String> {
    let fields = [
        ("client_auth_required", package.client_auth_required),
        ("root_cert", !package.root_cert.is_empty()),
        ("client_key", !package.client_key.is_empty()),
        ("client_cert", !package.client_cert.is_empty()),
    ];
    let given: Vec<&str> = fields.into_iter().filter(|(_, given)| *given).map(|(field, _)| field).collect();
    (!package.tls_required && !given.is_empty()).then(|| {
        let (verb, these) = if given.len() == 1 { ("is", "it") } else { ("are", "them") };
        format!(
            "{} {verb} given and tls_required is false: the peer will ignore {these} and connect in plaintext",
            given.join(", ")
        )
    })
}
