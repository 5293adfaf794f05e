//! The channels that a peer takes part in, and who the peer is.

use std::collections::BTreeMap;
use std::sync::Arc;

use ccs_identity::{MspManager, Signer};
use ccs_ledger::Ledger;

/// A channel that the peer takes part in.
#[derive(Debug)]
pub(crate) struct JoinedChannel {
    ledger: Ledger,
    msps: Arc<MspManager>,
}

impl JoinedChannel {
    pub(crate) fn new(ledger: Ledger, msps: Arc<MspManager>) -> Self {
        Self { ledger, msps }
    }

    pub(crate) fn name(&self) -> &str {
        self.ledger.name()
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub(crate) fn msps(&self) -> &Arc<MspManager> {
        &self.msps
    }
}

/// The channels, by their names.
#[derive(Debug)]
pub(crate) struct Channels(BTreeMap<String, JoinedChannel>);

impl Channels {
    pub(crate) fn new(channels: impl IntoIterator<Item = JoinedChannel>) -> Self {
        Self(channels.into_iter().map(|channel| (channel.name().to_owned(), channel)).collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&JoinedChannel> {
        self.0.get(name)
    }

    /// Returns the channels in the order of their names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &JoinedChannel> {
        self.0.values()
    }
}

/// The peer's own identity and organization.
#[derive(Clone, Debug)]
pub(crate) struct Local {
    /// Signs endorsements.
    pub(crate) signer: Arc<Signer>,
    /// The organizations whose members may ask what belongs to no channel.
    pub(crate) msps: Arc<MspManager>,
}
