//! Interface between the services and the code that runs chaincode: [`ChaincodeExecutor`], implemented by
//! [`ChaincodeSupport`](ccs_chaincode::ChaincodeSupport).
//!
//! This is the only place where the client-facing half of the peer meets the chaincode-facing half.

use std::sync::Arc;

use ccs_chaincode::{ChaincodeCall, Completed, Gap, Target, TransactionError};
use ccs_channel::Channel;
use ccs_ledger::Committed;
use ccs_ordering::{ChaincodePolicies, CommitSupport};

/// Package that runs a chaincode of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageInUse {
    /// ID of the package.
    pub package_id: String,
    /// Name of the chaincode in its definition.
    pub chaincode: String,
    /// Version in the definition.
    pub version: String,
}

/// Runs chaincode and knows the definitions.
#[tonic::async_trait]
pub trait ChaincodeExecutor: Send + Sync + 'static {
    /// Returns the endorsement policies of a chaincode as of the last block; [`None`] if it is not defined.
    fn policies(&self, channel: &Channel, chaincode: &str) -> Option<Arc<ChaincodePolicies>>;

    /// Resolves a chaincode to the package or connection that runs it, as of the last block.
    fn resolve(&self, channel: &Arc<Channel>, chaincode: &str) -> Result<Target, Gap>;

    /// Returns the packages that run the chaincodes of a channel.
    fn packages_in_use(&self, channel: &Arc<Channel>) -> Vec<PackageInUse> {
        let _ = channel;
        Vec::new()
    }

    /// Runs a function of a chaincode. Dropping the future cancels the wait for the answer.
    async fn execute(&self, target: Target, call: ChaincodeCall) -> Result<Completed, TransactionError>;

    /// Copies a block to the state database, if there is one, before clients see the block. Runs on a blocking
    /// thread. Returns a warning for the observer on failure.
    fn copy(&self, channel: &Channel, block: &Committed) -> Option<String> {
        let _ = (channel, block);
        None
    }

    /// Handles each block after its commit, on a blocking thread. Returns warnings for the observer about the
    /// follow-up work.
    fn committed(&self, block: &Committed) -> Vec<String> {
        let _ = block;
        Vec::new()
    }
}

/// Executor in its role at the commit of blocks.
pub(crate) struct Committing(pub(crate) Arc<dyn ChaincodeExecutor>);

impl CommitSupport for Committing {
    fn policies(&self, channel: &Channel, chaincode: &str) -> Option<Arc<ChaincodePolicies>> {
        self.0.policies(channel, chaincode)
    }

    fn copy(&self, channel: &Channel, block: &Committed) -> Option<String> {
        self.0.copy(channel, block)
    }

    fn committed(&self, block: &Committed) -> Vec<String> {
        self.0.committed(block)
    }
}
