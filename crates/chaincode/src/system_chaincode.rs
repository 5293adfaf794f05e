//! The system chaincodes that are functions in the peer's process: their names, and the errors for chaincode that
//! calls them.

use ccs_proto::peer::{
    ChaincodeInvocationSpec, ChaincodeProposalPayload, Proposal, Response, SignedProposal,
};
use prost::Message;

/// System chaincode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SystemChaincode {
    /// Answers queries for the ledger.
    Qscc,
    /// Answers queries for channels and their configuration.
    Cscc,
}

impl SystemChaincode {
    /// Finds a system chaincode by name.
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

    /// Returns the error for a chaincode that calls this one, which only clients may.
    pub(crate) fn reject(self, signed: &SignedProposal) -> Response {
        Response { status: 500, message: self.rejection(&called(signed)), payload: Vec::new() }
    }

    /// Returns the error text, with the name of the chaincode that the client called.
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

/// Returns the name of the chaincode that the client called, from the specification that it signed. The header may name
/// another one.
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
