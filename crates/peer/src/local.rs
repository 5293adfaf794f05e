//! The peer's own identity.

use std::sync::Arc;

use ccs_identity::{MspManager, Signer};

/// The peer's own identity and organization.
#[derive(Clone, Debug)]
pub(crate) struct Local {
    /// Signs endorsements.
    pub(crate) signer: Arc<Signer>,
    /// MSPs whose members may make calls that belong to no channel.
    pub(crate) msps: Arc<MspManager>,
    /// Address that appears in errors, such as `localhost:7051`.
    pub(crate) address: String,
}
