//! Interface between a commit and the code that runs chaincode: [`CommitSupport`].

use std::sync::Arc;

use ccs_channel::Channel;
use ccs_ledger::Committed;

use crate::policies::ChaincodePolicies;

/// Knows the policies of chaincodes, and handles committed blocks.
pub trait CommitSupport: Send + Sync + 'static {
    /// Returns the endorsement policies of a chaincode as of the last block; [`None`] if it is not defined.
    fn policies(&self, channel: &Channel, chaincode: &str) -> Option<Arc<ChaincodePolicies>>;

    /// Copies a block to the state database, if there is one, before clients see the block. Runs on a blocking
    /// thread. Returns a warning for the observer on failure.
    fn copy(&self, channel: &Channel, block: &Committed) -> Option<String>;

    /// Handles each block after its commit, on a blocking thread. Returns warnings for the observer about the
    /// follow-up work.
    fn committed(&self, block: &Committed) -> Vec<String>;
}
