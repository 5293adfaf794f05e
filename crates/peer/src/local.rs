//! The peer's own identity.

use std::sync::Arc;
use std::time::SystemTime;

use ccs_identity::{MspManager, Signer};

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
