//! The response to a proposal (Fabric 3.1 `core/endorser/endorser.go`).

use ccs_identity::{MspManager, Signer, SignerError};
use ccs_ledger::{Results, Touched};
use ccs_proto::limits::ERROR_THRESHOLD;
use ccs_proto::peer::{
    ChaincodeAction, ChaincodeEvent, ChaincodeId, Endorsement, ProposalResponse, ProposalResponsePayload,
    Response,
};
use prost::Message;

use crate::proposal::Unpacked;

/// Lowest status that means failure of the chaincode.
const FAILED: i32 = 500;

/// The endorsing signer, and the manager that remembers the signature until the transaction is validated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Endorsing<'a> {
    pub(super) signer: &'a Signer,
    pub(super) msps: &'a MspManager,
}

impl Endorsing<'_> {
    fn endorse(self, payload: &[u8]) -> Result<Endorsement, SignerError> {
        let endorser = self.signer.creator().to_vec();
        let signature = self.msps.sign(self.signer, &[payload, &endorser].concat())?;
        Ok(Endorsement { endorser, signature })
    }
}

/// Outcome of a simulation.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Version of the definition that ran.
    pub(super) version: String,
    pub(crate) response: Response,
    pub(super) event: Option<ChaincodeEvent>,
    /// Read/write set; [`None`] for system chaincodes.
    pub(super) results: Option<Results>,
}

/// Returns the response for a proposal that was not simulated or whose simulation failed.
pub(super) fn failure(message: String) -> ProposalResponse {
    let response = Response { status: FAILED, message, payload: Vec::new() };
    ProposalResponse { response: Some(response), ..ProposalResponse::default() }
}

impl Outcome {
    /// Creates the outcome of a call that sets no event and reads no channel.
    pub(super) fn new(version: &str, response: Response) -> Self {
        Self { version: version.to_owned(), response, event: None, results: None }
    }

    /// Takes the list of keys that were read or written.
    pub(super) fn take_touched(&mut self) -> Vec<Touched> {
        self.results.as_mut().map(|results| std::mem::take(&mut results.touched)).unwrap_or_default()
    }

    /// Builds the response, with an endorsement if the status allows one.
    pub(super) fn answer(
        self,
        proposal: &Unpacked,
        endorsing: Endorsing<'_>,
    ) -> Result<ProposalResponse, SignerError> {
        let status = self.response.status;
        let answer =
            ProposalResponse { response: Some(self.response.clone()), ..ProposalResponse::default() };
        if status >= FAILED {
            return Ok(ProposalResponse { payload: self.payload(proposal), ..answer });
        }
        if proposal.channel().is_empty() || status >= ERROR_THRESHOLD {
            return Ok(answer);
        }
        let payload = self.payload(proposal);
        let endorsement = Some(endorsing.endorse(&payload)?);
        Ok(ProposalResponse { version: 1, payload, endorsement, ..answer })
    }

    /// Encodes the endorsed payload. Encoding is deterministic, since none of the messages contains a map.
    fn payload(self, proposal: &Unpacked) -> Vec<u8> {
        let event = self.event.filter(|_| self.response.status < ERROR_THRESHOLD);
        // A chaincode cannot set events in the name of another one.
        let event = event.map(|event| ChaincodeEvent {
            chaincode_id: proposal.chaincode.clone(),
            tx_id: proposal.transaction_id().to_owned(),
            ..event
        });
        let chaincode_id =
            ChaincodeId { name: proposal.chaincode.clone(), version: self.version, ..ChaincodeId::default() };
        let results = self.results.map(|results| results.public.encode_to_vec());
        let action = ChaincodeAction {
            results: results.unwrap_or_default(),
            events: event.map(|event| event.encode_to_vec()).unwrap_or_default(),
            response: Some(self.response),
            chaincode_id: Some(chaincode_id),
        };
        let payload = ProposalResponsePayload {
            proposal_hash: proposal.hash().to_vec(),
            extension: action.encode_to_vec(),
        };
        payload.encode_to_vec()
    }
}
