//! Events for observers of the peer: a [`PeerEvent`] for each simulated and each committed transaction.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ccs_ledger::Touched;
use ccs_proto::peer::TxValidationCode;

/// Maximum number of simulations remembered until their transactions are committed.
const REMEMBERED: usize = 4096;

/// Event on a peer.
#[derive(Clone, Debug)]
pub enum PeerEvent {
    /// A proposal was simulated, with or without success.
    Simulated(Arc<Simulated>),
    /// A transaction was committed to a block.
    Committed(CommittedTransaction),
    /// An error occurred whose reason no client sees.
    Warning(String),
}

/// Simulated proposal.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulated {
    /// Name of the channel; empty if the proposal names none.
    pub channel: String,
    /// Name of the chaincode.
    pub chaincode: String,
    /// Name of the function. Its arguments are left out, since they may be secret.
    pub function: String,
    /// Client that created the proposal: the common name in its certificate.
    pub creator: String,
    /// Name of the event that the chaincode set, if it succeeded.
    pub chaincode_event: Option<String>,
    /// ID of the transaction.
    pub transaction_id: String,
    /// Call of the peer through which the proposal came.
    pub purpose: Purpose,
    /// Status of the response.
    pub status: i32,
    /// Message of the response.
    pub message: String,
    /// Keys that it read and wants to write; empty for system chaincodes and failed calls.
    pub touched: Vec<Touched>,
    /// Duration of the simulation.
    pub duration: Duration,
}

/// Call through which a proposal came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The gateway's Evaluate: the result is not committed.
    Evaluate,
    /// The gateway's Endorse.
    Endorse,
    /// The endorser's own call, which the peer command uses to query and to endorse.
    ProcessProposal,
}

/// Transaction in a block.
#[derive(Clone, Debug, PartialEq)]
pub struct CommittedTransaction {
    /// Name of the channel.
    pub channel: String,
    /// Number of the block.
    pub block: u64,
    /// ID of the transaction; empty if the header cannot be read.
    pub transaction_id: String,
    /// Validation code.
    pub code: TxValidationCode,
    /// The simulation, if this peer ran it recently.
    pub simulated: Option<Arc<Simulated>>,
}

/// Receiver of events. It is called synchronously, so it must return quickly.
#[derive(Clone)]
pub struct Observer {
    tell: Arc<dyn Fn(PeerEvent) + Send + Sync>,
    recent: Arc<Mutex<Recent>>,
}

/// Formats a problem and its hint as the single line of a warning.
pub fn with_hint(problem: impl fmt::Display, hint: Option<impl fmt::Display>) -> String {
    match hint {
        Some(hint) => format!("{problem}; {hint}"),
        None => problem.to_string(),
    }
}

/// Recent simulations, oldest first.
#[derive(Default)]
struct Recent {
    by_id: HashMap<String, Arc<Simulated>>,
    order: VecDeque<String>,
}

impl Default for Observer {
    /// Returns an observer that ignores all events.
    fn default() -> Self {
        Self::new(|_| ())
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Observer").finish_non_exhaustive()
    }
}

impl Observer {
    /// Creates an observer that passes events to a function.
    #[must_use]
    pub fn new(tell: impl Fn(PeerEvent) + Send + Sync + 'static) -> Self {
        Self { tell: Arc::new(tell), recent: Arc::default() }
    }

    /// Reports a simulated proposal.
    pub fn simulated(&self, simulated: Simulated) {
        let simulated = Arc::new(simulated);
        if simulated.purpose != Purpose::Evaluate && !simulated.channel.is_empty() {
            self.recent().remember(&simulated);
        }
        self.emit(PeerEvent::Simulated(simulated));
    }

    /// Returns whether the observer remembers the simulation of a transaction.
    pub(crate) fn remembers(&self, transaction_id: &str) -> bool {
        self.recent().by_id.contains_key(transaction_id)
    }

    /// Forgets the simulation of a transaction whose commit another observer reports.
    pub(crate) fn forget(&self, transaction_id: &str) {
        self.recent().by_id.remove(transaction_id);
    }

    pub(crate) fn committed(
        &self,
        channel: &str,
        block: u64,
        transaction_id: String,
        code: TxValidationCode,
    ) {
        let simulated = self.recent().by_id.remove(&transaction_id);
        let channel = channel.to_owned();
        self.emit(PeerEvent::Committed(CommittedTransaction {
            channel,
            block,
            transaction_id,
            code,
            simulated,
        }));
    }

    /// Reports a problem whose reason no client sees.
    pub fn warn(&self, warning: String) {
        self.emit(PeerEvent::Warning(warning));
    }

    /// Calls the function. A panic in it does not stop the peer.
    fn emit(&self, event: PeerEvent) {
        // The panic hook has reported it, and there is no other place to report it.
        let _ = catch_unwind(AssertUnwindSafe(|| (self.tell)(event)));
    }

    /// Locks the recent simulations. Do not await or call the observer while holding the lock.
    fn recent(&self) -> std::sync::MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recent {
    fn remember(&mut self, simulated: &Arc<Simulated>) {
        let id = &simulated.transaction_id;
        if self.by_id.insert(id.clone(), Arc::clone(simulated)).is_none() {
            self.order.push_back(id.clone());
        }
        // Committed simulations are removed from the map, but are still in the queue.
        while self.order.len() > REMEMBERED {
            if let Some(oldest) = self.order.pop_front() {
                self.by_id.remove(&oldest);
            }
        }
    }
}
