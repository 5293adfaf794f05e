//! A call of `_lifecycle`, with what it works on.

use std::sync::Arc;

use ccs_chaincode::SharedSimulation;
use ccs_channel::Channel;

use crate::channels::{Channels, Local};
use crate::executor::ChaincodeExecutor;
use crate::packages::PackageStore;
use crate::proposal::CheckedProposal;

/// A call, with the channel of its header if there is one.
pub(crate) struct LifecycleCall<'a> {
    pub(crate) local: &'a Local,
    pub(crate) channels: &'a Channels,
    pub(crate) executor: &'a dyn ChaincodeExecutor,
    pub(crate) packages: &'a dyn PackageStore,
    pub(crate) proposal: &'a CheckedProposal,
    pub(crate) channel: Option<OnChannel<'a>>,
}

/// A channel, and what takes the reads and writes.
#[derive(Clone, Copy)]
pub(crate) struct OnChannel<'a> {
    pub(crate) channel: &'a Arc<Channel>,
    pub(crate) simulation: &'a SharedSimulation,
}
