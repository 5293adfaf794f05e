//! The public key of a certificate.

use std::fmt;

use crate::{
    curve::Curve,
    der::{self, Reader},
    error::CertificateError,
    oid,
};

/// The algorithm of a public or private key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyAlgorithm {
    /// RSA, with the length of its modulus.
    Rsa {
        /// The length in bits.
        bits: usize,
    },
    /// ECDSA on a NIST curve.
    Ecdsa(Curve),
    /// Ed25519.
    Ed25519,
    /// X25519, which cannot sign and is therefore useless for TLS certificates.
    X25519,
    /// DSA, which Go's TLS does not support.
    Dsa,
    /// Another algorithm, by its object identifier in dotted form.
    Other(String),
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { bits } => write!(f, "RSA {bits}"),
            Self::Ecdsa(curve) => write!(f, "ECDSA {curve}"),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::X25519 => f.write_str("X25519"),
            Self::Dsa => f.write_str("DSA"),
            Self::Other(identifier) => write!(f, "algorithm {identifier}"),
        }
    }
}

/// A public key. Two keys are equal if Go's `PublicKey.Equal` returns true.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum PublicKey {
    Rsa { modulus: Vec<u8>, exponent: i64 },
    Ec { curve: Curve, point: Vec<u8> },
    Ed25519(Vec<u8>),
    X25519,
    Dsa,
    Other(String),
}

impl PublicKey {
    /// Parses a `SubjectPublicKeyInfo`; as in Go, keys of unknown algorithms are not parsed.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, CertificateError> {
        let (algorithm, parameters, bytes) =
            fields(reader).ok_or(CertificateError::Malformed("public key information"))?;
        match algorithm {
            oid::RSA => rsa(parameters, &bytes).ok_or(CertificateError::Malformed("RSA public key")),
            oid::EC => ec(parameters, bytes),
            oid::ED25519 if parameters.is_empty() && bytes.len() == 32 => Ok(Self::Ed25519(bytes)),
            oid::ED25519 => Err(CertificateError::Malformed("Ed25519 public key")),
            oid::X25519 => Ok(Self::X25519),
            oid::DSA => dsa(parameters, &bytes).ok_or(CertificateError::Malformed("DSA public key")),
            other => Ok(Self::Other(oid::dotted(other))),
        }
    }

    pub(crate) fn algorithm(&self) -> KeyAlgorithm {
        match self {
            Self::Rsa { modulus, .. } => KeyAlgorithm::Rsa { bits: bit_length(modulus) },
            Self::Ec { curve, .. } => KeyAlgorithm::Ecdsa(*curve),
            Self::Ed25519(_) => KeyAlgorithm::Ed25519,
            Self::X25519 => KeyAlgorithm::X25519,
            Self::Dsa => KeyAlgorithm::Dsa,
            Self::Other(identifier) => KeyAlgorithm::Other(identifier.clone()),
        }
    }
}

/// Returns the algorithm, the parameters with their tag and length (empty if absent), and the key's bits.
fn fields<'a>(reader: &mut Reader<'a>) -> Option<(&'a [u8], &'a [u8], Vec<u8>)> {
    let mut information = reader.enter(der::SEQUENCE)?;
    let mut algorithm = information.enter(der::SEQUENCE)?;
    let identifier = algorithm.object_identifier()?;
    let parameters = if algorithm.is_empty() { &[] } else { algorithm.any()?.raw };
    Some((identifier, parameters, information.bit_string()?.right_aligned()))
}

fn rsa(parameters: &[u8], bytes: &[u8]) -> Option<PublicKey> {
    const NULL: &[u8] = &[0x05, 0x00];
    let mut key = Reader::new(bytes).enter(der::SEQUENCE)?;
    let modulus = key.positive_integer()?.to_vec();
    let exponent = key.small_integer().filter(|exponent| *exponent > 0)?;
    (parameters == NULL).then_some(PublicKey::Rsa { modulus, exponent })
}

fn ec(parameters: &[u8], point: Vec<u8>) -> Result<PublicKey, CertificateError> {
    let identifier = Reader::new(parameters)
        .object_identifier()
        .ok_or(CertificateError::Malformed("elliptic curve name"))?;
    let curve = Curve::from_identifier(identifier).ok_or(CertificateError::UnsupportedCurve)?;
    if curve.holds(&point) {
        Ok(PublicKey::Ec { curve, point })
    } else {
        Err(CertificateError::PointNotOnCurve)
    }
}

fn dsa(parameters: &[u8], bytes: &[u8]) -> Option<PublicKey> {
    Reader::new(bytes).positive_integer()?;
    let mut domain = Reader::new(parameters).enter(der::SEQUENCE)?;
    for _ in ["p", "q", "g"] {
        domain.positive_integer()?;
    }
    Some(PublicKey::Dsa)
}

fn bit_length(magnitude: &[u8]) -> usize {
    magnitude.first().map_or(0, |first| magnitude.len() * 8 - first.leading_zeros() as usize)
}
