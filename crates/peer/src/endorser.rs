//! Simulates proposals and endorses what they do: `protos.Endorser/ProcessProposal`, which the gateway uses too.
//!
//! ```text
//! bytes ─▶ filter ─▶ Unpacked ─▶ CheckedProposal ─▶ simulation ─▶ Outcome ─▶ ProposalResponse
//! ```

mod response;

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use ccs_chaincode::{SharedSimulation, SystemChaincode};
use ccs_channel::LIFECYCLE;
use ccs_identity::MspManager;
use ccs_ledger::{Results, Touched};
use ccs_proto::peer::{ProposalResponse, SignedProposal};
use prost::Message;

use crate::channels::{Channels, JoinedChannel, Local};
use crate::contracts::{ContractCall, ContractDefinition, ContractResult, Contracts};
use crate::lifecycle::{self, OnChannel};
use crate::observer::{Observer, Purpose, Simulated, with_hint};
use crate::packages::PackageStore;
use crate::proposal::{CheckedProposal, EndorserError, ProposalError, Unpacked, filter};
use crate::system;
use crate::transient_store::PendingPrivateData;

use response::{Endorsing, Outcome, failure};

/// The version of everything that is built in.
const SYSTEM_VERSION: &str = "syscc";

/// What simulation gives: a response, and the keys it used.
type Answer = (ProposalResponse, Vec<Touched>);

/// Simulates proposals and endorses the results.
pub(crate) struct Endorser {
    pub(crate) local: Local,
    pub(crate) channels: Arc<Channels>,
    pub(crate) contracts: Arc<dyn Contracts>,
    pub(crate) packages: Arc<dyn PackageStore>,
    pub(crate) private: Arc<PendingPrivateData>,
    pub(crate) observer: Observer,
}

impl Endorser {
    /// Tells whether this peer can simulate a chaincode; system chaincodes it can.
    ///
    /// A client of the gateway is told no more than that, as by a peer; why a chaincode that is defined does not run is told
    /// to whoever watches.
    pub(crate) fn has_chaincode(&self, channel: &str, chaincode: &str) -> bool {
        if self.channels.get(channel).is_none() {
            return false;
        }
        if chaincode == LIFECYCLE || SystemChaincode::find(chaincode).is_some() {
            return true;
        }
        if self.contracts.definition(channel, chaincode).is_none() {
            return false;
        }
        let gap = self.contracts.gap(channel, chaincode);
        if let Some(gap) = &gap {
            self.observer.warn(with_hint(gap, gap.hint()));
        }
        gap.is_none()
    }

    /// Processes a proposal.
    ///
    /// Whatever goes wrong after the checks is a response with status 500, not an error. Dropping the future gives up
    /// waiting for the chaincode.
    pub(crate) async fn process_proposal(
        &self,
        signed: SignedProposal,
        purpose: Purpose,
    ) -> Result<ProposalResponse, EndorserError> {
        let begin = Instant::now();
        filter(&signed, SystemTime::now(), |channel| self.msps(self.channels.get(channel)))?;
        let unpacked = Unpacked::new(Arc::new(signed))?;
        let channel = match self.channels.get(unpacked.channel()) {
            None if !unpacked.channel().is_empty() => {
                return Ok(failure(format!("channel '{}' not found", unpacked.channel())));
            }
            channel => channel,
        };
        let checked = unpacked.check(self.msps(channel)).inspect_err(|error| self.note_refusal(error))?;
        if let Some(channel) = channel {
            refuse_duplicate(channel, &checked)?;
        }
        let (response, touched) = self.simulate(channel, &checked, purpose).await;
        let told = response.response.clone().unwrap_or_default();
        self.observer.simulated(Simulated {
            channel: checked.unpacked.channel().to_owned(),
            chaincode: checked.unpacked.chaincode.clone(),
            function: checked.unpacked.function(),
            transaction_id: checked.unpacked.transaction_id().to_owned(),
            purpose,
            status: told.status,
            message: told.message,
            touched,
            duration: begin.elapsed(),
        });
        Ok(response)
    }

    /// Tells the peer's own log what the client is not told.
    fn note_refusal(&self, error: &ProposalError) {
        if let Some(reason) = error.reason() {
            self.observer.warn(format!("{error}: {reason}"));
        }
    }

    /// Gives the organizations of a channel, or those that may ask what belongs to none.
    fn msps<'a>(&'a self, channel: Option<&'a JoinedChannel>) -> &'a MspManager {
        channel.map_or(&self.local.msps, |channel| channel.msps())
    }

