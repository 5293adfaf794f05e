//! The parts of a proposal that the gateway reads before an endorser: channel and chaincode of the specification.

use std::sync::Arc;

use ccs_chaincode::Gap;
use ccs_channel::Channel;
use ccs_proto::peer::SignedProposal;
use tonic::Status;

use crate::network::ChannelPeer;
use crate::peer::Peer;
use crate::proposal::{Decoded, Undecodable};
use ccs_ordering::observer::with_hint;

/// Proposal as the gateway sees it. Each endorser decodes the levels again: a copy of them here would hold memory for a
/// client whose signature no peer has checked.
#[derive(Debug)]
pub(super) struct GatewayProposal {
    signed: Arc<SignedProposal>,
    channel: String,
    chaincode: String,
    has_transient_data: bool,
}

/// Proposal that cannot be evaluated, because a part is missing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum GatewayProposalError {
    #[error("a signed proposal is required")]
    NoProposal,
    #[error("error unmarshalling {0}")]
    Undecodable(Undecodable),
    #[error("no channel id provided")]
    NoChannel,
    #[error("no chaincode spec is provided, channel id [{0}]")]
    NoSpecification(String),
    #[error("no chaincode id is provided, channel id [{0}]")]
    NoChaincodeId(String),
    #[error("no chaincode name is provided, channel id [{0}]")]
    NoChaincodeName(String),
}

impl GatewayProposal {
    /// Reads a proposal.
    pub(super) fn read(signed: SignedProposal) -> Result<Self, Undecodable> {
        let decoded = Decoded::new(signed);
        decoded.check_for_gateway()?;
        Ok(Self::of(&decoded))
    }

    /// Reads a proposal, and requires that it names a channel and a chaincode.
    pub(super) fn read_complete(signed: Option<SignedProposal>) -> Result<Self, GatewayProposalError> {
        let signed = signed.filter(|signed| !signed.proposal_bytes.is_empty());
        let decoded = Decoded::new(signed.ok_or(GatewayProposalError::NoProposal)?);
        decoded.check_for_gateway().map_err(GatewayProposalError::Undecodable)?;
        let channel = || decoded.channel().to_owned();
        if decoded.channel().is_empty() {
            return Err(GatewayProposalError::NoChannel);
        }
        let specification =
            decoded.specification().ok_or_else(|| GatewayProposalError::NoSpecification(channel()))?;
        let id = specification.chaincode_id.as_ref();
        let id = id.ok_or_else(|| GatewayProposalError::NoChaincodeId(channel()))?;
        if id.name.is_empty() {
            return Err(GatewayProposalError::NoChaincodeName(channel()));
        }
        Ok(Self::of(&decoded))
    }

    fn of(decoded: &Decoded) -> Self {
        let id = decoded.specification().and_then(|specification| specification.chaincode_id.as_ref());
        Self {
            signed: decoded.signed(),
            channel: decoded.channel().to_owned(),
            chaincode: id.map(|id| id.name.clone()).unwrap_or_default(),
            has_transient_data: decoded.has_transient_data(),
        }
    }

    /// Decodes the proposal for an endorser.
    pub(super) fn decoded(&self) -> Decoded {
        Decoded::new(Arc::clone(&self.signed))
    }

    /// Returns the name of the channel.
    pub(super) fn channel(&self) -> &str {
        &self.channel
    }

    /// Returns the name of the chaincode; empty if there is none.
    pub(super) fn chaincode(&self) -> &str {
        &self.chaincode
    }

    /// Returns the name of the function, for display.
    pub(super) fn function(&self) -> String {
        let decoded = self.decoded();
        let name = decoded.specification().and_then(|call| call.input.as_ref()?.args.first());
        name.map(|name| String::from_utf8_lossy(name).into_owned()).unwrap_or_default()
    }

    /// Returns whether the proposal has transient data, which the chaincode sees but which is never stored.
    pub(super) fn has_transient_data(&self) -> bool {
        self.has_transient_data
    }

    /// Reports a proposal that no peer can simulate, with what to change in it. If a defined chaincode does not run, the
    /// observer of each such peer receives the reason; as on a peer, the client receives no further details.
    pub(super) fn note_unknown(&self, peer: &Peer, call: &str, status: &Status, organizations: &[String]) {
        let peers = peer.peers_of(self.channel());
        let known: Vec<_> = peers.iter().map(|peer| peer.organization().as_str()).collect();
        let hint = match peer.channel(self.channel()) {
            None => peer.channels().hint(),
            Some(_) if organizations.iter().any(|name| !known.contains(&name.as_str())) => match &*known {
                [own] => format!("this peer endorses for {own} alone: leave out the other organizations"),
                known => format!("the network has the organizations {}", known.join(", ")),
            },
            Some(channel) if self.is_undefined(peers, organizations) => defined(channel),
            Some(_) => return,
        };
        peer.observer().warn(format!("rejected {call}: {}; {hint}", status.message()));
    }

    /// Returns whether the chaincode is not defined. If a defined one does not run on a peer of the organizations, or on
    /// any peer without organizations, the observer of that peer receives the reason.
    fn is_undefined(&self, peers: &[ChannelPeer], organizations: &[String]) -> bool {
        let is_asked = |peer: &&ChannelPeer| {
            organizations.is_empty() || organizations.iter().any(|name| name == peer.organization().as_str())
        };
        let mut is_undefined = false;
        for peer in peers.iter().filter(is_asked) {
            match peer.endorser.resolve(Some(&peer.channel), self.chaincode()) {
                Ok(_) => {}
                Err(Gap::Undefined(_)) => is_undefined = true,
                Err(gap) => peer.endorser.observer.warn(with_hint(&gap, gap.hint())),
            }
        }
        is_undefined
    }
}

/// Returns a hint with the chaincodes of a channel.
fn defined(channel: &Channel) -> String {
    let names = channel.defined().unwrap_or_default();
    if names.is_empty() {
        format!("channel {} has no chaincode", channel.name())
    } else {
        format!("channel {} has the chaincode {}", channel.name(), names.join(", "))
    }
}
