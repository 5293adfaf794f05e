//! What the requests of one running transaction work on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ccs_identity::Identity;
use ccs_ledger::{HistoryQuery, RangeQuery, Results, Simulation};
use ccs_proto::peer::SignedProposal;

use crate::channel::Channel;
use crate::definition::Definition;
use crate::handlers::Access;
use crate::peer::Peer;

/// The simulation of a transaction, which the chaincodes that it calls on the same channel share. Only one of them runs at
/// a time.
#[derive(Clone, Debug)]
pub struct SharedSimulation(Arc<Mutex<Simulation>>);

impl SharedSimulation {
    /// Makes a simulation one that can be shared.
    #[must_use]
    pub fn new(simulation: Simulation) -> Self {
        Self(Arc::new(Mutex::new(simulation)))
    }

    /// Gives what was read and written so far, and forgets it.
    #[must_use]
    pub fn results(&self) -> Results {
        self.lock().take_results()
    }

    /// Gives the simulation; it is never held while anything is awaited.
    pub fn lock(&self) -> MutexGuard<'_, Simulation> {
        lock(&self.0)
    }
}

/// A query that has more to give.
#[derive(Debug)]
pub(crate) enum OpenQuery {
    Range(RangeQuery),
    History(HistoryQuery),
    /// Results that are all there already, of a rich query.
    Found {
        results: std::vec::IntoIter<ccs_ledger::KeyValue>,
        /// Whether those that are given out are noted as read; those of a collection are not.
        is_recorded: bool,
    },
}

/// One run of one chaincode in a transaction.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) peer: Arc<Peer>,
    pub(crate) channel: Arc<Channel>,
    /// The chaincode's name, which is the namespace of its keys.
    pub(crate) chaincode: String,
    pub(crate) definition: Arc<Definition>,
    pub(crate) transaction_id: String,
    pub(crate) proposal: Arc<SignedProposal>,
    /// Who proposed; [`None`] where nobody checks.
    pub(crate) creator: Option<Arc<Identity>>,
    pub(crate) is_init: bool,
    simulation: SharedSimulation,
    queries: Mutex<HashMap<String, OpenQuery>>,
    access: Mutex<HashMap<String, Access>>,
}

/// What somebody asks of a chaincode.
#[derive(Clone, Debug)]
pub struct Call {
    /// The channel.
    pub channel: Arc<Channel>,
    /// The chaincode's name in its definition.
    pub chaincode: String,
    /// The function and its arguments.
    pub input: ccs_proto::peer::ChaincodeInput,
    /// The transaction.
    pub transaction_id: String,
    /// What the client has signed, as it came.
    pub proposal: Arc<SignedProposal>,
    /// Who proposed; [`None`] where nobody checks.
    pub creator: Option<Arc<Identity>>,
    /// Takes what the chaincode reads and writes.
    pub simulation: SharedSimulation,
}

impl Context {
    pub(crate) fn new(peer: Arc<Peer>, call: Call, definition: Arc<Definition>) -> Self {
        Self {
            peer,
            channel: call.channel,
            chaincode: call.chaincode,
            definition,
            transaction_id: call.transaction_id,
            proposal: call.proposal,
            creator: call.creator,
            is_init: call.input.is_init,
            simulation: call.simulation,
            queries: Mutex::default(),
            access: Mutex::default(),
        }
    }

    /// Gives the simulation; it is never held while anything is awaited.
    pub(crate) fn simulation(&self) -> MutexGuard<'_, Simulation> {
        self.simulation.lock()
    }

    /// Gives the simulation for a chaincode that this one calls.
    pub(crate) fn shared_simulation(&self) -> SharedSimulation {
        self.simulation.clone()
    }

    pub(crate) fn queries(&self) -> MutexGuard<'_, HashMap<String, OpenQuery>> {
        lock(&self.queries)
    }

    /// Gives what is known already of the creator's rights on collections.
    pub(crate) fn access(&self) -> MutexGuard<'_, HashMap<String, Access>> {
        lock(&self.access)
    }
}

/// Locks what no panic can leave half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
