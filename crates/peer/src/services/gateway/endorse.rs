//! `Endorse`: simulates a proposal and assembles the transaction that the client then signs.

use std::collections::HashSet;

use ccs_proto::common::{Envelope, Payload};
use ccs_proto::gateway::{EndorseRequest, EndorseResponse};
use ccs_proto::peer::{
    ChaincodeActionPayload, ChaincodeEndorsedAction, ProposalResponse, Transaction, TransactionAction,
};
use prost::Message;
use tokio::time::{Instant, sleep_until};
use tonic::{Code, Status};

use super::failure::with_detail;
use super::result::classify;
use super::unpacked::GatewayProposal;
use crate::endorser::Callee;
use crate::peer::Peer;
use crate::proposal::Unpacked;
use ccs_ordering::CommittedState;
use ccs_ordering::observer::Purpose;
use ccs_ordering::validation::{ChannelPolicies, ValidationContext, is_endorsed};

/// Beginning of the message when there is no plan (Fabric 3.1 `internal/pkg/gateway/registry.go`).
const NO_COMBINATION: &str = "no combination of peers can be derived which satisfy the endorsement policy: ";

pub(super) async fn endorse(
    peer: &Peer,
    request: EndorseRequest,
    end: Instant,
) -> Result<EndorseResponse, Status> {
    let signed = request.proposed_transaction.unwrap_or_default();
    if signed.proposal_bytes.is_empty() {
        return Err(Status::invalid_argument("the proposed transaction must contain a signed proposal"));
    }
    let proposal = GatewayProposal::read(signed)
        .map_err(|error| Status::invalid_argument(format!("error unmarshalling {error}")))?;
    let organizations = &request.endorsing_organizations;
    let callee = find_endorser(peer, &proposal, organizations)
        .inspect_err(|status| proposal.note_unknown(peer, "Endorse", status, organizations))?;
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
        answer = peer.endorser().process_proposal(proposal.decoded, Some(callee), Purpose::Endorse) => answer,
        () = sleep_until(end) => return Err(Status::deadline_exceeded(late)),
    };
    let (answer, proposal) =
        answer.map_or_else(|error| (Err(error), None), |(answer, proposal)| (Ok(answer), Some(proposal)));
    let answer = classify(answer).map_err(|error| with_detail(peer, Code::Aborted, failed, error.message))?;
    // A client that names the organizations is responsible for the policies.
    if organizations.is_empty()
        && let Some(proposal) = &proposal
    {
        check_plan(peer, proposal, &answer)?;
    }
    let prepared = proposal.and_then(|proposal| prepare(proposal, answer));
    let prepared =
        prepared.ok_or_else(|| Status::aborted("failed to assemble transaction: there is no endorsement"))?;
    Ok(EndorseResponse { prepared_transaction: Some(prepared) })
}

/// Checks that this peer, the only endorser, may endorse, and resolves the chaincode.
fn find_endorser(
    peer: &Peer,
    proposal: &GatewayProposal,
    organizations: &[String],
) -> Result<Callee, Status> {
    let (channel, chaincode) = (proposal.channel(), proposal.chaincode());
    let callee = peer.channel(channel).and_then(|found| proposal.resolve(peer, found));
    let own = peer.signer().msp_id().as_str();
    let is_missing = |organization: &&String| callee.is_none() || *organization != own;
    let missing: Vec<_> = organizations.iter().filter(is_missing).cloned().collect();
    if !missing.is_empty() {
        return Err(Status::unavailable(format!(
            "failed to find any endorsing peers for org(s): {}",
            missing.join(", ")
        )));
    }
    if let Some(callee) = callee {
        return Ok(callee);
    }
    if proposal.has_transient_data() {
        return Err(Status::failed_precondition(
            "no endorsers found in the gateway's organization; retry specifying endorsing organization(s) to protect transient data",
        ));
    }
    // On a channel that the peer has not joined, it does not know any chaincode either (Fabric 3.1
    // `discovery/endorsement/endorsement.go`).
    Err(Status::failed_precondition(format!(
        "{NO_COMBINATION}No metadata was found for chaincode {chaincode} in channel {channel}"
    )))
}

/// Checks that this peer, the only endorser, can satisfy the policies of what a transaction reads and writes.
fn check_plan(peer: &Peer, proposal: &Unpacked, answer: &ProposalResponse) -> Result<(), Status> {
    let Some(channel) = peer.channel(proposal.channel()) else { return Ok(()) };
    let endorsed = ChaincodeEndorsedAction {
        proposal_response_payload: answer.payload.clone(),
        endorsements: answer.endorsement.iter().cloned().collect(),
    };
    let is_endorsed = CommittedState::new(channel, peer.support()).and_then(|view| {
        let context = ValidationContext {
            channel: channel.name(),
            msps: channel.msps(),
            policies: &ChannelPolicies::new(channel.msps()),
            view: &view,
            changed_policies: &HashSet::new(),
        };
        is_endorsed(&proposal.channel_header, endorsed, &context)
    });
    if is_endorsed.map_err(|error| Status::aborted(error.to_string()))? {
        return Ok(());
    }
    let message = format!("{NO_COMBINATION}no peer combination can satisfy the endorsement policy");
    peer.observer().warn(format!(
        "rejected Endorse of {}.{}: {message}; a policy of the chaincode, of a collection or of a key requires another \
         endorser than this peer of {}: change the policy, or name the endorsing organizations in the application",
        proposal.chaincode,
        proposal.function(),
        peer.signer().msp_id(),
    ));
    Err(Status::failed_precondition(message))
}

/// Assembles the transaction. Headers and input stay as received.
fn prepare(proposal: Unpacked, answer: ProposalResponse) -> Option<Envelope> {
    let action = ChaincodeEndorsedAction {
        proposal_response_payload: answer.payload,
        endorsements: vec![answer.endorsement?],
    };
    let payload =
        ChaincodeActionPayload { chaincode_proposal_payload: proposal.payload(), action: Some(action) };
    let action = TransactionAction {
        header: proposal.header.signature_header.clone(),
        payload: payload.encode_to_vec(),
    };
    let transaction = Transaction { actions: vec![action] };
    let payload = Payload { header: Some(proposal.header), data: transaction.encode_to_vec() };
    Some(Envelope { payload: payload.encode_to_vec(), signature: Vec::new() })
}
