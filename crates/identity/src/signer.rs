//! A certificate with its key.

use std::fmt;
use std::path::Path;

use p256::elliptic_curve::sec1::ToSec1Point as _;
use p256::pkcs8::DecodePrivateKey as _;
use p384::ecdsa::signature::hazmat::PrehashSigner as _;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use sha2::{Digest as _, Sha256};

use crate::certificate::{Certificate, CertificateError};
use crate::msp::{FolderError, serialized_identity};
use crate::msp_id::MspId;
use crate::public_key::PublicKey;

/// Error from creating a signer or from signing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignerError {
    /// The certificate cannot be read.
    #[error("the signer's certificate cannot be used: {0}")]
    Certificate(CertificateError),
    /// The key cannot be read.
    #[error("the signer's key cannot be read: {0}")]
    Key(String),
    /// The certificate's key has a type that cannot sign.
    #[error("the signer's certificate has an unsupported key: expected ECDSA on P-256 or P-384")]
    Kind,
    /// The key belongs to another certificate.
    #[error("the key does not belong to certificate '{0}'")]
    OtherKey(String),
    /// A file of the MSP folder cannot be read.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The system's random number generator failed.
    #[error("cannot sign: the system's random number generator failed")]
    Randomness,
}

/// Signs with the key of an identity.
pub struct Signer {
    creator: Vec<u8>,
    certificate: Certificate,
    msp_id: MspId,
    key: Key,
}

enum Key {
    P256 { pair: Box<EcdsaKeyPair>, random: SystemRandom },
    P384(Box<p384::ecdsa::SigningKey>),
}

impl Signer {
    /// Creates a signer from PEM texts. The key is PKCS#8 or SEC 1; its label is ignored.
    pub fn from_pem(msp_id: MspId, certificate: &[u8], key: &[u8]) -> Result<Self, SignerError> {
        let certificate = Certificate::from_pem(certificate).map_err(SignerError::Certificate)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| SignerError::Key(error.to_string()))?;
        Self::new(msp_id, certificate, key.secret_der())
    }

    /// Creates a signer from an MSP folder: reads the certificate in `signcerts`, and the matching key in `keystore`,
    /// regardless of the key's file name.
    pub fn read(msp_id: &MspId, folder: &Path) -> Result<Self, SignerError> {
        let (certificate, keys) = crate::msp::read_signer(folder)?;
        let mut last = SignerError::OtherKey(certificate.subject().to_owned());
        for key in keys {
            match Self::new(msp_id.clone(), certificate.clone(), key.secret_der()) {
                Ok(signer) => return Ok(signer),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn new(msp_id: MspId, certificate: Certificate, key: &[u8]) -> Result<Self, SignerError> {
        let key = read_key(&certificate, key)?;
        let creator = serialized_identity(&msp_id, certificate.pem().into_bytes());
        Ok(Self { creator, certificate, msp_id, key })
    }

    /// Returns the serialized identity, which is the creator or endorser of signed messages.
    #[must_use]
    pub fn creator(&self) -> &[u8] {
        &self.creator
    }

    /// Returns the certificate.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Returns the MSP ID.
    #[must_use]
    pub fn msp_id(&self) -> &MspId {
        &self.msp_id
    }

    /// Signs a message with ECDSA over its SHA-256. Returns the signature as DER, with S in the lower half of its
    /// range.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        match &self.key {
            Key::P256 { pair, random } => {
                let signature = pair.sign(random, message).map_err(|_| SignerError::Randomness)?;
                let signature = p256::ecdsa::Signature::from_slice(signature.as_ref());
                let signature = signature.map_err(|_| SignerError::Randomness)?;
                Ok(signature.normalize_s().to_der().as_bytes().to_vec())
            }
            Key::P384(key) => {
                let signature: Result<p384::ecdsa::Signature, _> = key.sign_prehash(&Sha256::digest(message));
                let signature = signature.map_err(|_| SignerError::Randomness)?;
                Ok(signature.normalize_s().to_der().as_bytes().to_vec())
            }
        }
    }
}

/// Prints the identity, but not the key.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Signer");
        shown.field("msp_id", &self.msp_id).field("subject", &self.certificate.subject());
        shown.finish_non_exhaustive()
    }
}

/// Checks that a key (PEM) belongs to a certificate.
pub(crate) fn require_key(certificate: &Certificate, key: &[u8]) -> Result<(), SignerError> {
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| SignerError::Key(error.to_string()))?;
    read_key(certificate, key.secret_der()).map(|_| ())
}

fn read_key(certificate: &Certificate, der: &[u8]) -> Result<Key, SignerError> {
    let key = match certificate.key() {
        PublicKey::P256(point) => p256_key(der, point)?,
        PublicKey::P384(point) => p384_key(der, point)?,
        PublicKey::Ed25519(_) | PublicKey::Other(_) => return Err(SignerError::Kind),
    };
    key.ok_or_else(|| SignerError::OtherKey(certificate.subject().to_owned()))
}

/// Returns [`None`] if the key does not match the certificate.
fn p256_key(der: &[u8], point: &[u8]) -> Result<Option<Key>, SignerError> {
    let secret = p256::SecretKey::from_pkcs8_der(der);
    let secret = secret.or_else(|error| p256::SecretKey::from_sec1_der(der).map_err(|_| error));
    let secret = secret.map_err(|error| SignerError::Key(error.to_string()))?;
    if secret.public_key().to_sec1_point(false).as_bytes() != point {
        return Ok(None);
    }
    let random = SystemRandom::new();
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let pair = EcdsaKeyPair::from_private_key_and_public_key(algorithm, &secret.to_bytes(), point, &random);
    let pair = Box::new(pair.map_err(|error| SignerError::Key(error.to_string()))?);
    Ok(Some(Key::P256 { pair, random }))
}

fn p384_key(der: &[u8], point: &[u8]) -> Result<Option<Key>, SignerError> {
    let secret = p384::SecretKey::from_pkcs8_der(der);
    let secret = secret.or_else(|error| p384::SecretKey::from_sec1_der(der).map_err(|_| error));
    let secret = secret.map_err(|error| SignerError::Key(error.to_string()))?;
    let belongs = secret.public_key().to_sec1_point(false).as_bytes() == point;
    Ok(belongs.then(|| Key::P384(Box::new(secret.into()))))
}
