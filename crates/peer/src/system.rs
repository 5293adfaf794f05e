//! The system chaincodes that are functions of this process: no simulation, no read/write set.
//!
//! Each is a module with one function from arguments to a response; [`System::find`] names them. `_lifecycle`, which reads and
//! writes a channel in a simulation, is [`lifecycle`](crate::lifecycle).

mod cscc;
mod qscc;

use ccs_proto::peer::{
    ChaincodeInvocationSpec, ChaincodeProposalPayload, Proposal, Response, SignedProposal,
};
use prost::Message;

use crate::access::{Access, SignedData};
use crate::endorser::CheckedProposal;
use crate::node::{JoinedChannel, Node};

/// A system chaincode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum System {
    /// Answers questions on the ledger.
    Qscc,
    /// Answers questions on channels and their configuration.
    Cscc,
}

impl System {
    pub(crate) fn find(name: &str) -> Option<Self> {
        match name {
            "qscc" => Some(Self::Qscc),
            "cscc" => Some(Self::Cscc),
            _ => None,
        }
    }

    pub(crate) fn invoke(self, node: &Node, proposal: &CheckedProposal) -> Response {
        let request = Request { node, proposal };
        let answer = match self {
            Self::Qscc => qscc::invoke(&request),
            Self::Cscc => cscc::invoke(&request),
        };
        match answer {
            Ok(payload) => Response { status: 200, message: String::new(), payload },
            Err(message) => failure(message),
        }
    }

    /// Answers a chaincode that calls this one, in the transaction of a proposal: only clients may.
    pub(crate) fn reject(self, signed: &SignedProposal) -> Response {
        failure(self.rejection(&called(signed)))
    }

    /// Says that the client called another chaincode, which calls this one.
    fn rejection(self, called: &str) -> String {
        match self {
            Self::Qscc => format!(
                "Rejecting invoke of QSCC from another chaincode because of potential for deadlocks, original invocation for '{called}'"
            ),
            Self::Cscc => {
                format!("Rejecting invoke of CSCC from another chaincode, original invocation for '{called}'")
            }
        }
    }
}

fn failure(message: String) -> Response {
    Response { status: 500, message, payload: Vec::new() }
}

/// Gives the name of the chaincode that the client called, which is another one in the specification if that is what the
/// client signed.
fn called(signed: &SignedProposal) -> String {
    let name = || {
        let proposal = Proposal::decode(signed.proposal_bytes.as_slice()).ok()?;
        let payload = ChaincodeProposalPayload::decode(proposal.payload.as_slice()).ok()?;
        let specification = ChaincodeInvocationSpec::decode(payload.input.as_slice()).ok()?;
        Some(specification.chaincode_spec?.chaincode_id?.name)
    };
    name().unwrap_or_default()
}

/// The result's bytes, or the message of a response with status 500.
type Answer = Result<Vec<u8>, String>;

/// A call of a system chaincode.
struct Request<'a> {
    node: &'a Node,
    proposal: &'a CheckedProposal,
}

impl Request<'_> {
    fn arguments(&self) -> &[Vec<u8>] {
        &self.proposal.unpacked.input.args
    }

    /// Gives an argument as text.
    fn text(&self, index: usize) -> String {
        self.arguments().get(index).map(|text| String::from_utf8_lossy(text).into_owned()).unwrap_or_default()
    }

    fn called(&self) -> String {
        called(&self.proposal.unpacked.signed)
    }

    /// Checks that the client may read a channel.
    fn may_read(&self, channel: &JoinedChannel) -> Result<(), String> {
        let signed = &self.proposal.unpacked.signed;
        let signed = SignedData {
            identity: self.proposal.creator.creator(),
            message: &signed.proposal_bytes,
            signature: &signed.signature,
        };
        Access::Read.check(channel.msps(), signed).map(|_| ()).map_err(|error| error.on(channel.name()))
    }
}
