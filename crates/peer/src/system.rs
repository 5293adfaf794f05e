//! System chaincodes that are plain functions: they have no simulation and no read/write set.
//!
//! Each is a module with one function from arguments to a response; [`SystemChaincode`] lists them. `_lifecycle`,
//! which reads and writes a channel in a simulation, is in [`lifecycle`](crate::lifecycle).

mod cscc;
mod qscc;

use ccs_chaincode::{SystemChaincode, called};
use ccs_channel::access::{Access, SignedData};
use ccs_channel::{Channel, Channels};
use ccs_proto::peer::Response;

pub(crate) use cscc::channel_config;

use crate::local::Local;
use crate::proposal::CheckedProposal;

/// Answers a client's call of a system chaincode.
pub(crate) fn invoke(system: SystemChaincode, request: &Request<'_>) -> Response {
    let answer = match system {
        SystemChaincode::Qscc => qscc::invoke(request),
        SystemChaincode::Cscc => cscc::invoke(request),
    };
    match answer {
        Ok(payload) => Response { status: 200, message: String::new(), payload },
        Err(message) => Response { status: 500, message, payload: Vec::new() },
    }
}

/// Encoded result, or the message of a response with status 500.
type Answer = Result<Vec<u8>, String>;

/// Call of a system chaincode.
pub(crate) struct Request<'a> {
    pub(crate) local: &'a Local,
    pub(crate) channels: &'a Channels,
    pub(crate) proposal: &'a CheckedProposal,
}

impl Request<'_> {
    fn arguments(&self) -> &[Vec<u8>] {
        &self.proposal.unpacked.input.args
    }

    /// Returns an argument as text.
    fn text(&self, index: usize) -> String {
        self.arguments().get(index).map(|text| String::from_utf8_lossy(text).into_owned()).unwrap_or_default()
    }

    fn called(&self) -> String {
        called(&self.proposal.unpacked.signed)
    }

    /// Returns the proposal with its creator and signature.
    fn signed(&self) -> SignedData<'_> {
        let signed = &self.proposal.unpacked.signed;
        SignedData {
            identity: self.proposal.creator.creator(),
            message: &signed.proposal_bytes,
            signature: &signed.signature,
        }
    }

    /// Checks that the client may read a channel.
    fn may_read(&self, channel: &Channel) -> Result<(), String> {
        Access::Read
            .check(channel.msps(), self.signed())
            .map(|_| ())
            .map_err(|error| error.on(channel.name()))
    }
}
