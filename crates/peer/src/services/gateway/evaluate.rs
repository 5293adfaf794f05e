//! `Evaluate`: simulates a proposal and returns the chaincode's response.

use ccs_proto::gateway::{EvaluateRequest, EvaluateResponse};
use tokio::time::{Instant, sleep_until};
use tonic::Status;

use super::failure::with_detail;
use super::result::{Unsuccessful, classify_error, classify_response};
use super::unpacked::GatewayProposal;
use crate::endorser::Callee;
use crate::peer::Peer;

pub(super) async fn evaluate(
    peer: &Peer,
    request: EvaluateRequest,
    end: Instant,
) -> Result<EvaluateResponse, Status> {
    let proposal = GatewayProposal::read_complete(request.proposed_transaction).map_err(|error| {
        Status::invalid_argument(format!("failed to unpack transaction proposal: {error}"))
    })?;
    let organizations = &request.target_organizations;
    let callee = find_endorser(peer, &proposal, organizations)
        .inspect_err(|status| proposal.note_unknown(peer, "Evaluate", status, organizations))?;
    let evaluated = tokio::select! {
        evaluated = peer.endorser().evaluate(proposal.decoded, Some(callee)) => evaluated,
        () = sleep_until(end) => {
            return Err(Status::deadline_exceeded("evaluate timeout expired"));
        }
    };
    let response = match evaluated {
        Ok(processed) => match processed.outcome {
            Ok(outcome) => classify_response(outcome.response),
            Err(message) => Err(Unsuccessful::failed(message)),
        },
        Err(error) => Err(classify_error(&error)),
    };
    let result = response.map_err(|error| {
        let message = if error.can_retry {
            "failed to evaluate transaction, see attached details for more info".to_owned()
        } else {
            format!("evaluate call to endorser returned error: {}", error.message)
        };
        with_detail(peer, error.code, message, error.message)
    })?;
    Ok(EvaluateResponse { result: Some(result) })
}

/// Checks that this peer, the only endorser, may evaluate, and resolves the chaincode.
fn find_endorser(peer: &Peer, proposal: &GatewayProposal, targets: &[String]) -> Result<Callee, Status> {
    let channel = proposal.channel();
    let Some(found) = peer.channel(channel) else {
        return Err(Status::unavailable(format!(
            "failed to get config for channel [{channel}]: could not get last config for channel {channel}"
        )));
    };
    let is_target =
        targets.is_empty() || targets.iter().any(|target| *target == peer.signer().msp_id().as_str());
    if let Some(callee) = is_target.then(|| proposal.resolve(peer, found)).flatten() {
        return Ok(callee);
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
