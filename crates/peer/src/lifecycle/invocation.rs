//! A call of `_lifecycle`, with what it works on.

use crate::channels::{Channels, JoinedChannel, Local};
use crate::contracts::Contracts;
use crate::packages::PackageStore;
use crate::proposal::CheckedProposal;
use ccs_chaincode::SharedSimulation;

/// A call, with the channel of its header if there is one.
pub(crate) struct Invocation<'a> {
    pub(crate) local: &'a Local,
    pub(crate) channels: &'a Channels,
    pub(crate) contracts: &'a dyn Contracts,
    pub(crate) packages: &'a dyn PackageStore,
    pub(crate) proposal: &'a CheckedProposal,
    pub(crate) channel: Option<OnChannel<'a>>,
}

/// A channel, and what takes the reads and writes.
#[derive(Clone, Copy)]
pub(crate) struct OnChannel<'a> {
    pub(crate) channel: &'a JoinedChannel,
    pub(crate) simulation: &'a SharedSimulation,
}
