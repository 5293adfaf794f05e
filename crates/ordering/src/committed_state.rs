//! The committed state of a channel, as validation sees it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use ccs_channel::Channel;
use ccs_ledger::{LedgerError, Simulation, SimulationError};

use crate::policies::ChaincodePolicies;
use crate::support::CommitSupport;
use crate::validation::{StateKey, View};

/// Metadata entry of a key that holds its endorsement policy.
const VALIDATION_PARAMETER: &str = "VALIDATION_PARAMETER";

/// State of a channel after its last block.
pub struct CommittedState<'a> {
    channel: &'a Channel,
    support: &'a dyn CommitSupport,
    state: RefCell<Simulation>,
    /// Policies by chaincode name, cached because definitions only change between blocks.
    policies: RefCell<HashMap<String, Option<Arc<ChaincodePolicies>>>>,
}

impl<'a> CommittedState<'a> {
    /// Reads the state of a channel as it is now.
    pub fn new(channel: &'a Channel, support: &'a dyn CommitSupport) -> Result<Self, LedgerError> {
        let state = RefCell::new(channel.ledger().simulate("")?);
        Ok(Self { channel, support, state, policies: RefCell::default() })
    }
}

impl View for CommittedState<'_> {
    fn policies(&self, chaincode: &str) -> Option<Arc<ChaincodePolicies>> {
        if let Some(known) = self.policies.borrow().get(chaincode) {
            return known.clone();
        }
        let found = self.support.policies(self.channel, chaincode);
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
