//! The system chaincodes that are functions of the peer's process: their names, and the words in which they reject a
//! chaincode that calls them.

use ccs_proto::peer::{
    ChaincodeInvocationSpec, ChaincodeProposalPayload, Proposal, Response, SignedProposal,
};
use prost::Message;

/// A system chaincode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SystemChaincode {
    /// Answers questions on the ledger.
    Qscc,
    /// Answers questions on channels and their configuration.
    Cscc,
}

impl SystemChaincode {
    /// Finds a system chaincode by its name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        [Self::Qscc, Self::Cscc].into_iter().find(|system| system.name() == name)
    }

    /// Returns the name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Qscc => "qscc",
            Self::Cscc => "cscc",
        }
    }

    /// Answers a chaincode that calls this one, in the transaction of a proposal: only clients may.
    pub(crate) fn reject(self, signed: &SignedProposal) -> Response {
        Response { status: 500, message: self.rejection(&called(signed)), payload: Vec::new() }
    }

    /// Says that the client called another chaincode, which calls this one.
    #[must_use]
    pub fn rejection(self, called: &str) -> String {
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

/// Returns the name of the chaincode that the client called, which is another one in the specification if that is what the
/// client signed.
#[must_use]
pub fn called(signed: &SignedProposal) -> String {
    let name = || {
        let proposal = Proposal::decode(signed.proposal_bytes.as_slice()).ok()?;
        let payload = ChaincodeProposalPayload::decode(proposal.payload.as_slice()).ok()?;
        let specification = ChaincodeInvocationSpec::decode(payload.input.as_slice()).ok()?;
        Some(specification.chaincode_spec?.chaincode_id?.name)
    };
    name().unwrap_or_default()
}
