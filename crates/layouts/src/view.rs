//! The input: the chaincodes and the peers of a channel.

use std::fmt;

use ccs_identity::{Principal, SignaturePolicy};

/// Peer that may endorse.
pub trait Endorser {
    /// Returns whether the peer's identity matches a principal.
    fn satisfies(&self, principal: &Principal) -> bool;

    /// Returns whether the peer can run a chaincode under the definition with this version.
    fn has(&self, chaincode: &str, version: &str) -> bool;
}

/// Chaincode of a channel, with the policies of its definition. References to policies of the channel are resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chaincode {
    /// Version that the peers announce: the sequence number of the definition as decimal text.
    pub version: String,
    /// Endorsement policy of the namespace.
    pub policy: SignaturePolicy,
    /// Collections of the definition, without the implicit ones.
    pub collections: Vec<Collection>,
}

/// Collection of a chaincode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collection {
    /// Name of the collection.
    pub name: String,
    /// Member policy: a peer that matches one of its principals may have the values.
    pub members: SignaturePolicy,
    /// Endorsement policy; [`None`] to use that of the namespace.
    pub endorsement_policy: Option<SignaturePolicy>,
}

/// View of a channel at one moment.
#[derive(Clone, Copy)]
pub struct ChannelView<'v, 'p, P> {
    /// Name of the channel.
    pub channel: &'v str,
    /// Returns a chaincode by name; [`None`] if it is not defined, or if its policy cannot be resolved.
    pub chaincode: &'v dyn Fn(&str) -> Option<Chaincode>,
    /// Peers that have joined the channel and are alive.
    pub peers: &'p [P],
}

impl<P: fmt::Debug> fmt::Debug for ChannelView<'_, '_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("ChannelView");
        shown.field("channel", &self.channel).field("peers", &self.peers).finish_non_exhaustive()
    }
}
