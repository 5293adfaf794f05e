//! Creates a block: validates a batch against the committed state and commits it.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use ccs_channel::Channel;
use ccs_ledger::{Collections, Committed, Content, LedgerError, Simulation, SimulationError, Transaction};

use crate::executor::{ChaincodeExecutor, ChaincodePolicies};
use crate::observer::Observer;
use crate::transient_store::TransientStore;
use crate::validation::{
    ChannelPolicies, Endorsed, StateKey, ValidationContext, Verdict, View, header_of, validate,
};

/// Metadata entry of a key that holds its endorsement policy.
const VALIDATION_PARAMETER: &str = "VALIDATION_PARAMETER";

/// Validates and commits blocks of one channel. Clones share the state.
#[derive(Clone)]
pub(crate) struct BlockMaker {
    pub(crate) channel: Arc<Channel>,
    pub(crate) policies: Arc<ChannelPolicies>,
    pub(crate) executor: Arc<dyn ChaincodeExecutor>,
    pub(crate) transient_store: Arc<TransientStore>,
    pub(crate) observer: Observer,
}

/// Committed block, with the data that observers need.
pub(crate) struct CommittedBlock {
    committed: Committed,
    /// IDs of its transactions.
    ids: Vec<String>,
    /// Reason why the block could not be copied.
    copy_failure: Option<String>,
}

impl BlockMaker {
    /// Commits a batch; call [`BlockMaker::tell`] afterwards. Blocks on signature checks and disk writes, so run it
    /// on a blocking thread.
    pub(crate) fn commit(&self, batch: &[Vec<u8>]) -> Result<CommittedBlock, LedgerError> {
        let transactions = self.validate(batch)?;
        let mut copy_failure = None;
        let committed = self.channel.ledger().commit_with(&transactions, &Lifetimes(self), |block| {
            copy_failure = self.copy(block);
        })?;
        let ids = transactions.into_iter().map(|transaction| transaction.id).collect();
        Ok(CommittedBlock { committed, ids, copy_failure })
    }

    /// Commits a batch again after a disk failure. The failed attempt may already have stored the block.
    pub(crate) fn commit_again(&self, batch: &[Vec<u8>]) -> Result<CommittedBlock, LedgerError> {
        let mut copy_failure = None;
        let settled = self.channel.ledger().settle(|block| copy_failure = self.copy(block))?;
        let Some(committed) = settled else { return self.commit(batch) };
        let ids = batch.iter().map(|envelope| header_of(envelope).tx_id).collect();
        Ok(CommittedBlock { committed, ids, copy_failure })
    }

    /// Copies a stored block. Returns the reason if that fails.
    fn copy(&self, block: &Committed) -> Option<String> {
        // A panic counts as a failed copy: the block is stored regardless.
        let copied = catch_unwind(AssertUnwindSafe(|| self.executor.copy(&self.channel, block)));
        copied.unwrap_or_else(|_| Some(format!("block {} was not copied: the copy panicked", block.number)))
    }

    /// Notifies the observer and the executor of a committed block. Errors here do not undo the commit.
    pub(crate) fn tell(&self, block: CommittedBlock) {
        let CommittedBlock { committed, ids, copy_failure } = block;
        let name = self.channel.name();
        if let Some(failure) = copy_failure {
            self.observer.warn(failure);
        }
        for (id, code) in ids.into_iter().zip(&committed.codes) {
            self.transient_store.forget(name, &id);
            self.observer.committed(name, committed.number, id, *code);
        }
        for failure in self.executor.committed(&committed) {
            self.observer.warn(failure);
        }
    }

    fn validate(&self, batch: &[Vec<u8>]) -> Result<Vec<Transaction>, LedgerError> {
        let state = RefCell::new(self.channel.ledger().simulate("")?);
        let view = CommittedState { maker: self, state: &state, policies: RefCell::default() };
        let mut changed_policies = HashSet::new();
        let mut transactions = Vec::new();
        for envelope in batch {
            let id = header_of(envelope).tx_id;
            let private = self.transient_store.get(self.channel.name(), &id);
            let place = ValidationContext {
                channel: self.channel.name(),
                msps: self.channel.msps(),
                policies: &self.policies,
                view: &view,
                changed_policies: &changed_policies,
            };
            let Verdict { id, outcome } = validate(envelope, &place)?;
            let content = match outcome {
                Ok(Endorsed { results, changed_policies: changed }) => {
                    changed_policies.extend(changed);
                    Content::Endorsed { results, private }
                }
                Err(code) => Content::Rejected(code),
            };
            transactions.push(Transaction { envelope: envelope.clone(), id, content });
        }
        Ok(transactions)
    }
}

/// How long collections keep their values.
struct Lifetimes<'a>(&'a BlockMaker);

impl Collections for Lifetimes<'_> {
    fn block_to_live(&self, namespace: &str, collection: &str) -> u64 {
        let policies = self.0.executor.policies(&self.0.channel, namespace);
        let collection = policies.as_ref().and_then(|policies| policies.collection(collection));
        collection.map_or(0, |collection| collection.block_to_live)
    }
}

/// State before the block.
struct CommittedState<'a> {
    maker: &'a BlockMaker,
    state: &'a RefCell<Simulation>,
    /// Policies by chaincode name, cached because definitions only change between blocks.
    policies: RefCell<HashMap<String, Option<Arc<ChaincodePolicies>>>>,
}

impl View for CommittedState<'_> {
    fn policies(&self, chaincode: &str) -> Option<Arc<ChaincodePolicies>> {
        if let Some(known) = self.policies.borrow().get(chaincode) {
            return known.clone();
        }
        let found = self.maker.executor.policies(&self.maker.channel, chaincode);
        self.policies.borrow_mut().insert(chaincode.to_owned(), found.clone());
        found
    }

    fn key_policy(&self, key: &StateKey) -> Result<Option<Vec<u8>>, LedgerError> {
        let StateKey { namespace, collection, key } = key;
        let mut state = self.state.borrow_mut();
        let metadata = match (collection, std::str::from_utf8(key)) {
            (Some(collection), _) => {
                state.metadata_of_hash(namespace, collection, key).map_err(SimulationError::from)
            }
            (None, Ok(key)) => state.metadata(namespace, key),
            (None, Err(_)) => return Ok(None),
        };
        match metadata {
            Ok(mut metadata) => Ok(metadata.remove(VALIDATION_PARAMETER)),
            Err(SimulationError::Ledger(error)) => Err(error),
            Err(_) => Ok(None),
        }
    }
}