    async fn simulate(
        &self,
        channel: Option<&JoinedChannel>,
        proposal: &CheckedProposal,
        purpose: Purpose,
    ) -> Answer {
        let unpacked = &proposal.unpacked;
        // The gateway's Evaluate gives nobody an endorsement.
        let endorser = (purpose != Purpose::Evaluate)
            .then(|| Endorsing { signer: &self.local.signer, msps: self.msps(channel) });
        if let Some(system) = SystemChaincode::find(&unpacked.chaincode) {
            let request = system::Request { local: &self.local, channels: &self.channels, proposal };
            let response = system::invoke(system, &request);
            let completed = ContractResult { response, event: None };
            return self.answer(proposal, SYSTEM_VERSION.to_owned(), completed, None, endorser);
        }
        if unpacked.chaincode == LIFECYCLE {
            return self.simulate_lifecycle(channel, proposal, endorser).await;
        }
        let unavailable = |reason: &dyn std::fmt::Display| {
            (failure(unavailable(&unpacked.chaincode, unpacked.channel(), reason)), Vec::new())
        };
        let definition =
            channel.and_then(|channel| self.contracts.definition(channel.name(), &unpacked.chaincode));
        let (Some(channel), Some(definition)) = (channel, definition) else {
            return unavailable(&format!("chaincode {} not found", unpacked.chaincode));
        };
        match self.contracts.gap(channel.name(), &unpacked.chaincode) {
            Some(gap) => unavailable(&gap),
            None => self.simulate_chaincode(channel, proposal, &definition, endorser).await,
        }
    }

    /// Calls `_lifecycle`, which reads and writes as other chaincode does, where there is a channel.
    async fn simulate_lifecycle(
        &self,
        channel: Option<&JoinedChannel>,
        proposal: &CheckedProposal,
        endorser: Option<Endorsing<'_>>,
    ) -> Answer {
        let simulate = |channel: &JoinedChannel| {
            channel.ledger().simulate(proposal.unpacked.transaction_id()).map(SharedSimulation::new)
        };
        let simulation = match channel.map(simulate).transpose() {
            Ok(simulation) => simulation,
            Err(error) => return (failure(format!("error in simulation: {error}")), Vec::new()),
        };
        let on = channel.zip(simulation.as_ref());
        let channel = on.map(|(channel, simulation)| OnChannel { channel, simulation });
        let invocation = lifecycle::Invocation {
            local: &self.local,
            channels: &self.channels,
            contracts: &*self.contracts,
            packages: &*self.packages,
            proposal,
            channel,
        };
        let completed = ContractResult { response: lifecycle::invoke(invocation).await, event: None };
        let results = simulation.map(|simulation| simulation.results());
        self.answer(proposal, SYSTEM_VERSION.to_owned(), completed, results, endorser)
    }

    async fn simulate_chaincode(
        &self,
        channel: &JoinedChannel,
        proposal: &CheckedProposal,
        definition: &ContractDefinition,
        endorser: Option<Endorsing<'_>>,
    ) -> Answer {
        let unpacked = &proposal.unpacked;
        let failed = |reason: &dyn std::fmt::Display| (failure(reason.to_string()), Vec::new());
        let simulation = match channel.ledger().simulate(unpacked.transaction_id()) {
            Ok(simulation) => SharedSimulation::new(simulation),
            Err(error) => return failed(&format!("error in simulation: {error}")),
        };
        let call = ContractCall {
            channel: channel.name().to_owned(),
            chaincode: unpacked.chaincode.clone(),
            input: unpacked.input.clone(),
            proposal: Arc::clone(&unpacked.signed),
            creator: Arc::clone(&proposal.creator),
            transaction_id: unpacked.transaction_id().to_owned(),
            simulation: simulation.clone(),
        };
        let completed = match self.contracts.execute(call).await {
            Ok(completed) => completed,
            Err(error) => return failed(&error),
        };
        let results = Some(simulation.results());
        self.answer(proposal, definition.version.clone(), completed, results, endorser)
    }

    fn answer(
        &self,
        proposal: &CheckedProposal,
        version: String,
        completed: ContractResult,
        results: Option<Results>,
        endorser: Option<Endorsing<'_>>,
    ) -> Answer {
        let unpacked = &proposal.unpacked;
        let (public, private, touched) = match results {
            Some(results) => (results.public.encode_to_vec(), results.private, results.touched),
            None => (Vec::new(), None, Vec::new()),
        };
        let outcome = Outcome {
            channel: unpacked.channel(),
            chaincode: &unpacked.chaincode,
            version,
            transaction_id: unpacked.transaction_id(),
            proposal_hash: unpacked.hash,
            results: public,
            response: completed.response,
            event: completed.event,
        };
        let response = match outcome.answer(endorser) {
            Ok(response) => response,
            Err(error) => return (failure(format!("endorsing with plugin failed: {error}")), Vec::new()),
        };
        // What is not endorsed is never committed.
        if let (Some(private), Some(_)) = (private, &response.endorsement) {
            self.private.keep(unpacked.channel(), unpacked.transaction_id(), private);
        }
        (response, touched)
    }
}

fn refuse_duplicate(channel: &JoinedChannel, proposal: &CheckedProposal) -> Result<(), ProposalError> {
    let id = proposal.unpacked.transaction_id();
    let known = channel.ledger().has_transaction(id);
    if known.map_err(|error| ProposalError::Ledger(error.to_string()))? {
        let creator = proposal.creator.creator().to_vec();
        return Err(ProposalError::Duplicate { id: id.to_owned(), creator });
    }
    Ok(())
}

fn unavailable(chaincode: &str, channel: &str, reason: &dyn std::fmt::Display) -> String {
    format!(
        "make sure the chaincode {chaincode} has been successfully defined on channel {channel} and try again: {reason}"
    )
}
