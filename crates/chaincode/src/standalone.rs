//! A single chaincode with its own in-memory ledger, without a network.

use std::sync::{Arc, Mutex, PoisonError};

use ccs_channel::{Channel, Definition, DefinitionError, envelope};
use ccs_dial::ChaincodeConnection;
use ccs_dial::register::accept;
use ccs_files::PackageId;
use ccs_ledger::{Results, Store};
use ccs_proto::limits::ERROR_THRESHOLD;
use ccs_proto::peer::TxValidationCode;
use tokio::time::timeout;

use crate::chaincode_support::{ChaincodeSupport, Completed};
use crate::context::ChaincodeCall;
use crate::error::{InvokeError, RegisterError, TransactionError};
use crate::handle::ChaincodeHandle;
use crate::limits::ChaincodeLimits;
use crate::proposal::{Invocation, Proposer, UnsignedProposal};
use crate::shared_simulation::SharedSimulation;

/// Options for a standalone chaincode.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegisterOptions {
    /// Timeouts and limits.
    pub limits: ChaincodeLimits,
    /// Creator of the transactions.
    pub identity: Proposer,
}

/// Use of a transaction's writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Commit them, if the chaincode answers with a status below 400.
    Submit,
    /// Discard them.
    Evaluate,
}

/// Result of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionResult {
    /// ID of the transaction.
    pub transaction_id: String,
    /// Status of the response: 200 for success; from 400 on, nothing is endorsed.
    pub status: i32,
    /// Message of the response, usually for an error.
    pub message: String,
    /// Payload of the response.
    pub payload: Vec<u8>,
    /// Event that the chaincode set, if the status is below 400.
    pub event: Option<ChaincodeEvent>,
    /// Number of different keys that it read in its own namespace.
    pub reads: usize,
    /// Number of different keys that it wrote in its own namespace.
    pub writes: usize,
    /// Validation code; [`None`] if the writes were not to be committed.
    pub code: Option<TxValidationCode>,
}

impl TransactionResult {
    /// Returns whether the writes were committed.
    #[must_use]
    pub fn is_committed(&self) -> bool {
        self.code == Some(TxValidationCode::Valid)
    }
}

/// Event of a chaincode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChaincodeEvent {
    /// Name of the event.
    pub name: String,
    /// Payload of the event.
    pub payload: Vec<u8>,
}

/// Registered chaincode with a temporary ledger. Its stream ends with [`Chaincode::close`], or when this is dropped.
///
/// Every channel and chaincode name in a transaction exists, and all names refer to this chaincode. Nothing is
/// signed.
#[derive(Debug)]
pub struct Chaincode {
    support: Arc<ChaincodeSupport>,
    store: Store,
    package_id: String,
    identity: Proposer,
    /// Locked while creating a channel or defining a chaincode, so that only one of two concurrent transactions does
    /// it.
    defining: Mutex<()>,
}

impl Chaincode {
    /// Opens the stream and waits until the chaincode has registered as the package.
    pub async fn register(
        connection: ChaincodeConnection,
        package_id: &PackageId,
        options: &RegisterOptions,
    ) -> Result<Self, RegisterError> {
        let after = options.limits.startup_timeout;
        timeout(after, Self::open(connection, package_id, options))
            .await
            .unwrap_or_else(|_| Err(RegisterError::Timeout { package_id: package_id.clone(), after }))
    }

    async fn open(
        connection: ChaincodeConnection,
        package_id: &PackageId,
        options: &RegisterOptions,
    ) -> Result<Self, RegisterError> {
        let opened = connection.open().await;
        let stream = opened.map_err(|status| RegisterError::Stream(Box::new(status)))?;
        let package_id = package_id.to_string();
        let expected = package_id.clone();
        let admit = Box::new(move |name| accept(name, &expected));
        let running = ChaincodeHandle::register(stream, admit, options.limits.keepalive).await?;
        let support = Arc::new(ChaincodeSupport::new(options.limits.clone()));
        support.chaincodes().add_running(&package_id, running);
        Ok(Self {
            support,
            store: Store::temporary()?,
            package_id,
            identity: options.identity.clone(),
            defining: Mutex::default(),
        })
    }

