//! A call of `_lifecycle` and its context.

use std::sync::Arc;

use ccs_chaincode::SharedSimulation;
use ccs_channel::{Channel, Channels};

use crate::executor::ChaincodeExecutor;
use crate::local::Local;
use crate::packages::PackageStore;
use crate::proposal::CheckedProposal;

/// Call of `_lifecycle`, with the channel in its header, if any.
pub(crate) struct LifecycleCall<'a> {
    pub(crate) local: &'a Local,
    pub(crate) channels: &'a Channels,
    pub(crate) executor: &'a dyn ChaincodeExecutor,
    pub(crate) packages: &'a dyn PackageStore,
    pub(crate) proposal: &'a CheckedProposal,
    pub(crate) channel: Option<OnChannel<'a>>,
}

/// Channel, and the simulation that records reads and writes.
#[derive(Clone, Copy)]
pub(crate) struct OnChannel<'a> {
    pub(crate) channel: &'a Arc<Channel>,
    pub(crate) simulation: &'a SharedSimulation,
}
