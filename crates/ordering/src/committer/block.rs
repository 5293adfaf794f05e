//! Creates a block: validates a batch against the committed state and commits it to the ledgers of all peers.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use ccs_channel::Channel;
use ccs_identity::MspId;
use ccs_ledger::{Collections, Committed, Content, LedgerError, Replicas, Transaction};
use ccs_proto::rwset::TxPvtReadWriteSet;

use super::private_sets::{PrivateSets, with_private};
use crate::committed_state::CommittedState;
use crate::observer::Observer;
use crate::policies::is_member;
use crate::support::CommitSupport;
use crate::transient_store::TransientStore;
use crate::validation::{
    ChannelPolicies, Endorsed, ValidationContext, Verdict, View as _, header_of, validate,
};

/// Part of a peer in the commits of one channel.
pub(crate) struct Replica {
    pub(crate) organization: MspId,
    pub(crate) channel: Arc<Channel>,
    pub(crate) support: Arc<dyn CommitSupport>,
    pub(crate) transient_store: Arc<TransientStore>,
    pub(crate) observer: Observer,
}

/// Validates and commits blocks of one channel. Clones share the state.
#[derive(Clone)]
pub(crate) struct BlockMaker {
    /// The peers, at least one. Since all have the same public state, the first one validates.
    pub(crate) replicas: Arc<[Replica]>,
    pub(crate) policies: Arc<ChannelPolicies>,
}

/// Committed block, with the data that observers need.
pub(crate) struct CommittedBlock {
    /// The block, as each peer has committed it.
    committed: Vec<Committed>,
    /// IDs of its transactions.
    ids: Vec<String>,
    /// For each peer, the reason why the block could not be copied.
    copy_failures: Vec<Option<String>>,
}

impl BlockMaker {
    /// Commits a batch; call [`BlockMaker::tell`] afterwards. Blocks on signature checks and disk writes, so run it
    /// on a blocking thread.
    pub(crate) fn commit(&self, batch: &[Vec<u8>]) -> Result<CommittedBlock, LedgerError> {
        let batches = self.validate(batch)?;
        let mut copy_failures = Vec::new();
        let lifetimes = Lifetimes(self.first());
        let committed = self.ledgers()?.commit_with(&batches, &lifetimes, |blocks| {
            copy_failures = self.copy(blocks);
        })?;
        Ok(CommittedBlock { committed, ids: ids(batch), copy_failures })
    }

    /// Commits a batch again after a disk failure. The failed attempt may already have stored the block.
    pub(crate) fn commit_again(&self, batch: &[Vec<u8>]) -> Result<CommittedBlock, LedgerError> {
        let mut copy_failures = Vec::new();
        let settled = self.ledgers()?.settle(|blocks| copy_failures = self.copy(blocks))?;
        let Some(committed) = settled else { return self.commit(batch) };
        Ok(CommittedBlock { committed, ids: ids(batch), copy_failures })
    }

    pub(crate) fn channel(&self) -> &Channel {
        &self.first().channel
    }

    /// Reports a problem of the channel once, to the observer of the first peer.
    pub(crate) fn warn(&self, warning: String) {
        self.first().observer.warn(warning);
    }

    fn first(&self) -> &Replica {
        // There is at least one.
        &self.replicas[0]
    }

    fn ledgers(&self) -> Result<Replicas, LedgerError> {
        Replicas::new(self.replicas.iter().map(|replica| replica.channel.ledger().clone()).collect())
    }

    /// Copies a stored block of each peer. Returns the reasons if that fails.
    fn copy(&self, blocks: &[Committed]) -> Vec<Option<String>> {
        let copy = |(replica, block): (&Replica, &Committed)| {
            // A panic counts as a failed copy: the block is stored regardless.
            let copied = catch_unwind(AssertUnwindSafe(|| replica.support.copy(&replica.channel, block)));
            copied
                .unwrap_or_else(|_| Some(format!("block {} was not copied: the copy panicked", block.number)))
        };
        self.replicas.iter().zip(blocks).map(copy).collect()
    }

