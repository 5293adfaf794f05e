//! Runs chaincode for a peer: holds its channels and chaincodes, and invokes them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

use ccs_channel::{Channel, Definition, DefinitionError, Index, Indexes, LIFECYCLE, RunAs};
use ccs_ledger::{Committed, Namespace};
use ccs_proto::peer::chaincode_message::Type;
use ccs_proto::peer::{ChaincodeEvent, ChaincodeMessage, Response};
use prost::Message;
use tokio::sync::watch;

use crate::context::{Callees, ChaincodeCall, Context, Target};
use crate::error::{Gap, InvokeError, TransactionError};
use crate::limits::ChaincodeLimits;
use crate::registry::Chaincodes;
use crate::shared_simulation::SharedSimulation;
use crate::wire::TransactionKey;

/// Key under which a chaincode's Init stores the version of the definition (Fabric 3.1
/// `core/chaincode/chaincode_support.go`).
const INITIALIZED: &str = "\u{0}\u{10ffff}initialized";

/// Channels and chaincodes of a peer, like Fabric 3.1 `core/chaincode/chaincode_support.go`.
#[derive(Debug)]
pub struct ChaincodeSupport {
    limits: ChaincodeLimits,
    channels: RwLock<BTreeMap<String, Arc<Channel>>>,
    chaincodes: Chaincodes,
    indexes: Indexes,
    lifecycle_blocks: watch::Sender<u64>,
}

/// Answer of a chaincode to a transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct Completed {
    /// Response of the chaincode.
    pub response: Response,
    /// Event that the chaincode set, regardless of the status.
    pub event: Option<ChaincodeEvent>,
    /// Definition under which the chaincode ran.
    pub definition: Arc<Definition>,
}

impl ChaincodeSupport {
    /// Creates an instance without channels and chaincodes.
    #[must_use]
    pub fn new(limits: ChaincodeLimits) -> Self {
        let chaincodes = Chaincodes::new(&limits);
        let (channels, indexes) = (RwLock::default(), Indexes::default());
        Self { limits, channels, chaincodes, indexes, lifecycle_blocks: watch::Sender::default() }
    }

    /// Returns the timeouts and limits.
    #[must_use]
    pub fn limits(&self) -> &ChaincodeLimits {
        &self.limits
    }

    /// Returns the chaincodes, both running ones and those that are launched on demand.
    #[must_use]
    pub fn chaincodes(&self) -> &Chaincodes {
        &self.chaincodes
    }

    /// Adds a channel.
    pub fn join(&self, channel: Arc<Channel>) {
        let mut channels = self.channels.write().unwrap_or_else(PoisonError::into_inner);
        channels.insert(channel.name().to_owned(), channel);
    }

