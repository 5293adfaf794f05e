//! The peers of a channel in this process, and which of them must endorse a transaction.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use ccs_channel::{Channel, LIFECYCLE};
use ccs_discovery::JoinedPeer;
use ccs_identity::{Identity, MspId, Principal, SignaturePolicy};
use ccs_layouts::{Chaincode, ChannelView, Collection, Endorsers, LayoutError};
use ccs_ordering::validation::ChannelPolicies;
use ccs_ordering::{ChaincodePolicies, CollectionPolicies, EndorsementPolicy};
use ccs_proto::peer::ChaincodeInterest;

use crate::endorser::Endorser;

/// Sequence number that each peer announces for `_lifecycle`.
const LIFECYCLE_SEQUENCE: &str = "1";

/// Peer that has joined a channel.
#[derive(Clone)]
pub(crate) struct ChannelPeer {
    pub(crate) endorser: Arc<Endorser>,
    pub(crate) channel: Arc<Channel>,
    identity: Arc<Identity>,
}

impl fmt::Debug for ChannelPeer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ChannelPeer").field("address", &self.address()).finish_non_exhaustive()
    }
}

impl ChannelPeer {
    /// Returns the peer of an endorser on a channel; [`None`] if it has not joined, or if its organization is not in
    /// the channel.
    pub(crate) fn new(endorser: &Arc<Endorser>, channel: &str) -> Option<Self> {
        let channel = endorser.channels.get(channel)?;
        let identity = channel.msps().identify(endorser.local.signer.creator()).ok()?;
        Some(Self { endorser: Arc::clone(endorser), channel: Arc::clone(channel), identity })
    }

    pub(crate) fn organization(&self) -> &MspId {
        self.endorser.local.signer.msp_id()
    }

    pub(crate) fn address(&self) -> &str {
        &self.endorser.local.address
    }

    /// Returns the peer as others know it.
    pub(crate) fn joined(&self) -> JoinedPeer {
        JoinedPeer {
            peer: self.endorser.local.announced(),
            identity: Arc::clone(&self.identity),
            height: self.channel.ledger().height(),
            chaincodes: self.chaincodes(),
        }
    }

    /// Returns the chaincodes that the peer can run, with the sequence numbers of their definitions: its organization
    /// has approved the definition, and the package is installed.
    fn chaincodes(&self) -> BTreeMap<String, String> {
        let runnable = |name: String| {
            let target = self.endorser.executor.resolve(&self.channel, &name).ok()?;
            Some((name, target.definition.sequence.to_string()))
        };
        let mut found: BTreeMap<_, _> =
            self.channel.defined().unwrap_or_default().into_iter().filter_map(runnable).collect();
        found.insert(LIFECYCLE.to_owned(), LIFECYCLE_SEQUENCE.to_owned());
        found
    }

    /// Returns whether the peer can simulate calls of a chaincode.
    pub(crate) fn has_chaincode(&self, chaincode: &str) -> bool {
        self.endorser.resolve(Some(&self.channel), chaincode).is_ok()
    }
}

impl ccs_layouts::Endorser for ChannelPeer {
    fn satisfies(&self, principal: &Principal) -> bool {
        self.identity.satisfies(principal)
    }

    fn has(&self, chaincode: &str, _: &str) -> bool {
        // All peers have the same definitions, so the version is the current one.
        self.has_chaincode(chaincode)
    }
}

/// Returns the combinations of peers that can endorse a transaction. `peers` must not be empty to have a result.
pub(crate) fn endorsers<'p>(
    channel: &str,
    peers: &'p [ChannelPeer],
    interest: &ChaincodeInterest,
) -> Result<Endorsers<'p, ChannelPeer>, LayoutError> {
    let chaincode = |name: &str| peers.first().and_then(|peer| chaincode(peer, name));
    ChannelView { channel, chaincode: &chaincode, peers }.endorsers(interest)
}

/// Returns a chaincode of the channel, as layouts need it.
pub(crate) fn chaincode(peer: &ChannelPeer, name: &str) -> Option<Chaincode> {
    let channel_policies = ChannelPolicies::new(peer.channel.msps());
    let effective = |policy: &EndorsementPolicy| -> Option<SignaturePolicy> {
        channel_policies.effective(policy).cloned()
    };
    if name == LIFECYCLE {
        let policy = effective(&EndorsementPolicy::Channel)?;
        return Some(Chaincode { version: LIFECYCLE_SEQUENCE.to_owned(), policy, collections: Vec::new() });
    }
    let policies: Arc<ChaincodePolicies> = peer.endorser.support.policies(&peer.channel, name)?;
    let collection = |collection: &CollectionPolicies| Collection {
        name: collection.name.clone(),
        members: collection.members.clone(),
        endorsement_policy: collection.endorsement_policy.as_ref().and_then(effective),
    };
    let definition = peer.channel.definition(name).ok().flatten();
    Some(Chaincode {
        version: definition.map(|definition| definition.sequence.to_string()).unwrap_or_default(),
        policy: effective(&policies.endorsement_policy)?,
        collections: policies.collections.iter().map(collection).collect(),
    })
}
