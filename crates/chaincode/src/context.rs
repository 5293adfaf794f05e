//! What the requests of one running transaction work on.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ccs_channel::{Channel, Definition};
use ccs_identity::Identity;
use ccs_ledger::{HistoryQuery, RangeQuery, Simulation};
use ccs_proto::peer::{ChaincodeMessage, SignedProposal};

use crate::error::InvokeError;
use crate::shared_simulation::SharedSimulation;

/// A query that has more to give.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a transaction has few open queries")]
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
pub(crate) struct Context {
    /// What it may call.
    pub(crate) callees: Arc<dyn Callees>,
    /// How many results a query gives at most.
    pub(crate) query_limit: usize,
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
    access: Mutex<HashMap<String, CollectionRights>>,
}

impl fmt::Debug for Context {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Context");
        shown.field("chaincode", &self.chaincode).field("transaction_id", &self.transaction_id);
        shown.finish_non_exhaustive()
    }
}

/// What the creator of a transaction may do with a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CollectionRights {
    pub(crate) read: bool,
    pub(crate) write: bool,
}

/// The chaincodes that a running one can call.
#[tonic::async_trait]
pub(crate) trait Callees: Send + Sync {
    /// Finds a channel.
    fn channel(&self, name: &str) -> Option<Arc<Channel>>;

    /// Invokes a chaincode and returns its last message, COMPLETED or ERROR.
    async fn invoke(
        self: Arc<Self>,
        channel: Arc<Channel>,
        chaincode: &str,
        call: ChaincodeCall,
    ) -> Result<ChaincodeMessage, InvokeError>;
}

/// What runs for a chaincode of a channel: resolved once for each transaction.
#[derive(Clone, Debug)]
pub struct Target {
    /// The channel.
    pub channel: Arc<Channel>,
    /// The chaincode's name in its definition.
    pub chaincode: String,
    /// The definition.
    pub definition: Arc<Definition>,
    /// The ID under which the chaincode runs.
    pub id: String,
}

/// A call of a chaincode.
#[derive(Clone, Debug)]
pub struct ChaincodeCall {
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

    /// Returns the simulation; it is never held while anything is awaited.
    pub(crate) fn simulation(&self) -> MutexGuard<'_, Simulation> {
        self.simulation.lock()
    }

    /// Returns the simulation for a chaincode that this one calls.
    pub(crate) fn shared_simulation(&self) -> SharedSimulation {
        self.simulation.clone()
    }

    pub(crate) fn queries(&self) -> MutexGuard<'_, HashMap<String, OpenQuery>> {
        lock(&self.queries)
    }

    /// Returns what is known already of the creator's rights on collections.
    pub(crate) fn access(&self) -> MutexGuard<'_, HashMap<String, CollectionRights>> {
        lock(&self.access)
    }
}

/// Locks what no panic can leave half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
