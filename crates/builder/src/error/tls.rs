//! Errors in the certificates or keys of a connection.

use std::time::Duration;

use ccs_certificates::{BundleError, KeyPairError};

/// The reason why the certificates or keys of a connection cannot be used.
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
    /// A certificate has expired, and there is no valid one.
    #[error("{field}: the certificate of {subject} expired {}", ago(*for_time))]
    Expired {
        /// The field.
        field: &'static str,
        /// The subject of the certificate.
        subject: String,
        /// The time since its expiry.
        for_time: Duration,
    },
}

impl TlsError {
    /// Returns what to do about the error.
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
