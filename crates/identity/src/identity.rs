//! A validated identity.

use std::time::SystemTime;

use crate::certificate::Certificate;
use crate::msp_id::MspId;
use crate::policy::Principal;
use crate::public_key::SignatureError;
use crate::role::Role;

/// Identity that its MSP has validated: its chain is valid, it is not revoked, and it has the required units.
#[derive(Clone, Debug)]
pub struct Identity {
    pub(crate) msp_id: MspId,
    pub(crate) certificate: Certificate,
    pub(crate) creator: Vec<u8>,
    pub(crate) node_role: Option<Role>,
    pub(crate) is_admin: bool,
    pub(crate) certifiers: [u8; 32],
}

impl Identity {
    /// Returns the ID of the MSP.
    #[must_use]
    pub fn msp_id(&self) -> &MspId {
        &self.msp_id
    }

    /// Returns the certificate.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Returns the serialized identity as received. Transaction IDs are computed from these bytes.
    #[must_use]
    pub fn creator(&self) -> &[u8] {
        &self.creator
    }

    /// Returns whether the certificate has expired, which validation does not check.
    #[must_use]
    pub fn is_expired(&self, now: SystemTime) -> bool {
        self.certificate.is_expired(now)
    }

    /// Verifies a signature by this identity over a message, which must not be hashed yet.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        self.certificate.key().verify(message, signature)
    }

    /// Returns whether the identity has a role in its organization.
    #[must_use]
    pub fn has_role(&self, role: Role) -> bool {
        match role {
            Role::Member => true,
            Role::Admin => self.is_admin,
            Role::Client | Role::Peer | Role::Orderer => self.node_role == Some(role),
        }
    }

    /// Returns whether the identity matches a principal.
    #[must_use]
    pub fn satisfies(&self, principal: &Principal) -> bool {
        match principal {
            Principal::Role { msp_id, role } => *msp_id == self.msp_id && self.has_role(*role),
            Principal::Unit { msp_id, unit, certifiers } => {
                *msp_id == self.msp_id
                    && certifiers[..] == self.certifiers
                    && self.certificate.units().contains(unit)
            }
            Principal::Identity { msp_id, certificate } => {
                *msp_id == self.msp_id && **certificate == self.certificate
            }
            Principal::Unsupported(_) => false,
        }
    }

    /// Returns whether two identities have the same certificate and MSP, regardless of their serialization.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.msp_id == other.msp_id && self.certificate.der() == other.certificate.der()
    }
}
