//! A client certificate with its private key, as `tls.X509KeyPair` reads `client_cert` and `client_key`.

use crate::{
    bundle::{SkipReason, Skipped},
    certificate::Certificate,
    curve::Curve,
    error::CertificateError,
    not_pem::NotPem,
    pem::{self, Block},
    private_key::{self, PrivateKeyError},
    public_half::{PublicHalf, UncheckedKey},
    public_key::{KeyAlgorithm, PublicKey},
    shown::{shown_bytes, shown_labels},
};

/// A certificate chain whose first certificate matches the given private key.
///
/// The private key itself is not kept.
#[derive(Debug, Clone)]
pub struct KeyPair {
    /// The certificates, the client's own first.
    pub chain: Vec<Certificate>,
    /// Certificates after the first that cannot be parsed. Go sends them nevertheless.
    pub skipped: Vec<Skipped>,
    /// The reason why the private key was not compared with the certificate, if it was not.
    pub unchecked: Option<UncheckedKey>,
}

/// The reason why a peer cannot use a certificate with a private key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyPairError {
    /// The certificate text contains no PEM block.
    #[error("{}", .0.after("there is no PEM block in the client certificate"))]
    NoPemInCertificate(NotPem),
    /// The certificate text contains only other blocks.
    #[error("the client certificate holds no certificate, only {}", shown_labels(labels))]
    NoCertificate {
        /// The labels found.
        labels: Vec<String>,
    },
    /// The first certificate cannot be read.
    #[error("the client certificate cannot be read: {0}")]
    UnreadableCertificate(CertificateError),
    /// The key text contains no PEM block.
    #[error("{}", .0.after("there is no PEM block in the client key"))]
    NoPemInKey(NotPem),
    /// The key text contains only other blocks.
    #[error("the client key holds no private key, only {}", shown_labels(labels))]
    NoPrivateKey {
        /// The labels found.
        labels: Vec<String>,
    },
    /// The certificate and the key are swapped.
    #[error("client certificate and client key are swapped")]
    Swapped,
    /// The key cannot be used.
    #[error("the client key cannot be used: {0}")]
    UnusableKey(PrivateKeyError),
    /// Go's TLS does not support the algorithm of the certificate's public key.
    #[error("the client certificate is for a key that TLS cannot use ({0})")]
    UnsupportedCertificateKey(KeyAlgorithm),
    /// The certificate and the key have different algorithms or curves.
    #[error("the client key ({key}) and the client certificate ({certificate}) have different algorithms")]
    AlgorithmMismatch {
        /// The certificate's algorithm.
        certificate: KeyAlgorithm,
        /// The key's algorithm.
        key: KeyAlgorithm,
    },
    /// The certificate and the key have the same algorithm but do not match.
    #[error("the client key does not belong to the client certificate")]
    Mismatch,
}

impl KeyPairError {
    /// Returns what to do about the error.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::UnreadableCertificate(error) => return error.hint(),
            Self::UnusableKey(error) => return error.hint(),
            Self::NoPemInCertificate(found) => return Some(found.hint("CERTIFICATE", "--client-cert")),
            Self::NoPemInKey(found) => return Some(found.hint("PRIVATE KEY", "--client-key")),
            Self::NoCertificate { .. } => "client_cert takes blocks with the label CERTIFICATE",
            Self::NoPrivateKey { labels } if labels.iter().any(|label| label == "CERTIFICATE") => {
                "client_key takes the private key that belongs to the certificate in client_cert"
            }
            Self::NoPrivateKey { .. } => "client_key takes a block whose label ends in PRIVATE KEY",
            Self::Swapped => "exchange the values of client_cert and client_key",
            Self::UnsupportedCertificateKey(_) => "use a certificate for an ECDSA key on P-256 or P-384",
            Self::AlgorithmMismatch { .. } | Self::Mismatch => {
                "the first certificate in client_cert must be the one issued for client_key; compare \
                 `openssl x509 -in CERT -noout -pubkey` with `openssl pkey -in KEY -pubout`"
            }
        };
        Some(hint.to_owned())
    }
}

