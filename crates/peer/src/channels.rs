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

    /// Returns a hint for a client that names a channel which this peer does not have.
    pub(crate) fn hint(&self) -> String {
        let names: Vec<_> = self.0.keys().map(String::as_str).collect();
        match names.as_slice() {
            [] => "this peer has no channel".to_owned(),
            [name] => format!("use the channel of this peer, {name}"),
            names => format!("use a channel of this peer: {}", names.join(", ")),
        }
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
