//! What the gateway reads out of a proposal before an endorser sees it: channel and chaincode of the specification.

use ccs_proto::common::{ChannelHeader, Header};
use ccs_proto::peer::{
    ChaincodeInvocationSpec, ChaincodeProposalPayload, ChaincodeSpec, Proposal, SignedProposal,
};

use crate::proposal::{Undecodable, decode};

/// A proposal as the gateway sees it.
#[derive(Debug)]
pub(super) struct GatewayProposal {
    pub(super) header: Header,
    pub(super) channel: String,
    pub(super) payload: ChaincodeProposalPayload,
    specification: Option<ChaincodeSpec>,
}

/// A proposal cannot be evaluated: it does not say what.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum UnpackError {
    #[error("a signed proposal is required")]
    NoProposal,
    #[error("error unmarshalling {0}")]
    Undecodable(#[from] Undecodable),
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
    pub(super) fn read(signed: &SignedProposal) -> Result<Self, Undecodable> {
        let proposal: Proposal = decode("Proposal", &signed.proposal_bytes)?;
        let header: Header = decode("Header", &proposal.header)?;
        let channel_header: ChannelHeader = decode("ChannelHeader", &header.channel_header)?;
        let payload: ChaincodeProposalPayload = decode("ChaincodeProposalPayload", &proposal.payload)?;
        let specification: ChaincodeInvocationSpec = decode("ChaincodeInvocationSpec", &payload.input)?;
        let specification = specification.chaincode_spec;
        Ok(Self { header, channel: channel_header.channel_id, payload, specification })
    }

    /// Reads a proposal that has to name a channel and a chaincode.
    pub(super) fn read_complete(signed: Option<&SignedProposal>) -> Result<Self, UnpackError> {
        let signed = signed.filter(|signed| !signed.proposal_bytes.is_empty());
        let proposal = Self::read(signed.ok_or(UnpackError::NoProposal)?)?;
        let channel = || proposal.channel.clone();
        if proposal.channel.is_empty() {
            return Err(UnpackError::NoChannel);
        }
        let specification =
            proposal.specification.as_ref().ok_or_else(|| UnpackError::NoSpecification(channel()))?;
        let id = specification.chaincode_id.as_ref().ok_or_else(|| UnpackError::NoChaincodeId(channel()))?;
        if id.name.is_empty() {
            return Err(UnpackError::NoChaincodeName(channel()));
        }
        Ok(proposal)
    }

    /// Gives the chaincode's name; empty if there is none.
    pub(super) fn chaincode(&self) -> &str {
        let id = self.specification.as_ref().and_then(|specification| specification.chaincode_id.as_ref());
        id.map(|id| id.name.as_str()).unwrap_or_default()
    }

    pub(super) fn has_transient_data(&self) -> bool {
        !self.payload.transient_map.is_empty()
    }
}
