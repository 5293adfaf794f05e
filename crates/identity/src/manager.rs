//! The MSPs of a channel, the identities that they have validated, and signatures of these.

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

/// The longest creator that is accepted. A peer has no limit but that of a message; certificates as Fabric CA issues them
/// take 1 KiB, and one with an RSA key of 4,096 bits and a hundred attributes less than 16 KiB.
pub const MAX_CREATOR_IN_BYTES: usize = 64 << 10;

/// Says why a creator is refused. The text is for a log; a client is told no more than [`Self::organization`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CreatorError {
    /// The bytes are no serialized identity.
    #[error("the creator is no serialized identity: {0}")]
    Undecodable(String),
    /// The bytes are more than a certificate with its MSP ID can have.
    #[error("the creator has {0} bytes, more than the {MAX_CREATOR_IN_BYTES} that are accepted")]
    TooLong(usize),
    /// The MSP does not belong to the channel.
    #[error("the creator's MSP {0:?} is none of the channel")]
    UnknownMsp(String),
    /// The certificate cannot be read.
    #[error("the certificate of a creator of {msp_id} cannot be used: {reason}")]
    Certificate {
        /// The creator's MSP.
        msp_id: MspId,
        /// What is wrong.
        reason: CertificateError,
    },
    /// Ed25519 needs the channel capability `V3_0`.
    #[error("a creator of {msp_id} has an Ed25519 key, for which the channel needs capability V3_0")]
    Ed25519 {
        /// The creator's MSP.
        msp_id: MspId,
    },
    /// The MSP refuses the certificate.
    #[error("MSP {msp_id} refuses a creator: {reason}")]
    Invalid {
        /// The creator's MSP.
        msp_id: MspId,
        /// Why.
        reason: ValidationError,
    },
}

impl CreatorError {
    /// Returns the MSP when the creator could be read and belongs to one of the channel: a peer then says "creator org
    /// \[MSP\]", otherwise "creator org unknown, creator is malformed" (Fabric 3.1 `core/endorser/msgvalidation.go`).
    ///
    /// A peer verifies the chain of an ECDSA certificate while it reads the creator (Fabric 3.1 `msp/mspimpl.go`,
    /// `sanitizeCert`), so that one which another CA has issued counts as unreadable.
    #[must_use]
    pub fn organization(&self) -> Option<&MspId> {
        match self {
            Self::Invalid { reason: ValidationError::Chain { .. }, .. } => None,
            Self::Invalid { msp_id, .. } => Some(msp_id),
            _ => None,
        }
    }
}

/// The MSPs of a channel.
#[derive(Debug)]
pub struct MspManager {
    msps: Vec<Arc<Msp>>,
    ed25519: bool,
    identities: KnownIdentities,
    signatures: KnownSignatures,
}

impl MspManager {
    /// Makes a manager of MSPs, whose IDs differ; the first of two with one ID counts.
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

    /// Returns the MSP of an ID.
    #[must_use]
    pub fn msp(&self, id: &str) -> Option<&Arc<Msp>> {
        self.msps.iter().find(|msp| msp.id().as_str() == id)
    }

    /// Turns the creator of a signature header, or the endorser of an endorsement, into a validated identity.
    ///
    /// The end of the certificate does not count: see [`Identity::is_expired`]. An identity is remembered once it has signed
    /// something, see [`Self::verify`]: a client without a key cannot fill any memory.
    pub fn identify(&self, creator: &[u8]) -> Result<Arc<Identity>, CreatorError> {
        if creator.len() > MAX_CREATOR_IN_BYTES {
            return Err(CreatorError::TooLong(creator.len()));
        }
        match self.identities.get(creator) {
            Some(known) => Ok(known),
            None => Ok(Arc::new(self.validate(creator)?)),
        }
    }

    /// Returns whether the certificate of a creator has expired, no matter which CA issued it; a creator that cannot be read has
    /// not expired.
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

    /// Verifies a signature of an identity over a message, as [`Identity::verify`] does, and then remembers both.
    ///
    /// A signature that was found right before is not verified again: it was made by that key, whatever has become of the
    /// identity.
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

    /// Verifies a signature that is looked at once, such as that of a proposal, and then remembers the identity alone.
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

    /// Signs a message; [`Self::verify`] then knows the signature.
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
