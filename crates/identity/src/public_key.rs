//! Public keys of certificates, and signatures by them.

use ccs_certificates::{Certificate, Curve, KeyAlgorithm};
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA256_ASN1, ED25519, UnparsedPublicKey, VerificationAlgorithm,
};

/// Says why a signature was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// No such key signs in Fabric.
    #[error(
        "the certificate's key ({0}) cannot sign: Fabric takes ECDSA on P-256 and P-384, and Ed25519 from 3.0 on"
    )]
    UnsupportedKey(String),
    /// The bytes are no pair of numbers in DER.
    #[error("the signature is not DER of two numbers in the range of the curve")]
    Malformed,
    /// S is in the upper half of its range.
    #[error("the signature's S is in the upper half of its range, which Fabric refuses")]
    HighS,
    /// The signature is by another key or over another message.
    #[error("the signature is not by the certificate's key over this message")]
    Wrong,
}

/// Is the public key of a certificate: an uncompressed point, or 32 bytes of Ed25519.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PublicKey {
    /// ECDSA on P-256.
    P256(Vec<u8>),
    /// ECDSA on P-384.
    P384(Vec<u8>),
    /// Ed25519.
    Ed25519(Vec<u8>),
    /// Another kind, in words.
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

    /// Verifies a signature over a message: ECDSA over its SHA-256 whatever the curve, with a low S; Ed25519 over the
    /// message itself (Fabric 3.1 `msp/identities.go`).
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
