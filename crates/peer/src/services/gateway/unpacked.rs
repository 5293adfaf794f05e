//! What the gateway looks at in a proposal before an endorser sees it: channel and chaincode of the specification.

use std::sync::Arc;

use ccs_channel::Channel;
use ccs_proto::peer::SignedProposal;

use crate::endorser::Callee;
use crate::observer::with_hint;
use crate::peer::Peer;
use crate::proposal::{Decoded, Undecodable};

/// A proposal as the gateway sees it.
#[derive(Debug)]
pub(super) struct GatewayProposal {
    pub(super) decoded: Decoded,
}

/// A proposal cannot be evaluated: it does not say what.
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
    /// Decodes the levels of a proposal.
    pub(super) fn read(signed: SignedProposal) -> Result<Self, Undecodable> {
        let decoded = Decoded::new(signed);
        decoded.check_for_gateway()?;
        Ok(Self { decoded })
    }

    /// Reads a proposal that has to name a channel and a chaincode.
    pub(super) fn read_complete(signed: Option<SignedProposal>) -> Result<Self, GatewayProposalError> {
        let signed = signed.filter(|signed| !signed.proposal_bytes.is_empty());
        let proposal = Self::read(signed.ok_or(GatewayProposalError::NoProposal)?)
            .map_err(GatewayProposalError::Undecodable)?;
        let channel = || proposal.channel().to_owned();
        if proposal.channel().is_empty() {
            return Err(GatewayProposalError::NoChannel);
        }
        let specification = proposal
            .decoded
            .specification()
            .ok_or_else(|| GatewayProposalError::NoSpecification(channel()))?;
        let id = specification.chaincode_id.as_ref();
        let id = id.ok_or_else(|| GatewayProposalError::NoChaincodeId(channel()))?;
        if id.name.is_empty() {
            return Err(GatewayProposalError::NoChaincodeName(channel()));
        }
        Ok(proposal)
    }

    /// Returns the name of the channel.
    pub(super) fn channel(&self) -> &str {
        self.decoded.channel()
    }

    /// Returns the chaincode's name; empty if there is none.
    pub(super) fn chaincode(&self) -> &str {
        let id = self.decoded.specification().and_then(|specification| specification.chaincode_id.as_ref());
        id.map(|id| id.name.as_str()).unwrap_or_default()
    }

    /// Returns whether there are values that the chaincode sees and nobody stores.
    pub(super) fn has_transient_data(&self) -> bool {
        self.decoded.has_transient_data()
    }

    /// Resolves what is called on a channel; [`None`] if this peer cannot simulate it.
    ///
    /// A client of the gateway is told no more than that, as by a peer; why a chaincode that is defined does not run is told
    /// to whoever watches.
    pub(super) fn resolve(&self, peer: &Peer, channel: &Arc<Channel>) -> Option<Callee> {
        match peer.endorser().resolve(Some(channel), self.chaincode()) {
            Ok(callee) => Some(callee),
            Err(ccs_chaincode::Gap::Undefined(_)) => None,
            Err(gap) => {
                peer.observer().warn(with_hint(&gap, gap.hint()));
                None
            }
        }
    }
}
