//! What works and yet may not be meant.

use std::path::PathBuf;

use ccs_certificates::{Skipped, UncheckedKey};
use ccs_files::GoDuration;
use ccs_files::connection::Notice;

use crate::error::TlsError;

/// Something about a package that a builder takes and its author hardly meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// connection.json is odd.
    #[error("connection.json: {0}")]
    Connection(Notice),
    /// TLS material that a peer will not look at.
    #[error("{}", unused(fields))]
    UnusedTls {
        /// The fields that hold it; at least one.
        fields: Vec<&'static str>,
    },
    /// `domain` where no peer looks at it.
    #[error(
        "domain has no effect: a peer uses it only from Fabric 3.0 on, with tls_required and client_auth_required"
    )]
    UnusedDomain,
    /// A dial timeout within which no connection is made.
    #[error("dial_timeout is {0}: a number counts nanoseconds; write the unit, for example \"10s\"")]
    ShortDialTimeout(GoDuration),
    /// A PEM block that does not count.
    #[error("{field}: {skipped}")]
    SkippedBlock {
        /// The field.
        field: &'static str,
        /// The block, and why it does not count.
        skipped: Skipped,
    },
    /// A root certificate that has ended, beside others that have not.
    #[error("{0}")]
    ExpiredRoot(TlsError),
    /// A certificate that has not begun.
    #[error("{field}: the certificate of {subject} is not valid yet")]
    NotYetValid {
        /// The field.
        field: &'static str,
        /// Whose certificate it is.
        subject: String,
    },
    /// A certificate that soon ends.
    #[error("{field}: the certificate of {subject} expires in {days_left} {}", days(*days_left))]
    ExpiresSoon {
        /// The field.
        field: &'static str,
        /// Whose certificate it is.
        subject: String,
        /// Whole days until then.
        days_left: u64,
    },
    /// A key that is taken without a look at its numbers.
    #[error("{field}: {key}")]
    UncheckedKey {
        /// The field.
        field: &'static str,
        /// What kind of key it is.
        key: UncheckedKey,
    },
    /// Two folders of which one is read.
    #[error("the package has META-INF and metadata; metadata is ignored")]
    TwoMetadataFolders,
    /// A hidden file, which is left out.
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
}

impl Warning {
    /// Says what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Connection(Notice::StringBoolean { .. } | Notice::UnknownKey { meant: Some(_), .. })
            | Self::ShortDialTimeout(_) => return None,
            Self::Connection(Notice::UnknownKey { meant: None, .. }) => {
                "leave the key out, or keep it if something of your own reads it"
            }
            Self::Connection(Notice::Duplicate { .. }) => "keep one of them",
            Self::UnusedTls { .. } => "set tls_required to true, or leave these fields out",
            Self::UnusedDomain => "leave domain out, or turn client authentication on",
            Self::SkippedBlock { .. } => "keep only whole certificates in the field",
            Self::ExpiredRoot(_) => "leave the old certificate out once no chaincode uses it",
            Self::NotYetValid { .. } => "compare the clocks, or wait until it begins",
            Self::ExpiresSoon { .. } => {
                "renew the certificate and package the chaincode again before it ends"
            }
            Self::UncheckedKey { .. } => "use a key on P-256 or P-384, which is checked at install",
            Self::TwoMetadataFolders => "put everything into META-INF",
            Self::Hidden { .. } | Self::OutsideStatedb { .. } => "leave the file out",
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
