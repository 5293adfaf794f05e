//! Access checks for the readers and writers of a channel: its members.

use std::sync::Arc;

use ccs_identity::{Identity, MspManager};

/// Signed message, with the identity that claims to have signed it.
#[derive(Clone, Copy, Debug)]
pub struct SignedData<'a> {
    /// Serialized identity that claims to have signed.
    pub identity: &'a [u8],
    /// Signed message.
    pub message: &'a [u8],
    /// Signature over the message.
    pub signature: &'a [u8],
}

/// Access to a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read its blocks and its state.
    Read,
    /// Write its state: submit transactions.
    Write,
}

/// Access was denied. `Display` prints the policy's error as an orderer reports it; `reason` is for the peer's own
/// log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy requires 1 of the '{policy}' sub-policies to be satisfied"
)]
pub struct AccessDenied {
    policy: &'static str,
    /// Reason, for the peer's own log.
    pub reason: String,
}

impl AccessDenied {
    /// Returns the error text of a peer (Fabric 3.1 `core/policy/policy.go`).
    #[must_use]
    pub fn on(&self, channel: &str) -> String {
        let policy = self.policy;
        format!(
            "Failed evaluating policy on signed data during check policy on channel [{channel}] with policy [/Channel/Application/{policy}]: [{self}]"
        )
    }
}

/// Returns the error text of a peer for a channel that it does not know (same file).
#[must_use]
pub fn no_policy_manager(channel: &str) -> String {
    format!("Failed to get policy manager for channel [{channel}]")
}

/// Returns the error text of a peer for calls that belong to no channel (same file).
#[must_use]
pub fn channelless(what: &str, policy: &str, reason: &str) -> String {
    format!("{what} during channelless check policy with policy [{policy}]: [{reason}]")
}

impl Access {
    /// Returns the identity, if its organization is in the channel and the signature is valid.
    pub fn check(self, msps: &MspManager, signed: SignedData<'_>) -> Result<Arc<Identity>, AccessDenied> {
        let policy = match self {
            Self::Read => "Readers",
            Self::Write => "Writers",
        };
        let denied = |reason: &dyn std::fmt::Display| AccessDenied { policy, reason: reason.to_string() };
        let identity = msps.identify(signed.identity).map_err(|error| denied(&error))?;
        msps.verify(&identity, signed.message, signed.signature).map_err(|error| denied(&error))?;
        Ok(identity)
    }
}
