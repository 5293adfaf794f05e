//! Who may read and write a channel: its members.

use std::sync::Arc;

use ccs_identity::{Identity, MspManager};

/// A message with its signature, and who is said to have signed it.
#[derive(Clone, Copy, Debug)]
pub struct SignedData<'a> {
    /// Who is said to have signed: an identity as messages hold it.
    pub identity: &'a [u8],
    /// The message.
    pub message: &'a [u8],
    /// The signature.
    pub signature: &'a [u8],
}

/// What somebody wants to do in a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read its blocks and its state.
    Read,
    /// Write its state: submit transactions.
    Write,
}

/// Somebody may not do what they want. The text is that of the policy, in which an orderer refuses; the reason is for a log of
/// one's own.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy requires 1 of the '{policy}' sub-policies to be satisfied"
)]
pub struct AccessDenied {
    policy: &'static str,
    /// What is wrong, for a log of one's own.
    pub reason: String,
}

impl AccessDenied {
    /// Returns the words in which a peer refuses (Fabric 3.1 `core/policy/policy.go`).
    #[must_use]
    pub fn on(&self, channel: &str) -> String {
        let policy = self.policy;
        format!(
            "Failed evaluating policy on signed data during check policy on channel [{channel}] with policy [/Channel/Application/{policy}]: [{self}]"
        )
    }
}

/// Returns the words in which a peer refuses what concerns a channel that it does not know (the same file).
#[must_use]
pub fn no_policy_manager(channel: &str) -> String {
    format!("Failed to get policy manager for channel [{channel}]")
}

/// Returns the words in which a peer refuses what belongs to no channel (the same file).
#[must_use]
pub fn channelless(what: &str, policy: &str, reason: &str) -> String {
    format!("{what} during channelless check policy with policy [{policy}]: [{reason}]")
}

impl Access {
    /// Returns the identity if it is one of the channel's organizations and the signature is its own.
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
