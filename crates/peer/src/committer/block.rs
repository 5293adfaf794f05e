//! Makes one block: validates a batch over what was committed before, and commits it.

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::Arc;

use ccs_identity::MspManager;
use ccs_ledger::{
    Collections, Committed, Content, Ledger, LedgerError, Simulation, SimulationError, Transaction,
};

use crate::contracts::{ContractDefinition, Contracts};
use crate::observer::Observer;
use crate::transient_store::PendingPrivateData;
use crate::validation::{Channel, ChannelPolicies, Endorsed, StateKey, Verdict, View, validate};

/// The entry of a key's metadata that says who endorses it.
const VALIDATION_PARAMETER: &str = "VALIDATION_PARAMETER";

/// Validates and commits for one channel. Clones are handles.
#[derive(Clone)]
pub(crate) struct BlockMaker {
    pub(crate) ledger: Ledger,
    pub(crate) msps: Arc<MspManager>,
    pub(crate) policies: Arc<ChannelPolicies>,
    pub(crate) contracts: Arc<dyn Contracts>,
    pub(crate) private: Arc<PendingPrivateData>,
    pub(crate) observer: Observer,
}

impl BlockMaker {
    /// Commits a batch; [`BlockMaker::tell`] does what follows from it. It verifies signatures and writes to the disk: not
    /// on a thread that has other things to do.
    pub(crate) fn commit(&self, batch: &[Vec<u8>]) -> Result<CommittedBlock, LedgerError> {
        let transactions = self.validate(batch)?;
        let mut failures = Vec::new();
        let committed = self.ledger.commit_with(&transactions, &Lifetimes(self), |block| {
            failures.extend(self.contracts.copy(self.ledger.name(), block));
        })?;
        let ids = transactions.into_iter().map(|transaction| transaction.id).collect();
        Ok(CommittedBlock { committed, ids, failures })
    }

    /// Commits a batch again after the disk has failed; [`None`] if nothing of it is left. The disk may have failed when the
    /// block was stored already: its transactions would be duplicates of themselves.
    pub(crate) fn commit_again(&self, batch: &[Vec<u8>]) -> Result<Option<CommittedBlock>, LedgerError> {
        let mut rest = Vec::new();
        for envelope in batch {
            if self.ledger.transaction(&crate::validation::header_of(envelope).tx_id)?.is_none() {
                rest.push(envelope.clone());
            }
        }
        if rest.is_empty() { Ok(None) } else { self.commit(&rest).map(Some) }
    }

    /// Lets the contracts and the observer know of a committed block. Whatever goes wrong here, the block is committed.
    pub(crate) fn tell(&self, block: CommittedBlock) {
        let CommittedBlock { committed, ids, mut failures } = block;
        failures.extend(self.contracts.committed(self.ledger.name(), &committed));
        for failure in failures {
            self.observer.warn(failure);
        }
        for (id, code) in ids.into_iter().zip(&committed.codes) {
            self.private.forget(self.ledger.name(), &id);
            self.observer.committed(self.ledger.name(), committed.number, id, *code);
        }
    }

    fn validate(&self, batch: &[Vec<u8>]) -> Result<Vec<Transaction>, LedgerError> {
        let state = RefCell::new(self.ledger.simulate("")?);
        let view = Before { maker: self, state: &state };
        let mut changed_policies = HashSet::new();
        let mut transactions = Vec::new();
        for envelope in batch {
            let id = crate::validation::header_of(envelope).tx_id;
            let private = self.private.get(self.ledger.name(), &id);
            let channel = Channel {
                name: self.ledger.name(),
                msps: &self.msps,
                policies: &self.policies,
                view: &view,
                changed_policies: &changed_policies,
            };
            let Verdict { id, outcome } = validate(envelope, &channel)?;
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

/// A block that is committed, and what is to be told of it.
pub(crate) struct CommittedBlock {
    committed: Committed,
    /// The IDs of its transactions.
    ids: Vec<String>,
    /// What has failed of what follows from it.
    failures: Vec<String>,
}

/// For how long collections keep their values.
struct Lifetimes<'a>(&'a BlockMaker);

impl Collections for Lifetimes<'_> {
    fn block_to_live(&self, namespace: &str, collection: &str) -> u64 {
        let definition = self.0.contracts.definition(self.0.ledger.name(), namespace);
        let collection = definition.as_ref().and_then(|definition| definition.collection(collection));
        collection.map_or(0, |collection| collection.block_to_live)
    }
}

/// What was committed before the block.
struct Before<'a> {
    maker: &'a BlockMaker,
    state: &'a RefCell<Simulation>,
}

impl View for Before<'_> {
    fn definition(&self, chaincode: &str) -> Option<Arc<ContractDefinition>> {
        self.maker.contracts.definition(self.maker.ledger.name(), chaincode)
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