    /// Notifies the observers and the chaincode support of a committed block. Errors here do not undo the commit.
    pub(crate) fn tell(&self, block: CommittedBlock) {
        let CommittedBlock { committed, ids, copy_failures } = block;
        for (replica, failure) in self.replicas.iter().zip(copy_failures) {
            if let Some(failure) = failure {
                replica.observer.warn(failure);
            }
        }
        let codes = committed.first().map(|block| (block.number, block.codes.as_slice()));
        let (number, codes) = codes.unwrap_or_default();
        for (id, code) in ids.into_iter().zip(codes) {
            for replica in &*self.replicas {
                replica.transient_store.forget(self.channel().name(), &id);
            }
            // One report is enough, by a peer that can tell what the transaction did.
            let mut endorsers = self.replicas.iter().filter(|replica| replica.observer.remembers(&id));
            let observer = &endorsers.next().unwrap_or(self.first()).observer;
            endorsers.for_each(|replica| replica.observer.forget(&id));
            observer.committed(self.channel().name(), number, id, *code);
        }
        for (replica, block) in self.replicas.iter().zip(&committed) {
            for failure in replica.support.committed(block) {
                replica.observer.warn(failure);
            }
        }
    }

    /// Validates a batch. Returns its transactions for each peer, with the private data that the peer may store.
    fn validate(&self, batch: &[Vec<u8>]) -> Result<Vec<Vec<Transaction>>, LedgerError> {
        let Replica { channel, support, .. } = self.first();
        let view = CommittedState::new(channel, &**support)?;
        let mut changed_policies = HashSet::new();
        let mut batches: Vec<Vec<_>> = self.replicas.iter().map(|_| Vec::new()).collect();
        for envelope in batch {
            let place = ValidationContext {
                channel: channel.name(),
                msps: channel.msps(),
                policies: &self.policies,
                view: &view,
                changed_policies: &changed_policies,
            };
            let Verdict { id, outcome } = validate(envelope, &place)?;
            let (content, private) = match outcome {
                Ok(Endorsed { results, changed_policies: changed }) => {
                    changed_policies.extend(changed);
                    let private = PrivateSets::find(&results, &self.kept(&id));
                    (Content::Endorsed { results, private: None }, private)
                }
                Err(code) => (Content::Rejected(code), PrivateSets::default()),
            };
            for (replica, batch) in self.replicas.iter().zip(&mut batches) {
                let private = private.of_member(|namespace, collection| {
                    // A peer that is the whole network stores everything.
                    let policies = view.policies(namespace);
                    self.replicas.len() == 1
                        || is_member(&replica.organization, collection, policies.as_deref())
                });
                let content = with_private(&content, private);
                batch.push(Transaction { envelope: envelope.clone(), id: id.clone(), content });
            }
        }
        Ok(batches)
    }

    /// Returns the private data that the endorsing peers have kept for a transaction.
    fn kept(&self, id: &str) -> Vec<TxPvtReadWriteSet> {
        let kept = |replica: &Replica| replica.transient_store.get(self.channel().name(), id);
        self.replicas.iter().filter_map(kept).collect()
    }
}

fn ids(batch: &[Vec<u8>]) -> Vec<String> {
    batch.iter().map(|envelope| header_of(envelope).tx_id).collect()
}

/// How long collections keep their values.
struct Lifetimes<'a>(&'a Replica);

impl Collections for Lifetimes<'_> {
    fn block_to_live(&self, namespace: &str, collection: &str) -> u64 {
        let policies = self.0.support.policies(&self.0.channel, namespace);
        let collection = policies.as_ref().and_then(|policies| policies.collection(collection));
        collection.map_or(0, |collection| collection.block_to_live)
    }
}
