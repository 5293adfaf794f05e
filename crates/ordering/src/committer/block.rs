//! Creates a block: validates a batch against the committed state and commits it.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use ccs_channel::Channel;
use ccs_ledger::{Collections, Committed, Content, LedgerError, Transaction};

use crate::committed_state::CommittedState;
use crate::observer::Observer;
use crate::support::CommitSupport;
use crate::transient_store::TransientStore;
use crate::validation::{ChannelPolicies, Endorsed, ValidationContext, Verdict, header_of, validate};

/// Validates and commits blocks of one channel. Clones share the state.
#[derive(Clone)]
pub(crate) struct BlockMaker {
    pub(crate) channel: Arc<Channel>,
    pub(crate) policies: Arc<ChannelPolicies>,
    pub(crate) support: Arc<dyn CommitSupport>,
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
        let copied = catch_unwind(AssertUnwindSafe(|| self.support.copy(&self.channel, block)));
        copied.unwrap_or_else(|_| Some(format!("block {} was not copied: the copy panicked", block.number)))
    }

    /// Notifies the observer and the chaincode support of a committed block. Errors here do not undo the commit.
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
        for failure in self.support.committed(&committed) {
            self.observer.warn(failure);
        }
    }

    fn validate(&self, batch: &[Vec<u8>]) -> Result<Vec<Transaction>, LedgerError> {
        let view = CommittedState::new(&self.channel, &*self.support)?;
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
        let policies = self.0.support.policies(&self.0.channel, namespace);
        let collection = policies.as_ref().and_then(|policies| policies.collection(collection));
        collection.map_or(0, |collection| collection.block_to_live)
    }
}
