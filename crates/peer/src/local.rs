//! The peer's own identity, and the administrators of its organization.

use std::sync::Arc;
use std::time::SystemTime;

use ccs_channel::access::{SignedData, channelless};
use ccs_identity::{MspManager, Role, Signer};

/// The peer's own identity and organization.
#[derive(Clone, Debug)]
pub(crate) struct Local {
    /// Signs endorsements.
    pub(crate) signer: Arc<Signer>,
    /// MSPs whose members may make calls that belong to no channel.
    pub(crate) msps: Arc<MspManager>,
    /// Address that the peer announces, and that appears in errors, such as `localhost:7051`.
    pub(crate) address: String,
    /// Start of the peer.
    pub(crate) started: SystemTime,
}

impl Local {
    /// Returns what the peer announces to others.
    pub(crate) fn announced(&self) -> Arc<ccs_discovery::Peer> {
        Arc::new(ccs_discovery::Peer {
            signer: Arc::clone(&self.signer),
            endpoint: self.address.clone(),
            started: self.started,
        })
    }
}

/// Checks that a client is an administrator of the peer's organization. Returns the reason otherwise, in the words of a
/// Fabric peer (3.1 `core/policy/policy.go`).
pub(crate) fn require_admin(local: &MspManager, signed: SignedData<'_>) -> Result<(), String> {
    let identity = local.identify(signed.identity).map_err(|error| {
        channelless("Failed deserializing proposal creator", "Admins", &error.to_string())
    })?;
    if !identity.has_role(Role::Admin) {
        let msp = identity.msp_id();
        let reason = format!(
            "The identity is not an admin under this MSP [{msp}]: The identity does not contain OU [ADMIN], MSP: [{msp}]"
        );
        let what = "Failed verifying that proposal's creator satisfies local MSP principal";
        return Err(channelless(what, "Admins", &reason));
    }
    identity.verify(signed.message, signed.signature).map_err(|error| error.to_string())
}
