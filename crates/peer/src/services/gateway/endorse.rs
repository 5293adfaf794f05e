//! `Endorse`: collects the endorsements of a proposal and assembles the transaction that the client then signs.

use std::collections::BTreeSet;

use ccs_layouts::{Endorsers, LayoutError};
use ccs_proto::common::{Envelope, Payload};
use ccs_proto::gateway::{EndorseRequest, EndorseResponse};
use ccs_proto::peer::{
    ChaincodeActionPayload, ChaincodeCall, ChaincodeEndorsedAction, ChaincodeInterest, ProposalResponse,
    Transaction, TransactionAction,
};
use prost::Message;
use tokio::time::{Instant, sleep_until};
use tonic::{Code, Status};

use super::collect::{Collected, Collector};
use super::failure::with_details;
use super::unpacked::GatewayProposal;
use crate::network::{self, ChannelPeer};
use crate::peer::Peer;
use crate::proposal::Unpacked;

/// Beginning of the message when there is no plan (Fabric 3.1 `internal/pkg/gateway/registry.go`).
const NO_COMBINATION: &str = "no combination of peers can be derived which satisfy the endorsement policy: ";

const NO_FIRST: &str = "failed to endorse transaction, see attached details for more info";
const NOT_ENOUGH: &str =
    "failed to collect enough transaction endorsements, see attached details for more info";
const LATE_FIRST: &str = "endorsement timeout expired while collecting first endorsement";
const LATE: &str = "endorsement timeout expired while collecting endorsements";

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
    let peers = peer.peers_of(proposal.channel());
    let organizations = &request.endorsing_organizations;
    let collected = if organizations.is_empty() {
        let first = first_endorser(peer, &proposal, peers)
            .inspect_err(|status| proposal.note_unknown(peer, "Endorse", status, organizations))?;
        by_plan(peer, &proposal, peers, first, end).await?
    } else {
        let chosen = of_organizations(&proposal, peers, organizations)
            .inspect_err(|status| proposal.note_unknown(peer, "Endorse", status, organizations))?;
        by_organizations(peer, &proposal, peers, &chosen, end).await?
    };
    let prepared = Unpacked::new(proposal.decoded()).ok().and_then(|proposal| prepare(proposal, collected));
    let prepared =
        prepared.ok_or_else(|| Status::aborted("failed to assemble transaction: there is no endorsement"))?;
    Ok(EndorseResponse { prepared_transaction: Some(prepared) })
}

/// Returns a peer of each named organization, as indexes in the list of peers.
fn of_organizations(
    proposal: &GatewayProposal,
    peers: &[ChannelPeer],
    organizations: &[String],
) -> Result<Vec<usize>, Status> {
    let mut chosen = BTreeSet::new();
    let mut missing = Vec::new();
    for organization in organizations {
        let has_it = |peer: &ChannelPeer| {
            peer.organization().as_str() == organization && peer.has_chaincode(proposal.chaincode())
        };
        match peers.iter().position(has_it) {
            Some(index) => drop(chosen.insert(index)),
            None => missing.push(organization.as_str()),
        }
    }
    if missing.is_empty() {
        return Ok(chosen.into_iter().collect());
    }
    let missing = missing.join(", ");
    Err(Status::unavailable(format!("failed to find any endorsing peers for org(s): {missing}")))
}

/// Collects endorsements of the named organizations. The client is responsible for the policies.
async fn by_organizations(
    gateway: &Peer,
    proposal: &GatewayProposal,
    peers: &[ChannelPeer],
    chosen: &[usize],
    end: Instant,
) -> Result<Collected, Status> {
    let mut collector = Collector::new(gateway, proposal, peers);
    let is_complete = tokio::select! {
        is_complete = collector.ask_all(chosen) => is_complete,
        () = sleep_until(end) => return Err(Status::deadline_exceeded(LATE)),
    };
    if is_complete {
        return Ok(collector.collected(chosen));
    }
    Err(with_details(Code::Aborted, NOT_ENOUGH, collector.into_details()))
}

/// Returns the first endorser: the gateway's own peer, or the first peer of a plan if that one does not have the
/// chaincode.
fn first_endorser<'p>(
    gateway: &Peer,
    proposal: &GatewayProposal,
    peers: &'p [ChannelPeer],
) -> Result<&'p ChannelPeer, Status> {
    let own = peers.iter().find(|peer| gateway.is(&peer.endorser));
    if let Some(own) = own.filter(|own| own.has_chaincode(proposal.chaincode())) {
        return Ok(own);
    }
    if proposal.has_transient_data() {
        return Err(Status::failed_precondition(
            "no endorsers found in the gateway's organization; retry specifying endorsing organization(s) to protect transient data",
        ));
    }
    let plan = network::endorsers(proposal.channel(), peers, &interest_of(proposal.chaincode()));
    let plan = plan.map_err(|reason| Status::failed_precondition(format!("{NO_COMBINATION}{reason}")))?;
    let first = plan.groups.first().and_then(|group| group.peers.first().copied());
    first.ok_or_else(|| Status::failed_precondition(format!("{NO_COMBINATION}{}", LayoutError::NoPeers)))
}

