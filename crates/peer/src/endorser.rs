//! Simulates proposals and endorses the results: `protos.Endorser/ProcessProposal`, also used by the gateway.
//!
//! ```text
//! Decoded ─▶ filter ─▶ Unpacked ─▶ CheckedProposal ─▶ simulation ─▶ Outcome ─▶ ProposalResponse
//! ```

mod distribution;
mod interest;
mod response;

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use ccs_chaincode::{ChaincodeCall, Gap, SharedSimulation, SystemChaincode, Target};
use ccs_channel::{Channel, Channels, LIFECYCLE};
use ccs_identity::{MspId, MspManager};
use ccs_ledger::{LedgerError, Touched};
use ccs_ordering::observer::{Observer, Purpose, Simulated, with_hint};
use ccs_ordering::{CommitSupport, CommittedState, TransientStore};
use ccs_proto::limits::ERROR_THRESHOLD;
use ccs_proto::peer::{ChaincodeInterest, ProposalResponse, Response};
use ccs_proto::rwset::TxPvtReadWriteSet;

use crate::executor::ChaincodeExecutor;
use crate::lifecycle::{self, OnChannel};
use crate::local::Local;
use crate::packages::PackageStore;
use crate::proposal::{CheckedProposal, Decoded, EndorserError, ProposalError, Unpacked, filter};
use crate::system;

pub(crate) use response::Outcome;
use response::{Endorsing, failure};

/// Version of every built-in chaincode.
const SYSTEM_VERSION: &str = "syscc";

/// Simulates proposals and endorses the results.
pub(crate) struct Endorser {
    pub(crate) local: Local,
    pub(crate) channels: Arc<Channels>,
    pub(crate) executor: Arc<dyn ChaincodeExecutor>,
    pub(crate) support: Arc<dyn CommitSupport>,
    pub(crate) packages: Arc<dyn PackageStore>,
    pub(crate) transient_store: Arc<TransientStore>,
    pub(crate) observer: Observer,
    /// Organizations of the other peers in the network.
    pub(crate) others: Vec<MspId>,
}

/// Chaincode that a proposal calls, resolved once.
#[derive(Clone, Debug)]
pub(crate) enum Callee {
    System(SystemChaincode),
    Lifecycle,
    Chaincode(Target),
}

/// Simulated proposal.
pub(crate) struct Processed {
    pub(crate) proposal: Unpacked,
    /// Outcome, or the message of a response with status 500.
    pub(crate) outcome: Result<Outcome, String>,
    effects: Effects,
    begin: Instant,
}

/// What a simulation did, for the observer.
#[derive(Debug, Default)]
struct Effects {
    touched: Vec<Touched>,
    /// Name of the event.
    event: Option<String>,
}

impl Endorser {
    /// Resolves the chaincode that a proposal calls on a channel.
    pub(crate) fn resolve(&self, channel: Option<&Arc<Channel>>, chaincode: &str) -> Result<Callee, Gap> {
        if let Some(system) = SystemChaincode::find(chaincode) {
            return Ok(Callee::System(system));
        }
        if chaincode == LIFECYCLE {
            return Ok(Callee::Lifecycle);
        }
        let channel = channel.ok_or_else(|| Gap::Undefined(chaincode.to_owned()))?;
        self.executor.resolve(channel, chaincode).map(Callee::Chaincode)
    }

    /// Simulates a proposal and endorses the result.
    ///
    /// An error after the checks becomes a response with status 500. Dropping the future cancels the wait for the
    /// chaincode.
    pub(crate) async fn process_proposal(
        &self,
        decoded: Decoded,
        purpose: Purpose,
    ) -> Result<ProposalResponse, EndorserError> {
        let mut processed = self.simulate(decoded).await.inspect_err(|error| self.note_refusal(error))?;
        let outcome = std::mem::replace(&mut processed.outcome, Err(String::new()));
        let response = match outcome {
            Ok(outcome) => self.endorse(&processed.proposal, outcome).unwrap_or_else(|error| {
                processed.effects = Effects::default();
                failure(error)
            }),
            Err(message) => failure(message),
        };
        let Processed { proposal, effects, begin, .. } = processed;
        self.tell(&proposal, response.response.as_ref(), (purpose, effects, begin));
        Ok(response)
    }

    /// Simulates a proposal without endorsing the result.
    pub(crate) async fn evaluate(&self, decoded: Decoded) -> Result<Processed, EndorserError> {
        let mut processed = self.simulate(decoded).await.inspect_err(|error| self.note_refusal(error))?;
        let effects = std::mem::take(&mut processed.effects);
        let about = (Purpose::Evaluate, effects, processed.begin);
        match &processed.outcome {
            Ok(outcome) => self.tell(&processed.proposal, Some(&outcome.response), about),
            Err(message) => {
                self.tell(&processed.proposal, failure(message.clone()).response.as_ref(), about);
            }
        }
        Ok(processed)
    }

