//! Parses private keys as `tls.X509KeyPair` does: it tries PKCS #1, PKCS #8 and SEC 1 in turn and ignores the PEM
//! label.
//!
//! Only the public half leaves this file, as far as it can be derived. A Fabric peer writes PKCS #8 under the label
//! `EC PRIVATE KEY` (Fabric `common/crypto/tlsgen`, v3.1.5), which is why the label is ignored.

use crate::{
    curve::Curve,
    der::{self, Reader},
    oid,
    public_half::{PublicHalf, UncheckedKey},
    public_key::PublicKey,
    rsa,
};

/// The reason why a private key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrivateKeyError {
    /// The data is not a key in any of the three forms, or its numbers are inconsistent.
    #[error("the private key is not a valid PKCS #1, PKCS #8 or SEC 1 key")]
    Malformed,
    /// The data is encrypted with a passphrase.
    #[error("the private key is encrypted with a passphrase")]
    Encrypted,
    /// The key is valid, but Go's TLS does not support its algorithm.
    #[error("the private key's algorithm {0} is not RSA, ECDSA or Ed25519")]
    UnsupportedAlgorithm(String),
    /// The key is on a curve that Go does not support.
    #[error("the private key uses an elliptic curve other than P-224, P-256, P-384 and P-521")]
    UnsupportedCurve,
}

impl PrivateKeyError {
    /// Returns what to do about the error.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Malformed => {
                "copy the key file again in full; `openssl pkey -in FILE -noout -check` shows whether it is whole"
            }
            Self::Encrypted => {
                "a peer cannot ask for a passphrase; write the key without one: `openssl pkey -in FILE -out PLAIN`"
            }
            Self::UnsupportedAlgorithm(_) | Self::UnsupportedCurve => {
                "use an ECDSA key on P-256 or P-384 and a certificate for it"
            }
        };
        Some(hint.to_owned())
    }
}

/// Parses a private key in DER and returns its public half.
pub(crate) fn public_half(bytes: &[u8]) -> Result<PublicHalf, PrivateKeyError> {
    if let Some(key) = rsa::public_half(bytes) {
        return Ok(key);
    }
    match pkcs8(bytes) {
        Err(PrivateKeyError::Malformed) => sec1(bytes, None),
        read => read,
    }
}

fn pkcs8(bytes: &[u8]) -> Result<PublicHalf, PrivateKeyError> {
    let (algorithm, parameters, key) = pkcs8_fields(bytes).ok_or(PrivateKeyError::Malformed)?;
    match algorithm {
        oid::RSA => rsa::public_half(key).ok_or(PrivateKeyError::Malformed),
        oid::EC => sec1(key, Reader::new(parameters).object_identifier()),
        oid::ED25519 if parameters.is_empty() => {
            ed25519(key).map(PublicHalf::from).ok_or(PrivateKeyError::Malformed)
        }
        oid::ED25519 => Err(PrivateKeyError::Malformed),
        other => Err(PrivateKeyError::UnsupportedAlgorithm(crate::shown::shown(&oid::dotted(other)))),
    }
}

/// Returns the algorithm, the parameters with their tag and length, and the inner key.
fn pkcs8_fields(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let mut fields = Reader::new(bytes).enter(der::SEQUENCE)?;
    fields.small_integer()?;
    let mut algorithm = fields.enter(der::SEQUENCE)?;
    let identifier = algorithm.object_identifier()?;
    let parameters = if algorithm.is_empty() { &[] } else { algorithm.any()?.raw };
    Some((identifier, parameters, fields.content(der::OCTET_STRING)?))
}

/// Parses a SEC 1 key. The outer curve name, if any, overrides the inner one; as in Go, the inner public key is
/// ignored.
fn sec1(bytes: &[u8], curve_outside: Option<&[u8]>) -> Result<PublicHalf, PrivateKeyError> {
    let (scalar, curve_inside) = sec1_fields(bytes).ok_or(PrivateKeyError::Malformed)?;
    let identifier = curve_outside.or(curve_inside).ok_or(PrivateKeyError::Malformed)?;
    let curve = Curve::from_identifier(identifier).ok_or(PrivateKeyError::UnsupportedCurve)?;
    let scalar = padded(scalar, curve.scalar_length()).ok_or(PrivateKeyError::Malformed)?;
    if curve == Curve::P224 {
        let key = PublicKey::Ec { curve, point: Vec::new() };
        return Ok(PublicHalf { key, unchecked: Some(UncheckedKey::P224) });
    }
    let point = curve.public_point(&scalar).ok_or(PrivateKeyError::Malformed)?;
    Ok(PublicKey::Ec { curve, point }.into())
}

fn sec1_fields(bytes: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    const CURVE: u8 = der::context_constructed(0);
    const PUBLIC_KEY: u8 = der::context_constructed(1);
    let mut fields = Reader::new(bytes).enter(der::SEQUENCE)?;
    fields.small_integer().filter(|version| *version == 1)?;
    let scalar = fields.content(der::OCTET_STRING)?;
    let mut curve = None;
    if fields.is_next(CURVE)? {
        let mut inside = fields;
        inside.skip_header()?;
        if inside.is_next(der::OBJECT_IDENTIFIER)? {
            curve = Some(inside.object_identifier()?);
            fields = inside;
        }
    }
    if fields.is_next(PUBLIC_KEY)? {
        fields.skip_header()?;
        if fields.is_next(der::BIT_STRING)? {
            fields.bit_string()?;
        }
    }
    Some((scalar, curve))
}

/// Pads or strips leading zeros to bring a scalar to its curve's length.
fn padded(scalar: &[u8], length: usize) -> Option<Vec<u8>> {
    let excess = scalar.len().saturating_sub(length);
    let (zeros, digits) = scalar.split_at(excess);
    let mut padded = vec![0; length - digits.len()];
    padded.extend_from_slice(digits);
    zeros.iter().all(|&byte| byte == 0).then_some(padded)
}

fn ed25519(bytes: &[u8]) -> Option<PublicKey> {
    let seed = ed25519_compact::Seed::from_slice(Reader::new(bytes).content(der::OCTET_STRING)?).ok()?;
    let pair = ed25519_compact::KeyPair::try_from_seed(seed).ok()?;
    Some(PublicKey::Ed25519(pair.pk.to_vec()))
}