/// Collects endorsements: of the first endorser, and of those that the policies of its result require in addition.
async fn by_plan(
    gateway: &Peer,
    proposal: &GatewayProposal,
    peers: &[ChannelPeer],
    first: &ChannelPeer,
    end: Instant,
) -> Result<Collected, Status> {
    let mut collector = Collector::new(gateway, proposal, peers);
    let answer = tokio::select! {
        answer = collector.first(first) => answer,
        () = sleep_until(end) => return Err(Status::deadline_exceeded(LATE_FIRST)),
    };
    let Some(response) = answer else {
        return Err(with_details(Code::Aborted, NO_FIRST, collector.into_details()));
    };
    let plan = plan(gateway, proposal, peers, response)?;
    let collected = tokio::select! {
        collected = collector.collect(&plan) => collected,
        () = sleep_until(end) => return Err(Status::deadline_exceeded(LATE)),
    };
    collected.ok_or_else(|| with_details(Code::Aborted, NOT_ENOUGH, collector.into_details()))
}

/// Returns the interest in a chaincode alone.
fn interest_of(chaincode: &str) -> ChaincodeInterest {
    let call = ChaincodeCall { name: chaincode.to_owned(), ..ChaincodeCall::default() };
    ChaincodeInterest { chaincodes: vec![call] }
}

/// Returns the combinations of peers that can endorse the result of the first endorser. If there is transient data, these
/// are members of the written collections.
fn plan<'p>(
    gateway: &Peer,
    proposal: &GatewayProposal,
    peers: &'p [ChannelPeer],
    response: ProposalResponse,
) -> Result<Endorsers<'p, ChannelPeer>, Status> {
    let channel = proposal.channel();
    let interest = response.interest.filter(|interest| !interest.chaincodes.is_empty());
    let interest = interest.unwrap_or_else(|| interest_of(proposal.chaincode()));
    let protected = if proposal.has_transient_data() { protected(&interest) } else { Vec::new() };
    let plan = network::endorsers(channel, peers, &interest).map_err(|reason| {
        note_no_plan(gateway, proposal, peers, (&interest, &reason));
        Status::failed_precondition(format!("{NO_COMBINATION}{reason}"))
    })?;
    if protected.is_empty() {
        return Ok(plan);
    }
    network::endorsers(channel, peers, &with_private_reads(interest)).map_err(|_| {
        let message = format!(
            "requires endorsement from organisation(s) that are not in the distribution policy of the private data collection(s): [{}]; retry specifying trusted endorsing organizations to protect transient data",
            protected.join(" ")
        );
        gateway.observer().warn(format!("{}: {message}", rejected(proposal)));
        Status::failed_precondition(message)
    })
}

/// Returns the collections that the calls write and do not read.
fn protected(interest: &ChaincodeInterest) -> Vec<String> {
    let calls = interest.chaincodes.iter().filter(|call| call.no_private_reads);
    calls.flat_map(|call| &call.collection_names).cloned().collect()
}

/// Returns the interest of a transaction that reads each collection which it writes, so that only members may endorse.
fn with_private_reads(mut interest: ChaincodeInterest) -> ChaincodeInterest {
    for call in &mut interest.chaincodes {
        call.no_private_reads = false;
    }
    interest
}

/// Reports that the peers of the network cannot endorse a transaction.
fn note_no_plan(
    gateway: &Peer,
    proposal: &GatewayProposal,
    peers: &[ChannelPeer],
    (interest, reason): (&ChaincodeInterest, &LayoutError),
) {
    let names = |peers: &mut dyn Iterator<Item = &ChannelPeer>| {
        peers.map(|peer| peer.organization().as_str()).collect::<Vec<_>>().join(" and ")
    };
    let hint = if *reason == LayoutError::NotInstalled {
        let lacks_one =
            |peer: &&ChannelPeer| interest.chaincodes.iter().any(|call| !peer.has_chaincode(&call.name));
        let lacking = names(&mut peers.iter().filter(lacks_one));
        format!("install the package on the peers of {lacking}, and approve it there")
    } else {
        format!(
            "the peers of {} cannot satisfy a policy of the chaincode, of a collection or of a key: change the policy, \
             or name the endorsing organizations in the application",
            names(&mut peers.iter())
        )
    };
    gateway.observer().warn(format!("{}: {NO_COMBINATION}{reason}; {hint}", rejected(proposal)));
}

/// Returns the beginning of a warning about a proposal.
fn rejected(proposal: &GatewayProposal) -> String {
    format!("rejected Endorse of {}.{}", proposal.chaincode(), proposal.function())
}

/// Assembles the transaction. Headers and input stay as received.
fn prepare(proposal: Unpacked, collected: Collected) -> Option<Envelope> {
    let Collected { payload, endorsements } = collected;
    if endorsements.is_empty() {
        return None;
    }
    let action = ChaincodeEndorsedAction { proposal_response_payload: payload, endorsements };
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