    /// Reports a simulated proposal to the observer.
    fn tell(
        &self,
        proposal: &Unpacked,
        response: Option<&Response>,
        (purpose, effects, begin): (Purpose, Effects, Instant),
    ) {
        let status = response.map(|response| response.status).unwrap_or_default();
        self.observer.simulated(Simulated {
            channel: proposal.channel().to_owned(),
            chaincode: proposal.chaincode.clone(),
            function: proposal.function(),
            creator: self.name_of_creator(proposal),
            chaincode_event: effects.event.filter(|_| status < ERROR_THRESHOLD),
            transaction_id: proposal.transaction_id().to_owned(),
            purpose,
            status,
            message: response.map(|response| response.message.clone()).unwrap_or_default(),
            touched: effects.touched,
            duration: begin.elapsed(),
        });
    }

    /// Returns the common name in the certificate of a proposal's creator, or the whole subject if it has none.
    fn name_of_creator(&self, proposal: &Unpacked) -> String {
        let msps = self.msps(self.channels.get(proposal.channel()));
        let identity = msps.identify(&proposal.signature_header.creator);
        identity.map(|identity| common_name(identity.certificate().subject()).to_owned()).unwrap_or_default()
    }

    async fn simulate(&self, decoded: Decoded) -> Result<Processed, EndorserError> {
        let begin = Instant::now();
        filter(&decoded, SystemTime::now(), |channel| self.msps(self.channels.get(channel)))?;
        let unpacked = Unpacked::new(decoded)?;
        let channel = match self.channels.get(unpacked.channel()) {
            None if !unpacked.channel().is_empty() => {
                let outcome = Err(format!("channel '{}' not found", unpacked.channel()));
                return Ok(Processed { proposal: unpacked, outcome, effects: Effects::default(), begin });
            }
            channel => channel,
        };
        let checked = unpacked.check(self.msps(channel))?;
        if let Some(channel) = channel {
            refuse_duplicate(channel, &checked)?;
        }
        let mut outcome = match self.resolve(channel, &checked.unpacked.chaincode) {
            Ok(Callee::System(system)) => {
                let request =
                    system::Request { local: &self.local, channels: &self.channels, proposal: &checked };
                Ok(Outcome::new(SYSTEM_VERSION, system::invoke(system, &request)))
            }
            Ok(Callee::Lifecycle) => self.simulate_lifecycle(channel, &checked).await,
            Ok(Callee::Chaincode(target)) => self.simulate_chaincode(target, &checked).await,
            Err(gap) => Err(unavailable(&checked.unpacked, &gap)),
        };
        let effects = outcome.as_mut().map(|outcome| Effects {
            touched: outcome.take_touched(),
            event: outcome.event.as_ref().map(|event| event.event_name.clone()),
        });
        let effects = effects.unwrap_or_default();
        Ok(Processed { proposal: checked.unpacked, outcome, effects, begin })
    }

    /// Reports a rejected proposal, with details that the client must not see.
    fn note_refusal(&self, error: &EndorserError) {
        let reason = error.reason().map(|reason| format!(": {reason}")).unwrap_or_default();
        let problem = format_args!("rejected a proposal: {error}{reason}");
        self.observer.warn(with_hint(problem, error.hint()));
    }

    /// Returns the MSPs of a channel, or the local MSPs for calls that belong to no channel.
    fn msps<'a>(&'a self, channel: Option<&'a Arc<Channel>>) -> &'a MspManager {
        channel.map_or(&self.local.msps, |channel| channel.msps())
    }

    /// Calls `_lifecycle`. On a channel it reads and writes through a simulation, like other chaincode.
    async fn simulate_lifecycle(
        &self,
        channel: Option<&Arc<Channel>>,
        proposal: &CheckedProposal,
    ) -> Result<Outcome, String> {
        let simulate = |channel: &Arc<Channel>| {
            channel.ledger().simulate(proposal.unpacked.transaction_id()).map(SharedSimulation::new)
        };
        let simulation =
            channel.map(simulate).transpose().map_err(|error| format!("error in simulation: {error}"))?;
        let on = channel.zip(simulation.as_ref());
        let channel = on.map(|(channel, simulation)| OnChannel { channel, simulation });
        let call = lifecycle::LifecycleCall {
            local: &self.local,
            channels: &self.channels,
            executor: &*self.executor,
            packages: &*self.packages,
            proposal,
            channel,
        };
        let outcome = Outcome::new(SYSTEM_VERSION, lifecycle::invoke(call).await);
        Ok(Outcome { results: simulation.map(|simulation| simulation.results()), ..outcome })
    }

