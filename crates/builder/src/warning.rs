//! Warnings about a valid package.

use std::path::PathBuf;

use ccs_certificates::{Skipped, UncheckedKey};
use ccs_files::GoDuration;
use ccs_files::connection::Notice;

use crate::error::TlsError;

/// A risky or useless setting of a package that the builder accepts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// connection.json has an unusual entry.
    #[error("connection.json: {0}")]
    Connection(Notice),
    /// Certificates or keys that a peer ignores.
    #[error("{}", unused(fields))]
    UnusedTls {
        /// The fields that contain them; at least one.
        fields: Vec<&'static str>,
    },
    /// `domain` in a connection for which peers ignore it.
    #[error(
        "domain has no effect: only Fabric 3.0 and later use it, and only with tls_required and client_auth_required"
    )]
    UnusedDomain,
    /// A dial timeout within which no connection can be established.
    #[error("dial_timeout is {0}: a number counts nanoseconds; write the unit, for example \"10s\"")]
    ShortDialTimeout(GoDuration),
    /// A PEM block that is ignored.
    #[error("{field}: {skipped}")]
    SkippedBlock {
        /// The field.
        field: &'static str,
        /// The block, and the reason.
        skipped: Skipped,
    },
    /// An expired root certificate, next to others that are valid.
    #[error("{0}")]
    ExpiredRoot(TlsError),
    /// A certificate whose validity has not begun.
    #[error("{field}: the certificate of {subject} is not valid yet")]
    NotYetValid {
        /// The field.
        field: &'static str,
        /// The subject of the certificate.
        subject: String,
    },
    /// A certificate that expires soon.
    #[error("{field}: the certificate of {subject} expires in {days_left} {}", days(*days_left))]
    ExpiresSoon {
        /// The field.
        field: &'static str,
        /// The subject of the certificate.
        subject: String,
        /// The number of whole days until then.
        days_left: u64,
    },
    /// A key whose numbers are not checked.
    #[error("{field}: {key}")]
    UncheckedKey {
        /// The field.
        field: &'static str,
        /// The kind of key.
        key: UncheckedKey,
    },
    /// Both META-INF and `metadata` exist, but only META-INF is read.
    #[error("the package has META-INF and metadata; metadata is ignored")]
    TwoMetadataFolders,
    /// A hidden file, which is ignored.
    #[error("META-INF/{} is hidden and ignored", path.display())]
    Hidden {
        /// The file, below META-INF.
        path: PathBuf,
    },
    /// A file that is not released.
    #[error("META-INF/{} is not in statedb; no peer reads it", path.display())]
    OutsideStatedb {
        /// The file, below META-INF.
        path: PathBuf,
    },
    /// A file in `statedb` that is not an index, and is not released.
    #[error("META-INF/{} is not an index, so it is left out", path.display())]
    NotAnIndex {
        /// The file, below META-INF.
        path: PathBuf,
    },
}

impl Warning {
    /// Returns what to do about the warning.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Connection(Notice::StringBoolean { .. } | Notice::UnknownKey { meant: Some(_), .. })
            | Self::ShortDialTimeout(_) => return None,
            Self::Connection(Notice::UnknownKey { meant: None, .. }) => {
                "remove the key, unless a program of yours reads it"
            }
            Self::Connection(Notice::Duplicate { .. }) => "keep one of them",
            Self::UnusedTls { .. } => "set tls_required to true, or remove these fields",
            Self::UnusedDomain => "remove domain, or enable client authentication",
            Self::SkippedBlock { .. } => "keep only whole certificates in the field",
            Self::ExpiredRoot(_) => "remove the old certificate once no chaincode uses it",
            Self::NotYetValid { .. } => "check the clocks, or wait until the certificate becomes valid",
            Self::ExpiresSoon { .. } => {
                "renew the certificate and package the chaincode again before it expires"
            }
            Self::UncheckedKey { .. } => "use a key on P-256 or P-384, which is checked at install",
            Self::TwoMetadataFolders => "put everything into META-INF",
            Self::Hidden { .. } | Self::OutsideStatedb { .. } | Self::NotAnIndex { .. } => "remove the file",
        };
        Some(hint.to_owned())
    }
}

fn unused(fields: &[&str]) -> String {
    let (verb, these) = if fields.len() == 1 { ("is", "it") } else { ("are", "them") };
    format!(
        "{} {verb} given and tls_required is false: the peer will ignore {these} and connect in plaintext",
        fields.join(", ")
    )
}

fn days(count: u64) -> &'static str {
    if count == 1 { "day" } else { "days" }
}
