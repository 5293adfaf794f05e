//! Trust bundles: `root_cert` of a connection.json, as `x509.CertPool.AppendCertsFromPEM` reads it.

use std::fmt;

use crate::{
    certificate::Certificate,
    error::CertificateError,
    not_pem::NotPem,
    pem::{self, Block},
    shown::{shown_bytes, shown_labels},
};

/// The certificates of a bundle, and the blocks that a peer silently ignores.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// The certificates in their order; at least one.
    pub certificates: Vec<Certificate>,
    /// The ignored blocks.
    pub skipped: Vec<Skipped>,
}

/// A PEM block that a peer ignores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The number of the block, starting at one.
    pub block: usize,
    /// The reason.
    pub reason: SkipReason,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PEM block {} is ignored: {}", self.block, self.reason)
    }
}

/// The reason why a peer ignores a block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SkipReason {
    /// The label is not `CERTIFICATE`.
    #[error("its label is \"{label}\"")]
    OtherLabel {
        /// The label.
        label: String,
    },
    /// There are header lines between the BEGIN line and the data.
    #[error("it has header lines, and Go ignores certificates with headers")]
    Headers,
    /// The certificate cannot be parsed.
    #[error("{0}")]
    Unreadable(CertificateError),
}

/// The reason why a bundle contains no usable certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// There is no PEM block.
    #[error("{}", .0.after("there is no PEM block in it"))]
    NoPemBlock(NotPem),
    /// There are PEM blocks, but no certificates.
    #[error("it holds no certificate, only {}", shown_labels(labels))]
    OnlyOtherBlocks {
        /// The labels found.
        labels: Vec<String>,
    },
    /// There are certificates, but none of them can be used.
    #[error("none of its {certificates} certificates can be used; the first: {first}")]
    NothingParsed {
        /// The number of certificate blocks.
        certificates: usize,
        /// The reason why the first of them is ignored.
        first: SkipReason,
    },
}

impl BundleError {
    /// Returns what to do about the error.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoPemBlock(found) => Some(found.hint("CERTIFICATE", "--root-cert")),
            Self::OnlyOtherBlocks { labels } if labels.iter().any(|label| label.ends_with("PRIVATE KEY")) => {
                Some("this is a private key; insert the certificate of the authority that issued the chaincode's \
                      certificate"
                    .to_owned())
            }
            Self::OnlyOtherBlocks { .. } => {
                Some("the label must be CERTIFICATE; `openssl x509 -in FILE` prints the certificate with that label".to_owned())
            }
            Self::NothingParsed { first: SkipReason::Unreadable(error), .. } => error.hint(),
            Self::NothingParsed { .. } => {
                Some("remove the lines between the BEGIN line and the data".to_owned())
            }
        }
    }
}

/// Parses a bundle of root certificates. Fails where Go's `AppendCertsFromPEM` returns false.
pub fn read_bundle(pem: &[u8]) -> Result<Bundle, BundleError> {
    let mut certificates = Vec::new();
    let mut skipped = Vec::new();
    for (index, block) in pem::blocks(pem).enumerate() {
        match read_block(&block) {
            Ok(certificate) => certificates.push(certificate),
            Err(reason) => skipped.push(Skipped { block: index + 1, reason }),
        }
    }
    if certificates.is_empty() { Err(explain(pem, skipped)) } else { Ok(Bundle { certificates, skipped }) }
}

fn read_block(block: &Block<'_>) -> Result<Certificate, SkipReason> {
    if !block.is_certificate() {
        return Err(SkipReason::OtherLabel { label: shown_bytes(block.label) });
    }
    if !block.headers.is_empty() {
        return Err(SkipReason::Headers);
    }
    Certificate::from_der(&block.data).map_err(SkipReason::Unreadable)
}

fn explain(pem: &[u8], skipped: Vec<Skipped>) -> BundleError {
    let mut labels = Vec::new();
    let mut unusable = Vec::new();
    for Skipped { reason, .. } in skipped {
        match reason {
            SkipReason::OtherLabel { label } => labels.push(label),
            reason => unusable.push(reason),
        }
    }
    let certificates = unusable.len();
    match unusable.into_iter().next() {
        Some(first) => BundleError::NothingParsed { certificates, first },
        None if labels.is_empty() => BundleError::NoPemBlock(NotPem::of(pem)),
        None => BundleError::OnlyOtherBlocks { labels },
    }
}
