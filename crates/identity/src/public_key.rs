//! Public keys of certificates, and signatures by them.

use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA256_ASN1, ED25519, UnparsedPublicKey, VerificationAlgorithm,
};
use x509_parser::oid_registry::{OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384, OID_SIG_ED25519};
use x509_parser::x509::SubjectPublicKeyInfo;

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
    /// Another kind, named by its object identifiers.
    Other(String),
}

impl PublicKey {
    pub(crate) fn of(info: &SubjectPublicKeyInfo<'_>) -> Self {
        let algorithm = &info.algorithm.algorithm;
        let key = info.subject_public_key.data.to_vec();
        if *algorithm == OID_SIG_ED25519 {
            return Self::Ed25519(key);
        }
        let curve = info.algorithm.parameters.as_ref().and_then(|any| any.as_oid().ok());
        match curve {
            Some(curve) if *algorithm == OID_KEY_TYPE_EC_PUBLIC_KEY && curve == OID_EC_P256 => {
                Self::P256(key)
            }
            Some(curve) if *algorithm == OID_KEY_TYPE_EC_PUBLIC_KEY && curve == OID_NIST_EC_P384 => {
                Self::P384(key)
            }
            Some(curve) => Self::Other(format!("{algorithm}, {curve}")),
            None => Self::Other(algorithm.to_string()),
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
