//! The channels that a peer has joined.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::channel::Channel;

/// Channels by name.
#[derive(Debug)]
pub struct Channels(BTreeMap<String, Arc<Channel>>);

impl Channels {
    /// Creates a list of channels.
    #[must_use]
    pub fn new(channels: impl IntoIterator<Item = Arc<Channel>>) -> Self {
        Self(channels.into_iter().map(|channel| (channel.name().to_owned(), channel)).collect())
    }

    /// Returns the channel with the given name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<Channel>> {
        self.0.get(name)
    }

    /// Returns a hint for a client that names a channel which this peer does not have.
    #[must_use]
    pub fn hint(&self) -> String {
        let names: Vec<_> = self.0.keys().map(String::as_str).collect();
        match names.as_slice() {
            [] => "this peer has no channel".to_owned(),
            [name] => format!("use the channel of this peer, {name}"),
            names => format!("use a channel of this peer: {}", names.join(", ")),
        }
    }

    /// Returns the channels, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Channel>> {
        self.0.values()
    }
}
