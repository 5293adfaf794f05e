//! Decodes each level of a proposal once.
//!
//! The gateway, the filter and the endorser read the levels in different orders and report errors in different words.
//! A level that cannot be decoded is therefore an error only for a consumer that reads it.

use std::sync::Arc;

use ccs_proto::common::{ChannelHeader, Header, SignatureHeader};
use ccs_proto::peer::{
    ChaincodeInvocationSpec, ChaincodeProposalPayload, ChaincodeSpec, Proposal, SignedProposal,
};
use prost::{DecodeError, Message};

use super::error::Undecodable;

/// Proposal whose levels are decoded as far as possible.
#[derive(Clone, Debug)]
pub struct Decoded {
    pub(super) signed: Arc<SignedProposal>,
    outer: Result<(), (Outer, DecodeError)>,
    /// Headers as received.
    pub(super) header: Header,
    pub(super) channel_header: Result<ChannelHeader, DecodeError>,
    pub(super) signature_header: Result<SignatureHeader, DecodeError>,
    pub(super) payload: Result<ChaincodeProposalPayload, DecodeError>,
    pub(super) specification: Result<Option<ChaincodeSpec>, DecodeError>,
}

/// Levels that contain all others.
#[derive(Clone, Copy, Debug)]
enum Outer {
    Proposal,
    Header,
}

/// Names under which a consumer reports the levels.
pub(super) struct Names {
    pub(super) proposal: &'static str,
    pub(super) header: &'static str,
    pub(super) channel_header: &'static str,
    pub(super) signature_header: &'static str,
}

/// Names of the protobuf messages.
pub(super) const MESSAGES: Names = Names {
    proposal: "Proposal",
    header: "Header",
    channel_header: "ChannelHeader",
    signature_header: "SignatureHeader",
};

impl Decoded {
    /// Decodes the levels of a proposal. Signed bytes are kept as received and never encoded again: hashes and
    /// signatures cover them, and prost drops unknown fields.
    #[must_use]
    pub fn new(signed: impl Into<Arc<SignedProposal>>) -> Self {
        let signed = signed.into();
        let (proposal, mut outer) = match Proposal::decode(signed.proposal_bytes.as_slice()) {
            Ok(proposal) => (proposal, Ok(())),
            Err(error) => (Proposal::default(), Err((Outer::Proposal, error))),
        };
        let header = Header::decode(proposal.header.as_slice()).unwrap_or_else(|error| {
            outer = outer.clone().and(Err((Outer::Header, error)));
            Header::default()
        });
        let payload = ChaincodeProposalPayload::decode(proposal.payload.as_slice());
        let specification = payload.as_ref().map_err(Clone::clone).and_then(|payload| {
            Ok(ChaincodeInvocationSpec::decode(payload.input.as_slice())?.chaincode_spec)
        });
        Self {
            signed,
            outer,
            channel_header: ChannelHeader::decode(header.channel_header.as_slice()),
            signature_header: SignatureHeader::decode(header.signature_header.as_slice()),
            header,
            payload,
            specification,
        }
    }

    /// Returns an error if one of the levels that contain all others cannot be decoded.
    pub(super) fn check_outer(&self, names: &Names) -> Result<(), Undecodable> {
        self.outer.clone().map_err(|(outer, reason)| {
            let message = match outer {
                Outer::Proposal => names.proposal,
                Outer::Header => names.header,
            };
            Undecodable { message, reason }
        })
    }

    /// Returns an error if a level that the gateway reads cannot be decoded.
    pub(crate) fn check_for_gateway(&self) -> Result<(), Undecodable> {
        self.check_outer(&MESSAGES)?;
        level(MESSAGES.channel_header, &self.channel_header)?;
        level("ChaincodeProposalPayload", &self.payload)?;
        level("ChaincodeInvocationSpec", &self.specification)?;
        Ok(())
    }

    /// Returns the proposal as the client sent it.
    pub(crate) fn signed(&self) -> Arc<SignedProposal> {
        Arc::clone(&self.signed)
    }

    /// Returns the name of the channel; empty if the header names none.
    pub(crate) fn channel(&self) -> &str {
        self.channel_header.as_ref().map(|header| header.channel_id.as_str()).unwrap_or_default()
    }

    /// Returns the specification of the called chaincode, if there is one.
    pub(crate) fn specification(&self) -> Option<&ChaincodeSpec> {
        self.specification.as_ref().ok()?.as_ref()
    }

    /// Returns whether the proposal has transient data, which the chaincode sees but which is never stored.
    pub(crate) fn has_transient_data(&self) -> bool {
        self.payload.as_ref().is_ok_and(|payload| !payload.transient_map.is_empty())
    }
}

/// Returns a level, or the error from decoding it.
pub(super) fn level<'a, T>(
    message: &'static str,
    level: &'a Result<T, DecodeError>,
) -> Result<&'a T, Undecodable> {
    level.as_ref().map_err(|reason| Undecodable { message, reason: reason.clone() })
}

/// Like `level`, but takes the level by value.
pub(super) fn into_level<T>(message: &'static str, level: Result<T, DecodeError>) -> Result<T, Undecodable> {
    level.map_err(|reason| Undecodable { message, reason })
}