/// Parses a certificate chain and its private key. Fails where Go's `tls.X509KeyPair` fails, except for the numbers of
/// an [`UncheckedKey`].
pub fn read_key_pair(cert_pem: &[u8], key_pem: &[u8]) -> Result<KeyPair, KeyPairError> {
    let blocks = certificate_blocks(cert_pem);
    let Some(((_, leaf), others)) = blocks.split_first() else {
        return Err(no_certificate(cert_pem, key_pem));
    };
    let key = pem::blocks(key_pem).find(Block::is_private_key).ok_or_else(|| no_private_key(key_pem))?;
    let leaf = Certificate::from_der(leaf).map_err(KeyPairError::UnreadableCertificate)?;
    let half = public_half(&key).map_err(KeyPairError::UnusableKey)?;
    compare(leaf.public_key(), &half)?;

    let mut pair = KeyPair { chain: vec![leaf], skipped: Vec::new(), unchecked: half.unchecked };
    for (block, der) in others {
        match Certificate::from_der(der) {
            Ok(certificate) => pair.chain.push(certificate),
            Err(error) => {
                pair.skipped.push(Skipped { block: *block, reason: SkipReason::Unreadable(error) });
            }
        }
    }
    Ok(pair)
}

/// Returns the DER of each certificate with the number of its block.
fn certificate_blocks(pem: &[u8]) -> Vec<(usize, Vec<u8>)> {
    let blocks = pem::blocks(pem).zip(1..).filter(|(block, _)| block.is_certificate());
    blocks.map(|(block, number)| (number, block.data)).collect()
}

fn labels(pem: &[u8]) -> Vec<String> {
    pem::blocks(pem).map(|block| shown_bytes(block.label)).collect()
}

fn no_certificate(cert_pem: &[u8], key_pem: &[u8]) -> KeyPairError {
    let holds_key = pem::blocks(cert_pem).any(|block| block.is_private_key());
    let labels = labels(cert_pem);
    if holds_key && pem::blocks(key_pem).any(|block| block.is_certificate()) {
        KeyPairError::Swapped
    } else if labels.is_empty() {
        KeyPairError::NoPemInCertificate(NotPem::of(cert_pem))
    } else {
        KeyPairError::NoCertificate { labels }
    }
}

fn no_private_key(key_pem: &[u8]) -> KeyPairError {
    let labels = labels(key_pem);
    if labels.is_empty() {
        KeyPairError::NoPemInKey(NotPem::of(key_pem))
    } else {
        KeyPairError::NoPrivateKey { labels }
    }
}

/// Go tries to parse the data first; encryption is only reported as the reason of a failure.
fn public_half(key: &Block<'_>) -> Result<PublicHalf, PrivateKeyError> {
    private_key::public_half(&key.data)
        .map_err(|error| if key.is_encrypted() { PrivateKeyError::Encrypted } else { error })
}

fn compare(certificate: &PublicKey, half: &PublicHalf) -> Result<(), KeyPairError> {
    let key = &half.key;
    // For P-224, there is no point to compare.
    let is_on_p224 = half.unchecked == Some(UncheckedKey::P224);
    match certificate {
        PublicKey::X25519 | PublicKey::Dsa | PublicKey::Other(_) => {
            Err(KeyPairError::UnsupportedCertificateKey(certificate.algorithm()))
        }
        _ if certificate == key => Ok(()),
        PublicKey::Ec { curve: Curve::P224, .. } if is_on_p224 => Ok(()),
        _ if certificate.algorithm() == key.algorithm() => Err(KeyPairError::Mismatch),
        _ => Err(KeyPairError::AlgorithmMismatch {
            certificate: certificate.algorithm(),
            key: key.algorithm(),
        }),
    }
}
