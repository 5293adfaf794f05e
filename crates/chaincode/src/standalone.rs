//! One chaincode with a ledger of its own: for a caller that runs transactions and needs no network.

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

/// Times and limits of a chaincode, and who proposes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegisterOptions {
    /// Times and limits.
    pub limits: ChaincodeLimits,
    /// Who proposes the transactions.
    pub identity: Proposer,
}

/// What becomes of a transaction's writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// They are committed, if the chaincode answers with a status below 400.
    Submit,
    /// They are thrown away.
    Evaluate,
}

/// What a chaincode answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionResult {
    /// The transaction.
    pub transaction_id: String,
    /// 200 for success; from 400 on nothing is endorsed.
    pub status: i32,
    /// The chaincode's words, mostly with an error.
    pub message: String,
    /// The chaincode's answer.
    pub payload: Vec<u8>,
    /// The event that it set, when the status is below 400.
    pub event: Option<ChaincodeEvent>,
    /// How many different keys of its own it read.
    pub reads: usize,
    /// How many different keys of its own it wrote.
    pub writes: usize,
    /// What became of its writes; [`None`] if they were not to be committed.
    pub code: Option<TxValidationCode>,
}

impl TransactionResult {
    /// Returns whether its writes were committed.
    #[must_use]
    pub fn is_committed(&self) -> bool {
        self.code == Some(TxValidationCode::Valid)
    }
}

/// An event of a chaincode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChaincodeEvent {
    /// Its name.
    pub name: String,
    /// Its content.
    pub payload: Vec<u8>,
}

/// A chaincode that has registered, with a temporary ledger. Its stream ends with [`Chaincode::close`], or when this is
/// dropped.
///
/// Every channel that a transaction names is there, and so is every chaincode: all names are this one. Nothing is signed.
#[derive(Debug)]
pub struct Chaincode {
    support: Arc<ChaincodeSupport>,
    store: Store,
    package_id: String,
    identity: Proposer,
    /// Held while a channel is made or a chaincode defined: of two transactions that need it first, one does it.
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

    /// Runs a transaction and commits what it writes, if the chaincode answers with a status below 400 and no other
    /// transaction has written what it read: see [`TransactionResult::code`].
    pub async fn submit(
        &self,
        channel: &str,
        chaincode: &str,
        arguments: &[impl AsRef<[u8]>],
    ) -> Result<TransactionResult, TransactionError> {
        self.invoke(Invocation::new(channel, chaincode, arguments), Intent::Submit).await
    }

    /// Runs a transaction and throws away what it writes.
    pub async fn evaluate(
        &self,
        channel: &str,
        chaincode: &str,
        arguments: &[impl AsRef<[u8]>],
    ) -> Result<TransactionResult, TransactionError> {
        self.invoke(Invocation::new(channel, chaincode, arguments), Intent::Evaluate).await
    }

    /// Proposes an invocation as the configured identity and runs it.
    pub async fn invoke(
        &self,
        invocation: Invocation,
        intent: Intent,
    ) -> Result<TransactionResult, TransactionError> {
        self.execute(UnsignedProposal::new(invocation, &self.identity)?, intent).await
    }

    /// Runs a proposal. Several may run at once.
    ///
    /// The first one for a chaincode's name decides whether that has an Init that must be called.
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

    /// Finds the channel of an invocation, with its chaincode defined.
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

    /// Ends the stream at once; transactions that still run fail.
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
