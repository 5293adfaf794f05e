//! Trust bundles: `root_cert` of a connection.json, as `x509.CertPool.AppendCertsFromPEM` reads it.

use std::fmt;

use crate::{
    certificate::Certificate,
    error::CertificateError,
    pem::{self, Block},
    shown::{shown_bytes, shown_labels},
};

/// The certificates of a bundle, and the blocks a peer passes over in silence.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// The certificates in their order; at least one.
    pub certificates: Vec<Certificate>,
    /// Blocks that do not count.
    pub skipped: Vec<Skipped>,
}

/// A PEM block that a peer passes over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The number of the block, from one.
    pub block: usize,
    /// Why it does not count.
    pub reason: SkipReason,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PEM block {} does not count: {}", self.block, self.reason)
    }
}

/// Why a block does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SkipReason {
    /// The label is not `CERTIFICATE`.
    #[error("its label is \"{label}\"")]
    OtherLabel {
        /// The label.
        label: String,
    },
    /// Header lines stand between the BEGIN line and the data.
    #[error("it has header lines, with which Go ignores a certificate")]
    Headers,
    /// The certificate cannot be read.
    #[error("{0}")]
    Unreadable(CertificateError),
}

/// Why a bundle holds no usable certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// There is no PEM block at all.
    #[error("there is no PEM block in it")]
    NoPemBlock,
    /// There are PEM blocks, but no certificates.
    #[error("it holds no certificate, only {}", shown_labels(labels))]
    OnlyOtherBlocks {
        /// The labels found.
        labels: Vec<String>,
    },
    /// There are certificates, and none can be used.
    #[error("none of its {certificates} certificates can be used, the first since {first}")]
    NothingParsed {
        /// The count of certificate blocks.
        certificates: usize,
        /// Why the first of them does not count.
        first: SkipReason,
    },
}

impl BundleError {
    /// Returns the next thing to do.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoPemBlock => Some(
                "put in the text from \"-----BEGIN CERTIFICATE-----\" to \"-----END CERTIFICATE-----\" with its \
                 line breaks (\\n in JSON); a file name is not read"
                    .to_owned(),
            ),
            Self::OnlyOtherBlocks { labels } if labels.iter().any(|label| label.ends_with("PRIVATE KEY")) => {
                Some("a private key was given; put in the certificate of the authority that issued the chaincode's \
                      certificate"
                    .to_owned())
            }
            Self::OnlyOtherBlocks { .. } => {
                Some("the label must be CERTIFICATE; `openssl x509 -in FILE` writes it so".to_owned())
            }
            Self::NothingParsed { first: SkipReason::Unreadable(error), .. } => error.hint(),
            Self::NothingParsed { .. } => {
                Some("remove the lines between the BEGIN line and the data".to_owned())
            }
        }
    }
}

/// Reads a bundle of root certificates. It is an error where Go's `AppendCertsFromPEM` gives false.
pub fn read_bundle(pem: &[u8]) -> Result<Bundle, BundleError> {
    let mut certificates = Vec::new();
    let mut skipped = Vec::new();
    for (index, block) in pem::blocks(pem).enumerate() {
        match read_block(&block) {
            Ok(certificate) => certificates.push(certificate),
            Err(reason) => skipped.push(Skipped { block: index + 1, reason }),
        }
    }
    if certificates.is_empty() { Err(explain(skipped)) } else { Ok(Bundle { certificates, skipped }) }
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

fn explain(skipped: Vec<Skipped>) -> BundleError {
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
        None if labels.is_empty() => BundleError::NoPemBlock,
        None => BundleError::OnlyOtherBlocks { labels },
    }
}
