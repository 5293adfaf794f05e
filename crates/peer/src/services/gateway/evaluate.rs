//! Evaluate: simulates a proposal and gives the chaincode's response.

use ccs_proto::gateway::{EvaluateRequest, EvaluateResponse};
use ccs_proto::peer::{ChaincodeAction, ProposalResponse, ProposalResponsePayload, Response};
use prost::{DecodeError, Message};
use tokio::time::{Instant, sleep_until};
use tonic::{Code, Status};

use super::failure::with_detail;
use super::result::classify;
use super::unpacked::GatewayProposal;
use crate::node::Node;
use crate::observer::Purpose;

pub(super) async fn evaluate(
    node: &Node,
    request: EvaluateRequest,
    end: Instant,
) -> Result<EvaluateResponse, Status> {
    let signed = request.proposed_transaction;
    let proposal = GatewayProposal::read_complete(signed.as_ref()).map_err(|error| {
        Status::invalid_argument(format!("failed to unpack transaction proposal: {error}"))
    })?;
    find_endorser(node, &proposal, &request.target_organizations)?;
    let answer = tokio::select! {
        answer = node.endorser().process_proposal(signed.unwrap_or_default(), Purpose::Evaluate) => answer,
        () = sleep_until(end) => {
            return Err(Status::deadline_exceeded("evaluate timeout expired"));
        }
    };
    let answer = classify(answer).map_err(|error| {
        let message = if error.can_retry {
            "failed to evaluate transaction, see attached details for more info".to_owned()
        } else {
            format!("evaluate call to endorser returned error: {}", error.message)
        };
        with_detail(node, error.code, message, error.message)
    })?;
    let result = response(&answer).map_err(|error| {
        let said = format!("the endorsed response cannot be read: {error}");
        with_detail(node, Code::Aborted, said.clone(), said)
    })?;
    Ok(EvaluateResponse { result: Some(result) })
}

/// Finds out whether this node, the only endorser there is, may be asked.
fn find_endorser(node: &Node, proposal: &GatewayProposal, targets: &[String]) -> Result<(), Status> {
    let GatewayProposal { channel, .. } = proposal;
    if node.channel(channel).is_none() {
        return Err(Status::unavailable(format!(
            "failed to get config for channel [{channel}]: could not get last config for channel {channel}"
        )));
    }
    let is_target =
        targets.is_empty() || targets.iter().any(|target| *target == node.signer().msp_id().as_str());
    if is_target && node.endorser().has_chaincode(channel, proposal.chaincode()) {
        return Ok(());
    }
    let nobody =
        format!("no peers available to evaluate chaincode {} in channel {channel}", proposal.chaincode());
    if proposal.has_transient_data() && targets.is_empty() {
        return Err(Status::failed_precondition(format!(
            "no endorsers found in the gateway's organization; retry specifying target organization(s) to protect transient data: {nobody}"
        )));
    }
    Err(Status::failed_precondition(nobody))
}

/// Gives the response with the payload that was endorsed, if anything was.
fn response(answer: &ProposalResponse) -> Result<Response, DecodeError> {
    let response = answer.response.clone().unwrap_or_default();
    if answer.payload.is_empty() {
        return Ok(response);
    }
    let payload = ProposalResponsePayload::decode(answer.payload.as_slice())?;
    let action = ChaincodeAction::decode(payload.extension.as_slice())?;
    Ok(Response { payload: action.response.unwrap_or_default().payload, ..response })
}
