//! The answer to a proposal (Fabric 3.1 `core/endorser/endorser.go`).

use ccs_identity::{MspManager, Signer, SignerError};
use ccs_proto::peer::{
    ChaincodeAction, ChaincodeEvent, ChaincodeId, Endorsement, ProposalResponse, ProposalResponsePayload,
    Response,
};
use prost::Message;

/// The least status with which a chaincode says that it has failed.
const FAILED: i32 = 500;

/// The least status that is not endorsed.
const NOT_ENDORSED: i32 = 400;

/// Who endorses, and the manager that is to know the signature when the transaction comes back.
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

/// What came of a simulation.
#[derive(Debug)]
pub(super) struct Outcome<'a> {
    pub(super) channel: &'a str,
    pub(super) chaincode: &'a str,
    /// The version of its definition.
    pub(super) version: String,
    pub(super) transaction_id: &'a str,
    pub(super) proposal_hash: [u8; 32],
    /// The bytes of the public read/write set; empty for system chaincodes.
    pub(super) results: Vec<u8>,
    pub(super) response: Response,
    pub(super) event: Option<ChaincodeEvent>,
}

/// Gives the response of a proposal for which nothing was simulated, or whose simulation failed.
pub(super) fn failure(message: String) -> ProposalResponse {
    let response = Response { status: FAILED, message, payload: Vec::new() };
    ProposalResponse { response: Some(response), ..ProposalResponse::default() }
}

impl Outcome<'_> {
    /// Answers, and endorses what may be endorsed; without an endorser nothing is signed.
    pub(super) fn answer(self, endorser: Option<Endorsing<'_>>) -> Result<ProposalResponse, SignerError> {
        let response = self.response.clone();
        let channel_is_empty = self.channel.is_empty();
        let answer = ProposalResponse { response: Some(response.clone()), ..ProposalResponse::default() };
        if response.status >= FAILED {
            return Ok(ProposalResponse { payload: self.payload(), ..answer });
        }
        if channel_is_empty || response.status >= NOT_ENDORSED {
            return Ok(answer);
        }
        let payload = self.payload();
        let endorsement = endorser.map(|endorser| endorser.endorse(&payload)).transpose()?;
        Ok(ProposalResponse { version: 1, payload, endorsement, ..answer })
    }

    /// Encodes what is endorsed. The same outcome gives the same bytes: no message in it holds a map.
    fn payload(self) -> Vec<u8> {
        let event = self.event.filter(|_| self.response.status < NOT_ENDORSED);
        // A chaincode does not speak for others.
        let event = event.map(|event| ChaincodeEvent {
            chaincode_id: self.chaincode.to_owned(),
            tx_id: self.transaction_id.to_owned(),
            ..event
        });
        let chaincode_id =
            ChaincodeId { name: self.chaincode.to_owned(), version: self.version, ..ChaincodeId::default() };
        let action = ChaincodeAction {
            results: self.results,
            events: event.map(|event| event.encode_to_vec()).unwrap_or_default(),
            response: Some(self.response),
            chaincode_id: Some(chaincode_id),
        };
        let payload = ProposalResponsePayload {
            proposal_hash: self.proposal_hash.to_vec(),
            extension: action.encode_to_vec(),
        };
        payload.encode_to_vec()
    }
}
