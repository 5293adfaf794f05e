//! The context in which the requests of a running transaction are answered.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ccs_channel::{Channel, Definition};
use ccs_identity::Identity;
use ccs_ledger::{HistoryQuery, RangeQuery, Simulation};
use ccs_proto::peer::{ChaincodeMessage, SignedProposal};

use crate::error::InvokeError;
use crate::shared_simulation::SharedSimulation;

/// Query that may have more results.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a transaction has few open queries")]
pub(crate) enum OpenQuery {
    Range(RangeQuery),
    History(HistoryQuery),
    /// Results of a rich query, which are all present.
    Found {
        results: std::vec::IntoIter<ccs_ledger::KeyValue>,
        /// Whether returned results are recorded as read; those of a collection are not.
        is_recorded: bool,
    },
}

/// Run of one chaincode in a transaction.
pub(crate) struct Context {
    /// Chaincodes that it may call.
    pub(crate) callees: Arc<dyn Callees>,
    /// Maximum number of results of a query.
    pub(crate) query_limit: usize,
    pub(crate) channel: Arc<Channel>,
    /// Name of the chaincode, which is the namespace of its keys.
    pub(crate) chaincode: String,
    pub(crate) definition: Arc<Definition>,
    pub(crate) transaction_id: String,
    pub(crate) proposal: Arc<SignedProposal>,
    /// Identity of the creator; [`None`] if access is not checked.
    pub(crate) creator: Option<Arc<Identity>>,
    pub(crate) is_init: bool,
    simulation: SharedSimulation,
    queries: Mutex<HashMap<String, OpenQuery>>,
    access: Mutex<HashMap<String, CollectionRights>>,
}

impl fmt::Debug for Context {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Context");
        shown.field("chaincode", &self.chaincode).field("transaction_id", &self.transaction_id);
        shown.finish_non_exhaustive()
    }
}

/// Rights of a transaction's creator on a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CollectionRights {
    pub(crate) read: bool,
    pub(crate) write: bool,
}

/// Chaincodes that a running one can call.
#[tonic::async_trait]
pub(crate) trait Callees: Send + Sync {
    /// Returns the channel with the given name.
    fn channel(&self, name: &str) -> Option<Arc<Channel>>;

    /// Invokes a chaincode and returns its last message, COMPLETED or ERROR.
    async fn invoke(
        self: Arc<Self>,
        channel: Arc<Channel>,
        chaincode: &str,
        call: ChaincodeCall,
    ) -> Result<ChaincodeMessage, InvokeError>;
}

/// Chaincode of a channel, resolved once for each transaction.
#[derive(Clone, Debug)]
pub struct Target {
    /// Channel of the chaincode.
    pub channel: Arc<Channel>,
    /// Name of the chaincode in its definition.
    pub chaincode: String,
    /// Definition of the chaincode.
    pub definition: Arc<Definition>,
    /// ID under which the chaincode runs.
    pub id: String,
}

/// Call of a chaincode.
#[derive(Clone, Debug)]
pub struct ChaincodeCall {
    /// Function and its arguments.
    pub input: ccs_proto::peer::ChaincodeInput,
    /// ID of the transaction.
    pub transaction_id: String,
    /// Signed proposal, as received from the client.
    pub proposal: Arc<SignedProposal>,
    /// Identity of the creator; [`None`] if access is not checked.
    pub creator: Option<Arc<Identity>>,
    /// Simulation that records reads and writes.
    pub simulation: SharedSimulation,
}

impl Context {
    pub(crate) fn new(
        callees: Arc<dyn Callees>,
        query_limit: usize,
        target: Target,
        call: ChaincodeCall,
    ) -> Self {
        Self {
            callees,
            query_limit,
            channel: target.channel,
            chaincode: target.chaincode,
            definition: target.definition,
            transaction_id: call.transaction_id,
            proposal: call.proposal,
            creator: call.creator,
            is_init: call.input.is_init,
            simulation: call.simulation,
            queries: Mutex::default(),
            access: Mutex::default(),
        }
    }

    /// Locks the simulation. Do not await while holding the lock.
    pub(crate) fn simulation(&self) -> MutexGuard<'_, Simulation> {
        self.simulation.lock()
    }

    /// Returns the simulation, to share it with a called chaincode.
    pub(crate) fn shared_simulation(&self) -> SharedSimulation {
        self.simulation.clone()
    }

    pub(crate) fn queries(&self) -> MutexGuard<'_, HashMap<String, OpenQuery>> {
        lock(&self.queries)
    }

    /// Returns the rights of the creator on collections that were computed so far.
    pub(crate) fn access(&self) -> MutexGuard<'_, HashMap<String, CollectionRights>> {
        lock(&self.access)
    }
}

/// Locks a mutex, ignoring poisoning: a panic cannot leave the data inconsistent.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
