//! Endorse: simulates a proposal and puts the transaction together that the client then signs.

use ccs_proto::common::{Envelope, Payload};
use ccs_proto::gateway::{EndorseRequest, EndorseResponse};
use ccs_proto::peer::{
    ChaincodeActionPayload, ChaincodeEndorsedAction, ChaincodeProposalPayload, ProposalResponse, Transaction,
    TransactionAction,
};
use prost::Message;
use tokio::time::{Instant, sleep_until};
use tonic::{Code, Status};

use super::failure::with_detail;
use super::result::classify;
use super::unpacked::GatewayProposal;
use crate::node::Node;
use crate::observer::Purpose;

pub(super) async fn endorse(
    node: &Node,
    request: EndorseRequest,
    end: Instant,
) -> Result<EndorseResponse, Status> {
    let signed = request.proposed_transaction.unwrap_or_default();
    if signed.proposal_bytes.is_empty() {
        return Err(Status::invalid_argument("the proposed transaction must contain a signed proposal"));
    }
    let proposal = GatewayProposal::read(&signed)
        .map_err(|error| Status::invalid_argument(format!("error unmarshalling {error}")))?;
    let organizations = &request.endorsing_organizations;
    find_endorser(node, &proposal, organizations)?;
    let (failed, late) = if organizations.is_empty() {
        (
            "failed to endorse transaction, see attached details for more info",
            "endorsement timeout expired while collecting first endorsement",
        )
    } else {
        (
            "failed to collect enough transaction endorsements, see attached details for more info",
            "endorsement timeout expired while collecting endorsements",
        )
    };
    let answer = tokio::select! {
        answer = node.endorser().process_proposal(signed, Purpose::Endorse) => answer,
        () = sleep_until(end) => return Err(Status::deadline_exceeded(late)),
    };
    let answer = classify(answer).map_err(|error| with_detail(node, Code::Aborted, failed, error.message))?;
    let prepared = prepare(proposal, answer);
    let prepared =
        prepared.ok_or_else(|| Status::aborted("failed to assemble transaction: there is no endorsement"))?;
    Ok(EndorseResponse { prepared_transaction: Some(prepared) })
}

/// Finds out whether this node, the only endorser there is, may endorse.
fn find_endorser(node: &Node, proposal: &GatewayProposal, organizations: &[String]) -> Result<(), Status> {
    let (channel, chaincode) = (&proposal.channel, proposal.chaincode());
    let is_there = node.endorser().has_chaincode(channel, chaincode);
    let own = node.signer().msp_id().as_str();
    let missing: Vec<_> =
        organizations.iter().filter(|organization| !is_there || *organization != own).cloned().collect();
    if !missing.is_empty() {
        return Err(Status::unavailable(format!(
            "failed to find any endorsing peers for org(s): {}",
            missing.join(", ")
        )));
    }
    if is_there {
        return Ok(());
    }
    if proposal.has_transient_data() {
        return Err(Status::failed_precondition(
            "no endorsers found in the gateway's organization; retry specifying endorsing organization(s) to protect transient data",
        ));
    }
    // A channel that the peer has not joined has no chaincode either (Fabric 3.1 `discovery/endorsement/endorsement.go`).
    Err(Status::failed_precondition(format!(
        "no combination of peers can be derived which satisfy the endorsement policy: No metadata was found for chaincode \
         {chaincode} in channel {channel}"
    )))
}

/// Puts the transaction together; headers and input go in as they came.
fn prepare(proposal: GatewayProposal, answer: ProposalResponse) -> Option<Envelope> {
    let without_transient =
        ChaincodeProposalPayload { input: proposal.payload.input, ..ChaincodeProposalPayload::default() };
    let action = ChaincodeEndorsedAction {
        proposal_response_payload: answer.payload,
        endorsements: vec![answer.endorsement?],
    };
    let payload = ChaincodeActionPayload {
        chaincode_proposal_payload: without_transient.encode_to_vec(),
        action: Some(action),
    };
    let action = TransactionAction {
        header: proposal.header.signature_header.clone(),
        payload: payload.encode_to_vec(),
    };
    let transaction = Transaction { actions: vec![action] };
    let payload = Payload { header: Some(proposal.header), data: transaction.encode_to_vec() };
    Some(Envelope { payload: payload.encode_to_vec(), signature: Vec::new() })
}
