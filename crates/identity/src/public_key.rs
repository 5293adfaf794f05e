//! Public keys of certificates, and verification of their signatures.

use ccs_certificates::{Certificate, Curve, KeyAlgorithm};
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA256_ASN1, ED25519, UnparsedPublicKey, VerificationAlgorithm,
};

/// Reason why a signature is rejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Fabric does not sign with this type of key.
    #[error(
        "the certificate's key ({0}) cannot sign: Fabric accepts ECDSA on P-256 and P-384, and Ed25519 since 3.0"
    )]
    UnsupportedKey(String),
    /// The bytes are not a DER sequence of two integers.
    #[error("the signature is not a DER sequence of two integers in the range of the curve")]
    Malformed,
    /// S is in the upper half of its range.
    #[error("the signature's S is in the upper half of its range, which Fabric rejects")]
    HighS,
    /// The signature was made by another key or over another message.
    #[error("the signature does not match the certificate's key and the message")]
    Wrong,
}

/// Public key of a certificate: an uncompressed point, or 32 bytes of Ed25519.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PublicKey {
    /// ECDSA on P-256.
    P256(Vec<u8>),
    /// ECDSA on P-384.
    P384(Vec<u8>),
    /// Ed25519.
    Ed25519(Vec<u8>),
    /// Another type, as text.
    Other(String),
}

impl PublicKey {
    pub(crate) fn of(certificate: &Certificate) -> Self {
        let algorithm = certificate.key_algorithm();
        match (&algorithm, certificate.public_key_bytes()) {
            (KeyAlgorithm::Ecdsa(Curve::P256), Some(point)) => Self::P256(point.to_vec()),
            (KeyAlgorithm::Ecdsa(Curve::P384), Some(point)) => Self::P384(point.to_vec()),
            (KeyAlgorithm::Ed25519, Some(key)) => Self::Ed25519(key.to_vec()),
            _ => Self::Other(algorithm.to_string()),
        }
    }

    /// Verifies a signature over a message. ECDSA signs the SHA-256 of the message on every curve and requires a low
    /// S; Ed25519 signs the message itself (Fabric 3.1 `msp/identities.go`).
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        let (algorithm, key): (&'static dyn VerificationAlgorithm, _) = match self {
            Self::P256(point) => {
                let read = p256::ecdsa::Signature::from_der(signature);
                let read = read.map_err(|_| SignatureError::Malformed)?;
                require(read == read.normalize_s())?;
                (&ECDSA_P256_SHA256_ASN1, point)
            }
            Self::P384(point) => {
                let read = p384::ecdsa::Signature::from_der(signature);
                let read = read.map_err(|_| SignatureError::Malformed)?;
                require(read == read.normalize_s())?;
                (&ECDSA_P384_SHA256_ASN1, point)
            }
            Self::Ed25519(key) => (&ED25519, key),
            Self::Other(name) => return Err(SignatureError::UnsupportedKey(name.clone())),
        };
        let key = UnparsedPublicKey::new(algorithm, key);
        key.verify(message, signature).map_err(|_| SignatureError::Wrong)
    }
}

fn require(low: bool) -> Result<(), SignatureError> {
    if low { Ok(()) } else { Err(SignatureError::HighS) }
}
