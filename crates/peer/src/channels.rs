//! The channels that a peer has joined, and the peer's own identity.

use std::collections::BTreeMap;
use std::sync::Arc;

use ccs_channel::Channel;
use ccs_identity::{MspManager, Signer};

/// Channels by name.
#[derive(Debug)]
pub(crate) struct Channels(BTreeMap<String, Arc<Channel>>);

impl Channels {
    pub(crate) fn new(channels: impl IntoIterator<Item = Arc<Channel>>) -> Self {
        Self(channels.into_iter().map(|channel| (channel.name().to_owned(), channel)).collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Arc<Channel>> {
        self.0.get(name)
    }

    /// Returns the channels, sorted by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Channel>> {
        self.0.values()
    }
}

/// The peer's own identity and organization.
#[derive(Clone, Debug)]
pub(crate) struct Local {
    /// Signs endorsements.
    pub(crate) signer: Arc<Signer>,
    /// MSPs whose members may make calls that belong to no channel.
    pub(crate) msps: Arc<MspManager>,
}