    /// Runs a transaction and commits its writes, if the chaincode answers with a status below 400 and no other
    /// transaction has written a key that it read: see [`TransactionResult::code`].
    pub async fn submit(
        &self,
        channel: &str,
        chaincode: &str,
        arguments: &[impl AsRef<[u8]>],
    ) -> Result<TransactionResult, TransactionError> {
        self.invoke(Invocation::new(channel, chaincode, arguments), Intent::Submit).await
    }

    /// Runs a transaction and discards its writes.
    pub async fn evaluate(
        &self,
        channel: &str,
        chaincode: &str,
        arguments: &[impl AsRef<[u8]>],
    ) -> Result<TransactionResult, TransactionError> {
        self.invoke(Invocation::new(channel, chaincode, arguments), Intent::Evaluate).await
    }

    /// Proposes an invocation as the configured creator, and runs it.
    pub async fn invoke(
        &self,
        invocation: Invocation,
        intent: Intent,
    ) -> Result<TransactionResult, TransactionError> {
        self.execute(UnsignedProposal::new(invocation, &self.identity)?, intent).await
    }

    /// Runs a proposal. Several may run concurrently.
    ///
    /// The first proposal for a chaincode name determines whether the chaincode requires Init.
    pub async fn execute(
        &self,
        proposal: UnsignedProposal,
        intent: Intent,
    ) -> Result<TransactionResult, TransactionError> {
        let invocation = proposal.invocation();
        let channel = self.channel(invocation)?;
        let id = proposal.transaction_id().to_owned();
        let simulation = channel.ledger().simulate(id.as_str()).map_err(DefinitionError::from)?;
        let simulation = SharedSimulation::new(simulation);
        let target = self.support.resolve(&channel, &invocation.chaincode);
        let target = target.map_err(|gap| TransactionError::Invoke {
            id: id.clone(),
            error: InvokeError::gap(&channel, &invocation.chaincode, gap),
        })?;
        let call = ChaincodeCall {
            input: invocation.input(),
            transaction_id: id.clone(),
            proposal: Arc::clone(proposal.signed()),
            creator: None,
            simulation: simulation.clone(),
        };
        let completed = self.support.execute(target, call).await?;
        let results = simulation.results();
        let is_endorsed = completed.response.status < ERROR_THRESHOLD;
        let result = result(id, &invocation.chaincode, completed, &results);
        if !is_endorsed || intent == Intent::Evaluate {
            return Ok(result);
        }
        let code = channel.commit_unsigned(results, result.transaction_id.clone())?;
        Ok(TransactionResult { code: Some(code), ..result })
    }

    /// Returns the channel of an invocation, and defines the chaincode on it if needed.
    fn channel(&self, invocation: &Invocation) -> Result<Arc<Channel>, TransactionError> {
        let _defining = self.defining.lock().unwrap_or_else(PoisonError::into_inner);
        let name = invocation.channel.as_str();
        let channel = if let Some(channel) = self.support.channel(name) {
            channel
        } else {
            let ledger = self.store.channel(name, || envelope::genesis(name));
            let channel = Channel::new(ledger.map_err(DefinitionError::from)?, Vec::new());
            let channel = Arc::new(channel);
            self.support.join(Arc::clone(&channel));
            channel
        };
        if channel.definition(&invocation.chaincode)?.is_none() {
            let definition = Definition {
                sequence: 1,
                version: "1.0".to_owned(),
                init_required: invocation.is_init,
                ..Definition::default()
            };
            channel.define(&invocation.chaincode, &definition)?;
            channel.bind(&invocation.chaincode, &self.package_id);
        }
        Ok(channel)
    }

    /// Ends the stream immediately. Running transactions fail.
    pub async fn close(self) {
        self.support.chaincodes().close().await;
    }
}

fn result(
    transaction_id: String,
    chaincode: &str,
    completed: Completed,
    results: &Results,
) -> TransactionResult {
    let own = || results.touched.iter().filter(|touched| touched.namespace == chaincode);
    let is_endorsed = completed.response.status < ERROR_THRESHOLD;
    TransactionResult {
        transaction_id,
        status: completed.response.status,
        message: completed.response.message,
        payload: completed.response.payload,
        event: completed
            .event
            .filter(|_| is_endorsed)
            .map(|event| ChaincodeEvent { name: event.event_name, payload: event.payload }),
        reads: own().map(|touched| touched.read.len()).sum(),
        writes: own().map(|touched| touched.written.len() + touched.deleted.len()).sum(),
        code: None,
    }
}