    /// Returns the channel with the given name.
    #[must_use]
    pub fn channel(&self, name: &str) -> Option<Arc<Channel>> {
        self.channels.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Returns the channels, sorted by name.
    #[must_use]
    pub fn channels(&self) -> Vec<Arc<Channel>> {
        self.channels.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Resolves a chaincode of a channel to its definition as of the last block, and to the ID under which it runs.
    pub fn resolve(&self, channel: &Arc<Channel>, chaincode: &str) -> Result<Target, Gap> {
        let definition = channel.definition(chaincode)?;
        self.target(channel, chaincode, definition)
    }

    fn target(
        &self,
        channel: &Arc<Channel>,
        chaincode: &str,
        definition: Option<Arc<Definition>>,
    ) -> Result<Target, Gap> {
        let chaincode = chaincode.to_owned();
        let Some(definition) = definition else { return Err(Gap::Undefined(chaincode)) };
        let id = self.id_of(channel, &chaincode, &definition)?;
        Ok(Target { channel: Arc::clone(channel), chaincode, definition, id })
    }

    /// Runs a transaction on a chaincode, and launches the chaincode first if needed.
    ///
    /// If the simulation sees a newer definition than `target` contains, that definition is used.
    pub async fn execute(
        self: &Arc<Self>,
        target: Target,
        call: ChaincodeCall,
    ) -> Result<Completed, TransactionError> {
        let id = call.transaction_id.clone();
        let failed = |error| TransactionError::Invoke { id: id.clone(), error };
        let target = self.confirm(target, &call.simulation).map_err(failed)?;
        let (chaincode, definition) = (target.chaincode.clone(), Arc::clone(&target.definition));
        let message = self.run(target, call).await.map_err(failed)?;
        if message.r#type() == Type::Error {
            return Err(TransactionError::Failure(String::from_utf8_lossy(&message.payload).into_owned()));
        }
        let response = Response::decode(message.payload.as_slice())
            .map_err(|error| TransactionError::Malformed { id: id.clone(), reason: error.to_string() })?;
        // Replaces the name that the chaincode sets.
        let event = message.chaincode_event.map(|event| ChaincodeEvent {
            chaincode_id: chaincode,
            tx_id: id,
            ..event
        });
        Ok(Completed { response, event, definition })
    }

    /// Checks a target against a simulation, which records a read of the definition's sequence number. Resolves the
    /// target again if the number has changed.
    fn confirm(&self, target: Target, simulation: &SharedSimulation) -> Result<Target, InvokeError> {
        let found = target.channel.resolve(&mut simulation.lock(), &target.chaincode)?;
        if found.as_ref().is_some_and(|found| found.sequence == target.definition.sequence) {
            return Ok(target);
        }
        self.target(&target.channel, &target.chaincode, found)
            .map_err(|gap| InvokeError::gap(&target.channel, &target.chaincode, gap))
    }

    /// Returns the ID under which a chaincode runs, if this peer can run it.
    fn id_of(&self, channel: &Channel, chaincode: &str, definition: &Definition) -> Result<String, Gap> {
        let name = || chaincode.to_owned();
        match channel.run_as(chaincode, definition)? {
            Some(RunAs::Bound(id) | RunAs::Package(id)) if self.chaincodes.is_known(&id) => Ok(id),
            Some(_) => Err(Gap::NotInstalled(name())),
            None => {
                let (sequence, channel) = (definition.sequence, channel.name().to_owned());
                Err(Gap::NotApproved { chaincode: name(), sequence, channel })
            }
        }
    }

    /// Launches the chaincode of approved packages, as a peer does when a definition is committed or a package
    /// installed.
    ///
    /// Does not report failures: the next transaction tries again, and reports them. Requires a tokio runtime.
    pub fn launch_approved(&self) {
        for channel in self.channels() {
            for chaincode in channel.defined().unwrap_or_default() {
                let Ok(Some(definition)) = channel.definition(&chaincode) else { continue };
                let Ok(Some(RunAs::Package(id))) = channel.run_as(&chaincode, &definition) else { continue };
                if self.chaincodes.is_known(&id) {
                    let chaincodes = self.chaincodes.clone();
                    tokio::runtime::Handle::current().spawn(async move { chaincodes.launch(&id).await });
                }
            }
        }
    }

    /// Returns the IDs of the chaincodes that the channels currently use.
    pub fn in_use(&self) -> Result<BTreeSet<String>, Gap> {
        let mut ids = BTreeSet::new();
        for channel in self.channels() {
            for chaincode in channel.defined()? {
                match self.resolve(&channel, &chaincode) {
                    Ok(target) => drop(ids.insert(target.id)),
                    Err(error @ Gap::Definition(_)) => return Err(error),
                    Err(_) => {}
                }
            }
        }
        Ok(ids)
    }

    /// Returns a counter that changes with each block that may change which chaincode runs.
    #[must_use]
    pub fn lifecycle_blocks(&self) -> watch::Receiver<u64> {
        self.lifecycle_blocks.subscribe()
    }

    /// Stores the indexes of a package.
    pub fn add_indexes(&self, id: &str, indexes: Vec<Index>) {
        self.indexes.add(id, indexes);
    }

    /// Creates the indexes of the packages in use, on each channel with a copy in CouchDB. Existing indexes are kept.
    /// Returns descriptions of the failures; queries that need a missing index report it, too.
    pub async fn create_indexes(&self) -> Vec<String> {
        let mut failures = Vec::new();
        for channel in self.channels() {
            let Some(mirror) = channel.mirror() else { continue };
            for chaincode in channel.defined().unwrap_or_default() {
                let Ok(Target { id, .. }) = self.resolve(&channel, &chaincode) else { continue };
                for index in self.indexes.of(&id) {
                    let namespace = match &index.collection {
                        None => Namespace::Public(&chaincode),
                        Some(collection) => Namespace::Private { chaincode: &chaincode, collection },
                    };
                    if let Err(error) = mirror.create_index(&namespace.to_string(), &index.definition).await {
                        let file = index.file.display();
                        failures.push(format!("the index {file} of {id} cannot be created: {error}"));
                    }
                }
            }
        }
        failures
    }

    /// Copies a block of a channel to CouchDB, if the channel has a copy there. Call it on a blocking thread. Returns
    /// a description of the failure, if any.
    #[must_use]
    pub fn copy(channel: &Channel, block: &Committed) -> Option<String> {
        let error = channel.mirror()?.apply(block, &tokio::runtime::Handle::current()).err()?;
        let hint = "rich queries are rejected until the peer is restarted, which copies the state again";
        Some(format!("block {} was not copied to CouchDB: {error}; {hint}", block.number))
    }

    /// Creates the indexes and launches the chaincode that a committed block requires. Call it on a blocking thread.
    /// Returns descriptions of the failures.
    #[must_use]
    pub fn committed(&self, block: &Committed) -> Vec<String> {
        if !block.updates.keys().any(|namespace| is_of_lifecycle(namespace)) {
            return Vec::new();
        }
        let failures = tokio::runtime::Handle::current().block_on(self.create_indexes());
        self.launch_approved();
        self.lifecycle_blocks.send_modify(|blocks| *blocks += 1);
        failures
    }

    /// Runs a chaincode on behalf of a client or of another chaincode, and returns its last message, COMPLETED or
    /// ERROR.
    async fn run(
        self: &Arc<Self>,
        target: Target,
        mut call: ChaincodeCall,
    ) -> Result<ChaincodeMessage, InvokeError> {
        // Only a peer's decorators may set decorations, and this peer has none (Fabric 3.1
        // `core/chaincode/chaincode_support.go`).
        call.input.decorations.clear();
        let message_type = initialize(&target, &call)?;
        let running = self.chaincodes.running(&target.id).await;
        let running = running.map_err(|error| InvokeError::Launch { id: target.id.clone(), error })?;
        let channel = target.channel.name().to_owned();
        let key = TransactionKey { channel, id: call.transaction_id.clone() };
        let mut message = key.message(message_type, call.input.encode_to_vec());
        message.proposal = Some((*call.proposal).clone());
        let callees: Arc<dyn Callees> = Arc::clone(self) as _;
        let context = Context::new(callees, self.limits.total_query_limit, target, call);
        running.execute(message, Arc::new(context), self.limits.execute_timeout).await
    }
}

/// Returns the message type, INIT or TRANSACTION. Like a peer, records in the simulation that Init was called before
/// the chaincode runs.
fn initialize(target: &Target, call: &ChaincodeCall) -> Result<Type, InvokeError> {
    let (name, definition) = (target.chaincode.as_str(), &target.definition);
    let invalid = |text: &str| InvokeError::Init(format!("chaincode '{name}' {text}"));
    let is_init = call.input.is_init;
    if !definition.init_required {
        if is_init {
            return Err(invalid("does not require initialization but called as init"));
        }
        return Ok(Type::Transaction);
    }
    let mut simulation = call.simulation.lock();
    let mark = simulation.get(name, INITIALIZED).map_err(DefinitionError::from)?;
    match (is_init, mark.as_deref() == Some(definition.version.as_bytes())) {
        (true, true) => Err(invalid("is already initialized but called as init")),
        (false, false) => Err(invalid("has not been initialized for this version, must call as init first")),
        (false, true) => Ok(Type::Transaction),
        (true, false) => {
            let version = definition.version.clone().into_bytes();
            simulation.put(name, INITIALIZED, version).map_err(DefinitionError::from)?;
            Ok(Type::Init)
        }
    }
}

/// Returns whether a namespace of the ledger is `_lifecycle` or one of its collections.
fn is_of_lifecycle(namespace: &str) -> bool {
    Namespace::parse(namespace).is_some_and(|namespace| namespace.chaincode() == LIFECYCLE)
}

#[tonic::async_trait]
impl Callees for ChaincodeSupport {
    fn channel(&self, name: &str) -> Option<Arc<Channel>> {
        Self::channel(self, name)
    }

    async fn invoke(
        self: Arc<Self>,
        channel: Arc<Channel>,
        chaincode: &str,
        call: ChaincodeCall,
    ) -> Result<ChaincodeMessage, InvokeError> {
        let definition = channel.resolve(&mut call.simulation.lock(), chaincode)?;
        let target = self.target(&channel, chaincode, definition);
        let target = target.map_err(|gap| InvokeError::gap(&channel, chaincode, gap))?;
        self.run(target, call).await
    }
}
