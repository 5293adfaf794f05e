//! `Evaluate`: simulates a proposal and returns the chaincode's response.

use ccs_proto::gateway::{EvaluateRequest, EvaluateResponse};
use ccs_proto::peer::Response;
use tokio::time::{Instant, sleep_until};
use tonic::Status;

use super::failure::{detail, with_details};
use super::result::{Unsuccessful, classify_error, classify_response};
use super::unpacked::GatewayProposal;
use crate::network::ChannelPeer;
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
    let peers = peer.peers_of(proposal.channel());
    let able = able_peers(peer, &proposal, peers, organizations)
        .inspect_err(|status| proposal.note_unknown(peer, "Evaluate", status, organizations))?;
    let result = tokio::select! {
        result = ask(peer, &proposal, &able) => result?,
        () = sleep_until(end) => {
            return Err(Status::deadline_exceeded("evaluate timeout expired"));
        }
    };
    Ok(EvaluateResponse { result: Some(result) })
}

/// Asks one peer after the other, until one does not fail for a reason of its own.
async fn ask(gateway: &Peer, proposal: &GatewayProposal, peers: &[&ChannelPeer]) -> Result<Response, Status> {
    let mut details = Vec::new();
    let mut last = None;
    for peer in peers {
        let error = match simulate(gateway, proposal, peer).await {
            Ok(response) => return Ok(response),
            Err(error) => error,
        };
        details.push(detail(&peer.endorser, error.message.clone()));
        if !error.can_retry {
            let message = format!("evaluate call to endorser returned error: {}", error.message);
            return Err(with_details(error.code, message, details));
        }
        last = Some(error.code);
    }
    let code = last.unwrap_or(tonic::Code::Unavailable);
    Err(with_details(code, "failed to evaluate transaction, see attached details for more info", details))
}

async fn simulate(
    gateway: &Peer,
    proposal: &GatewayProposal,
    peer: &ChannelPeer,
) -> Result<Response, Unsuccessful> {
    let processed = peer.endorser.evaluate(proposal.decoded()).await;
    let processed = processed.map_err(|error| classify_error(&error, gateway.is(&peer.endorser)))?;
    let outcome = processed.outcome.map_err(Unsuccessful::failed)?;
    classify_response(outcome.response)
}

/// Returns the peers that can simulate the call: the gateway's own first, then those of other organizations. Transient
/// data stays in the own organization, unless the client names others.
fn able_peers<'p>(
    gateway: &Peer,
    proposal: &GatewayProposal,
    peers: &'p [ChannelPeer],
    targets: &[String],
) -> Result<Vec<&'p ChannelPeer>, Status> {
    let channel = proposal.channel();
    if gateway.channel(channel).is_none() {
        return Err(Status::unavailable(format!(
            "failed to get config for channel [{channel}]: could not get last config for channel {channel}"
        )));
    }
    let is_own_only = proposal.has_transient_data() && targets.is_empty();
    let is_target = |peer: &&ChannelPeer| {
        let is_named = targets.iter().any(|target| target == peer.organization().as_str());
        if is_own_only { gateway.is(&peer.endorser) } else { targets.is_empty() || is_named }
    };
    let able: Vec<_> =
        peers.iter().filter(is_target).filter(|peer| peer.has_chaincode(proposal.chaincode())).collect();
    if !able.is_empty() {
        return Ok(able);
    }
    let nobody =
        format!("no peers available to evaluate chaincode {} in channel {channel}", proposal.chaincode());
    if is_own_only {
        return Err(Status::failed_precondition(format!(
            "no endorsers found in the gateway's organization; retry specifying target organization(s) to protect transient data: {nobody}"
        )));
    }
    Err(Status::failed_precondition(nobody))
}
