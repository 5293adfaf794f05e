//! The MSPs of a channel, the identities that they have validated, and signatures of these.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use ccs_proto::msp::SerializedIdentity;
use lru::LruCache;
use prost::Message as _;

use crate::certificate::{Certificate, CertificateError};
use crate::identity::Identity;
use crate::msp::{Msp, ValidationError};
use crate::msp_id::MspId;
use crate::public_key::{PublicKey, SignatureError};
use crate::signatures::{KnownSignatures, SignatureId};
use crate::signer::{Signer, SignerError};

/// How many identities are remembered; at some 4 KiB each that is 4 MiB.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(1000).unwrap();

/// Says why a creator is refused. The text is for a log; a client is told no more than [`Self::organization`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CreatorError {
    /// The bytes are no serialized identity.
    #[error("the creator is no serialized identity: {0}")]
    Undecodable(String),
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
    /// Gives the MSP when the creator could be read and belongs to one of the channel: a peer then says "creator org
    /// \[MSP\]", otherwise "creator org unknown, creator is malformed" (Fabric 3.1 `core/endorser/msgvalidation.go`).
    #[must_use]
    pub fn organization(&self) -> Option<&MspId> {
        match self {
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
    // Held only to look up and insert: nothing awaits under it.
    remembered: Mutex<LruCache<Vec<u8>, Arc<Identity>>>,
    signatures: KnownSignatures,
}

impl MspManager {
    /// Makes a manager of MSPs, whose IDs differ; the first of two with one ID counts.
    #[must_use]
    pub fn new(msps: Vec<Arc<Msp>>) -> Self {
        let remembered = Mutex::new(LruCache::new(REMEMBERED));
        Self { msps, ed25519: false, remembered, signatures: KnownSignatures::new() }
    }

    /// Accepts identities with an Ed25519 key, as a channel with capability `V3_0` does.
    #[must_use]
    pub fn with_ed25519(self) -> Self {
        Self { ed25519: true, ..self }
    }

    /// Gives the MSPs.
    #[must_use]
    pub fn msps(&self) -> &[Arc<Msp>] {
        &self.msps
    }

    /// Gives the MSP of an ID.
    #[must_use]
    pub fn msp(&self, id: &str) -> Option<&Arc<Msp>> {
        self.msps.iter().find(|msp| msp.id().as_str() == id)
    }

    /// Turns the creator of a signature header, or the endorser of an endorsement, into a validated identity.
    ///
    /// The end of the certificate does not count: see [`Identity::is_expired`]. Only identities that were validated are
    /// remembered, by all of their bytes, so nobody without a certificate can push them out.
    pub fn identify(&self, creator: &[u8]) -> Result<Arc<Identity>, CreatorError> {
        if let Some(known) = self.remembered().get(creator) {
            return Ok(Arc::clone(known));
        }
        let identity = Arc::new(self.validate(creator)?);
        self.remembered().put(creator.to_vec(), Arc::clone(&identity));
        Ok(identity)
    }

    /// Tells whether the certificate of a creator has ended, whoever has issued it; one that cannot be read has not.
    #[must_use]
    pub fn is_expired(&self, creator: &[u8], now: SystemTime) -> bool {
        if let Some(known) = self.remembered().get(creator) {
            return known.is_expired(now);
        }
        let identity = SerializedIdentity::decode(creator).unwrap_or_default();
        Certificate::from_pem(&identity.id_bytes).is_ok_and(|certificate| certificate.is_expired(now))
    }

    /// Verifies a signature of an identity over a message, as [`Identity::verify`] does.
    ///
    /// One that was found right before is not computed again: it was made by that key, whatever has become of the identity.
    pub fn verify(
        &self,
        identity: &Identity,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        let id = SignatureId::new(identity.certificate(), message, signature);
        self.signatures.check(id, || identity.verify(message, signature))
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

    fn remembered(&self) -> std::sync::MutexGuard<'_, LruCache<Vec<u8>, Arc<Identity>>> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives MSP ID and PEM text of a serialized identity.
fn decode(creator: &[u8]) -> Result<(String, Vec<u8>), CreatorError> {
    let read = SerializedIdentity::decode(creator);
    let read = read.map_err(|error| CreatorError::Undecodable(error.to_string()))?;
    Ok((read.mspid, read.id_bytes))
}
