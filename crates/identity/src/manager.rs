//! The MSPs of a channel, with caches of validated identities and of their signatures.

use std::sync::Arc;
use std::time::SystemTime;

use ccs_proto::msp::SerializedIdentity;
use prost::Message as _;

use crate::certificate::{Certificate, CertificateError};
use crate::identity::Identity;
use crate::known_identities::KnownIdentities;
use crate::msp::{Msp, ValidationError};
use crate::msp_id::MspId;
use crate::public_key::{PublicKey, SignatureError};
use crate::signatures::{KnownSignatures, SignatureId};
use crate::signer::{Signer, SignerError};

/// Maximum length of a creator in bytes. A Fabric peer limits only the message. Certificates from Fabric CA take 1
/// KiB, and one with an RSA key of 4,096 bits and a hundred attributes takes less than 16 KiB.
pub const MAX_CREATOR_IN_BYTES: usize = 64 << 10;

/// Reason why a creator is rejected. The text is for logs; a client learns at most [`Self::organization`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CreatorError {
    /// The bytes are not a serialized identity.
    #[error("the creator is not a serialized identity: {0}")]
    Undecodable(String),
    /// The creator is longer than any certificate with its MSP ID can be.
    #[error("the creator has {0} bytes; at most {MAX_CREATOR_IN_BYTES} are accepted")]
    TooLong(usize),
    /// The MSP does not belong to the channel.
    #[error("the creator's MSP {0:?} does not belong to the channel")]
    UnknownMsp(String),
    /// The certificate cannot be read.
    #[error("the certificate of a creator of {msp_id} cannot be used: {reason}")]
    Certificate {
        /// MSP ID of the creator.
        msp_id: MspId,
        /// Error from reading the certificate.
        reason: CertificateError,
    },
    /// Ed25519 keys require the channel capability `V3_0`.
    #[error("a creator of {msp_id} has an Ed25519 key, which requires the channel capability V3_0")]
    Ed25519 {
        /// MSP ID of the creator.
        msp_id: MspId,
    },
    /// The MSP rejects the certificate.
    #[error("MSP {msp_id} rejects a creator: {reason}")]
    Invalid {
        /// MSP ID of the creator.
        msp_id: MspId,
        /// Reason for the rejection.
        reason: ValidationError,
    },
}

impl CreatorError {
    /// Returns the MSP ID if the creator could be read and its MSP belongs to the channel. A peer then reports
    /// "creator org \[MSP\]", and otherwise "creator org unknown, creator is malformed" (Fabric 3.1
    /// `core/endorser/msgvalidation.go`).
    ///
    /// A peer verifies the chain of an ECDSA certificate while reading the creator (Fabric 3.1 `msp/mspimpl.go`,
    /// `sanitizeCert`), so a certificate from another CA counts as unreadable.
    #[must_use]
    pub fn organization(&self) -> Option<&MspId> {
        match self {
            Self::Invalid { reason: ValidationError::Chain { .. }, .. } => None,
            Self::Invalid { msp_id, .. } => Some(msp_id),
            _ => None,
        }
    }
}

/// MSPs of a channel.
#[derive(Debug)]
pub struct MspManager {
    msps: Vec<Arc<Msp>>,
    ed25519: bool,
    identities: KnownIdentities,
    signatures: KnownSignatures,
}

impl MspManager {
    /// Creates a manager of MSPs. Their IDs must be unique; of duplicates, the first is used.
    #[must_use]
    pub fn new(msps: Vec<Arc<Msp>>) -> Self {
        let (identities, signatures) = (KnownIdentities::new(), KnownSignatures::new());
        Self { msps, ed25519: false, identities, signatures }
    }

    /// Accepts identities with an Ed25519 key, as a channel with capability `V3_0` does.
    #[must_use]
    pub fn with_ed25519(self) -> Self {
        Self { ed25519: true, ..self }
    }

    /// Returns the MSPs.
    #[must_use]
    pub fn msps(&self) -> &[Arc<Msp>] {
        &self.msps
    }

    /// Returns the MSP with the given ID.
    #[must_use]
    pub fn msp(&self, id: &str) -> Option<&Arc<Msp>> {
        self.msps.iter().find(|msp| msp.id().as_str() == id)
    }

    /// Validates the creator of a signature header, or the endorser of an endorsement, and returns its identity.
    ///
    /// Ignores the certificate's expiry; see [`Identity::is_expired`]. Identities are cached only after a valid
    /// signature (see [`Self::verify`]), so that a client without a key cannot fill the cache.
    pub fn identify(&self, creator: &[u8]) -> Result<Arc<Identity>, CreatorError> {
        if creator.len() > MAX_CREATOR_IN_BYTES {
            return Err(CreatorError::TooLong(creator.len()));
        }
        match self.identities.get(creator) {
            Some(known) => Ok(known),
            None => Ok(Arc::new(self.validate(creator)?)),
        }
    }

    /// Returns whether a creator's certificate has expired, regardless of its CA. A creator that cannot be read
    /// counts as not expired.
    #[must_use]
    pub fn is_expired(&self, creator: &[u8], now: SystemTime) -> bool {
        if creator.len() > MAX_CREATOR_IN_BYTES {
            return false;
        }
        if let Some(known) = self.identities.get(creator) {
            return known.is_expired(now);
        }
        let identity = SerializedIdentity::decode(creator).unwrap_or_default();
        Certificate::from_pem(&identity.id_bytes).is_ok_and(|certificate| certificate.is_expired(now))
    }

    /// Verifies a signature like [`Identity::verify`], and caches the identity and the signature.
    ///
    /// Does not verify a cached signature again: the same key has made it, even if the identity's status has changed.
    pub fn verify(
        &self,
        identity: &Arc<Identity>,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        let id = SignatureId::new(identity.certificate(), message, signature);
        self.signatures.check(id, || identity.verify(message, signature))?;
        self.identities.insert(identity);
        Ok(())
    }

    /// Verifies a signature that is checked only once, such as that of a proposal, and caches the identity only.
    pub fn verify_once(
        &self,
        identity: &Arc<Identity>,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        identity.verify(message, signature)?;
        self.identities.insert(identity);
        Ok(())
    }

    /// Signs a message, and caches the signature for [`Self::verify`].
    pub fn sign(&self, signer: &Signer, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        let signature = signer.sign(message)?;
        self.signatures.insert(SignatureId::new(signer.certificate(), message, &signature));
        Ok(signature)
    }

    fn validate(&self, creator: &[u8]) -> Result<Identity, CreatorError> {
        let (msp_id, pem) = decode(creator)?;
        let msp =
            self.msp(&msp_id).ok_or_else(|| CreatorError::UnknownMsp(msp_id.chars().take(64).collect()))?;
        let msp_id = msp.id().clone();
        let certificate = Certificate::from_pem(&pem);
        let certificate =
            certificate.map_err(|reason| CreatorError::Certificate { msp_id: msp_id.clone(), reason })?;
        if !self.ed25519 && matches!(certificate.key(), PublicKey::Ed25519(_)) {
            return Err(CreatorError::Ed25519 { msp_id });
        }
        let identity = msp.identify_creator(creator.to_vec(), certificate);
        identity.map_err(|reason| CreatorError::Invalid { msp_id, reason })
    }
}

/// Returns MSP ID and PEM text of a serialized identity.
fn decode(creator: &[u8]) -> Result<(String, Vec<u8>), CreatorError> {
    let read = SerializedIdentity::decode(creator);
    let read = read.map_err(|error| CreatorError::Undecodable(error.to_string()))?;
    Ok((read.mspid, read.id_bytes))
}