    async fn simulate_chaincode(
        &self,
        target: Target,
        proposal: &CheckedProposal,
    ) -> Result<Outcome, String> {
        let unpacked = &proposal.unpacked;
        let simulation = target
            .channel
            .ledger()
            .simulate(unpacked.transaction_id())
            .map_err(|error| format!("error in simulation: {error}"))?;
        let simulation = SharedSimulation::new(simulation);
        let call = ChaincodeCall {
            input: unpacked.input.clone(),
            proposal: Arc::clone(&unpacked.signed),
            creator: Some(Arc::clone(&proposal.creator)),
            transaction_id: unpacked.transaction_id().to_owned(),
            simulation: simulation.clone(),
        };
        let completed = self.executor.execute(target, call).await.map_err(|error| error.to_string())?;
        Ok(Outcome {
            version: completed.definition.version.clone(),
            response: completed.response,
            event: completed.event,
            results: Some(simulation.results()),
        })
    }

    /// Builds the response of a simulation, and endorses it unless the chaincode failed.
    fn endorse(&self, proposal: &Unpacked, mut outcome: Outcome) -> Result<ProposalResponse, String> {
        let interest = self.interest(proposal, &outcome).map_err(|error| error.to_string())?;
        let private = outcome.results.as_mut().and_then(|results| results.private.take());
        self.check_distribution(proposal, private.as_ref())?;
        let msps = self.msps(self.channels.get(proposal.channel()));
        let endorsing = Endorsing { signer: &self.local.signer, msps };
        let answer = outcome.answer(proposal, endorsing);
        let mut response = answer.map_err(|error| format!("endorsing with plugin failed: {error}"))?;
        response.interest = interest;
        // Results without an endorsement are never committed.
        if let (Some(private), Some(_)) = (private, &response.endorsement) {
            self.transient_store.keep(proposal.channel(), proposal.transaction_id(), private);
        }
        Ok(response)
    }
}

impl Endorser {
    /// Returns the interest of a successful call of a chaincode.
    fn interest(
        &self,
        proposal: &Unpacked,
        outcome: &Outcome,
    ) -> Result<Option<ChaincodeInterest>, LedgerError> {
        let channel = self.channels.get(proposal.channel());
        let results = outcome.results.as_ref().filter(|_| outcome.response.status < ERROR_THRESHOLD);
        let Some((channel, results)) = channel.zip(results) else { return Ok(None) };
        let view = CommittedState::new(channel, &*self.support)?;
        interest::interest(results, &view).map(Some)
    }

    /// Checks that enough peers can receive the private data of a transaction. A peer that is the whole network stores
    /// all data by itself.
    fn check_distribution(
        &self,
        proposal: &Unpacked,
        private: Option<&TxPvtReadWriteSet>,
    ) -> Result<(), String> {
        let channel = self.channels.get(proposal.channel()).filter(|_| !self.others.is_empty());
        let Some((channel, private)) = channel.zip(private) else { return Ok(()) };
        let policies = |chaincode: &str| self.support.policies(channel, chaincode);
        distribution::check(private, &self.others, policies).map_err(|reason| {
            let (id, channel) = (proposal.transaction_id(), proposal.channel());
            format!(
                "error in simulation: failed to distribute private collection, txID {id}, channel {channel}: {reason}"
            )
        })
    }
}

/// Returns the common name in a subject such as `OU=client,CN=User1@org1.example.com`, or the whole subject.
fn common_name(subject: &str) -> &str {
    let name = subject.split(',').find_map(|part| part.trim().strip_prefix("CN="));
    name.unwrap_or(subject)
}

fn refuse_duplicate(channel: &Channel, proposal: &CheckedProposal) -> Result<(), ProposalError> {
    let id = proposal.unpacked.transaction_id();
    let known = channel.ledger().has_transaction(id);
    if known.map_err(|error| ProposalError::Ledger(error.to_string()))? {
        let creator = proposal.creator.creator().to_vec();
        return Err(ProposalError::Duplicate { id: id.to_owned(), creator });
    }
    Ok(())
}

fn unavailable(proposal: &Unpacked, gap: &Gap) -> String {
    let (chaincode, channel) = (&proposal.chaincode, proposal.channel());
    format!(
        "make sure the chaincode {chaincode} has been successfully defined on channel {channel} and try again: {gap}"
    )
}
