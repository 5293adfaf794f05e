//! What the services ask of whoever runs chaincode: [`ChaincodeExecutor`], which
//! [`ChaincodeSupport`](ccs_chaincode::ChaincodeSupport) implements.
//!
//! It is the one place where the half of the peer that faces clients meets the half that faces chaincodes.

use std::sync::Arc;

use ccs_chaincode::{ChaincodeCall, Completed, Gap, Target, TransactionError};
use ccs_channel::Channel;
use ccs_identity::SignaturePolicy;
use ccs_ledger::Committed;

/// Who endorses what a chaincode of a channel writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChaincodePolicies {
    /// Who has to endorse.
    pub endorsement_policy: EndorsementPolicy,
    /// The collections.
    pub collections: Vec<CollectionPolicies>,
}

/// Who may have the values of a collection, and who endorses them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectionPolicies {
    /// The name.
    pub name: String,
    /// Who may have the data.
    pub members: SignaturePolicy,
    /// Who has to endorse; [`None`] for the policy of the chaincode.
    pub endorsement_policy: Option<EndorsementPolicy>,
    /// For how many blocks a value is kept; 0 is for ever.
    pub block_to_live: u64,
}

/// Who has to endorse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndorsementPolicy {
    /// Whoever the channel's own policy names: the majority of its organizations.
    Channel,
    /// Whoever this policy names.
    Signature(SignaturePolicy),
}

impl ChaincodePolicies {
    /// Returns a collection by its name.
    #[must_use]
    pub fn collection(&self, name: &str) -> Option<&CollectionPolicies> {
        self.collections.iter().find(|collection| collection.name == name)
    }
}

/// A package by which a chaincode of a channel runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageInUse {
    /// The package's ID.
    pub package_id: String,
    /// The chaincode's name in its definition.
    pub chaincode: String,
    /// The version of its definition.
    pub version: String,
}

/// Runs chaincode and knows the definitions.
#[tonic::async_trait]
pub trait ChaincodeExecutor: Send + Sync + 'static {
    /// Returns who endorses what a chaincode writes, as of the last block; [`None`] if it is not defined.
    fn policies(&self, channel: &Channel, chaincode: &str) -> Option<Arc<ChaincodePolicies>>;

    /// Resolves what runs for a chaincode, as of the last block.
    fn resolve(&self, channel: &Arc<Channel>, chaincode: &str) -> Result<Target, Gap>;

    /// Names the packages by which the chaincodes of a channel run.
    fn packages_in_use(&self, channel: &Arc<Channel>) -> Vec<PackageInUse> {
        let _ = channel;
        Vec::new()
    }

    /// Runs a function of a chaincode. Dropping the future gives up waiting for the answer.
    async fn execute(&self, target: Target, call: ChaincodeCall) -> Result<Completed, TransactionError>;

    /// Copies a block, if there is anything to copy it to, before any client hears of it; on a thread that may wait. Returns a
    /// warning for the observer if that fails.
    fn copy(&self, channel: &Channel, block: &Committed) -> Option<String> {
        let _ = (channel, block);
        None
    }

    /// Hears of each block after it was committed, on a thread that may wait. Returns warnings about what follows from the
    /// block, for the observer.
    fn committed(&self, block: &Committed) -> Vec<String> {
        let _ = block;
        Vec::new()
    }
}
