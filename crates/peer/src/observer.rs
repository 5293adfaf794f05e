//! What the peer tells whoever watches it: one [`PeerEvent`] for each transaction that was simulated, and one for each that
//! was committed.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ccs_ledger::Touched;
use ccs_proto::peer::TxValidationCode;

/// How many simulated transactions are remembered until they are committed.
const REMEMBERED: usize = 4096;

/// Something that has happened.
#[derive(Clone, Debug)]
pub enum PeerEvent {
    /// A proposal was simulated, whatever came of it.
    Simulated(Arc<Simulated>),
    /// A transaction is in a block.
    Committed(CommittedTransaction),
    /// Something went wrong that no client is told the reason of.
    Warning(String),
}

/// A proposal that was simulated.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulated {
    /// The channel; empty for none.
    pub channel: String,
    /// The chaincode.
    pub chaincode: String,
    /// The function; its arguments may be secret.
    pub function: String,
    /// The transaction's ID.
    pub transaction_id: String,
    /// Which call of the peer brought it.
    pub purpose: Purpose,
    /// The status of the response.
    pub status: i32,
    /// The message of the response.
    pub message: String,
    /// The keys it read and wants to write; empty for system chaincodes and for what failed.
    pub touched: Vec<Touched>,
    /// How long it took.
    pub duration: Duration,
}

/// Tells which call brought a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The gateway's Evaluate: nothing will be committed.
    Evaluate,
    /// The gateway's Endorse.
    Endorse,
    /// The endorser's own call, which the peer command uses for both.
    ProcessProposal,
}

/// A transaction in a block.
#[derive(Clone, Debug, PartialEq)]
pub struct CommittedTransaction {
    /// The channel.
    pub channel: String,
    /// The number of the block.
    pub block: u64,
    /// The transaction's ID; empty if it has none that can be read.
    pub transaction_id: String,
    /// What became of it.
    pub code: TxValidationCode,
    /// Its simulation, if it was this peer's and is not long ago.
    pub simulated: Option<Arc<Simulated>>,
}

/// Takes events; it is called where they happen, and must not take long.
#[derive(Clone)]
pub struct Observer {
    tell: Arc<dyn Fn(PeerEvent) + Send + Sync>,
    recent: Arc<Mutex<Recent>>,
}

/// Puts what is wrong and what to do about it into the one line of a warning.
pub fn with_hint(problem: impl fmt::Display, hint: Option<impl fmt::Display>) -> String {
    match hint {
        Some(hint) => format!("{problem}; {hint}"),
        None => problem.to_string(),
    }
}

/// The last simulations, oldest first.
#[derive(Default)]
struct Recent {
    by_id: HashMap<String, Arc<Simulated>>,
    order: VecDeque<String>,
}

impl Default for Observer {
    /// Watches nothing.
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
    /// Watches by a function.
    #[must_use]
    pub fn new(tell: impl Fn(PeerEvent) + Send + Sync + 'static) -> Self {
        Self { tell: Arc::new(tell), recent: Arc::default() }
    }

    pub(crate) fn simulated(&self, simulated: Simulated) {
        let simulated = Arc::new(simulated);
        if simulated.purpose != Purpose::Evaluate && !simulated.channel.is_empty() {
            self.recent().remember(&simulated);
        }
        self.emit(PeerEvent::Simulated(simulated));
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

    pub(crate) fn warn(&self, warning: String) {
        self.emit(PeerEvent::Warning(warning));
    }

    /// Calls the function. If that panics, it is its own affair: the peer goes on.
    fn emit(&self, event: PeerEvent) {
        // The panic hook has told of it; there is nobody else to tell.
        let _ = catch_unwind(AssertUnwindSafe(|| (self.tell)(event)));
    }

    /// Nothing awaits, and nothing calls out, under the lock.
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
        // Committed ones are gone from the map and still in the queue.
        while self.order.len() > REMEMBERED {
            if let Some(oldest) = self.order.pop_front() {
                self.by_id.remove(&oldest);
            }
        }
    }
}
