//! The view of the network that the answering peer has.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use ccs_identity::{Identity, Signer};
use ccs_layouts::Chaincode;
use ccs_proto::common::Config;

/// Peer that is alive.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Signs what the peer announces.
    pub signer: Arc<Signer>,
    /// Address that the peer announces, `host:port`.
    pub endpoint: String,
    /// Start of the peer.
    pub started: SystemTime,
}

/// Peer that is alive and has joined a channel.
#[derive(Clone, Debug)]
pub struct JoinedPeer {
    /// The peer.
    pub peer: Arc<Peer>,
    /// The peer's identity in the channel.
    pub identity: Arc<Identity>,
    /// Number of blocks that the peer has.
    pub height: u64,
    /// Chaincodes that the peer can run: the names, and the sequence numbers of the definitions as decimal text.
    pub chaincodes: BTreeMap<String, String>,
}

/// View of the network, for one client.
pub trait Network {
    /// Returns the answering peer.
    fn own(&self) -> Arc<Peer>;

    /// Returns all peers that are alive, the answering one among them.
    fn peers(&self) -> Vec<Arc<Peer>>;

    /// Returns whether the answering peer has joined a channel.
    fn has_channel(&self, channel: &str) -> bool;

    /// Checks that the client may query the peers of all channels: that it is an administrator of the answering peer's
    /// organization. Returns the reason otherwise.
    fn admit_to_peers(&self) -> Result<(), String>;

    /// Checks that the client is a writer of a channel. Returns the reason otherwise.
    fn admit_to_channel(&self, channel: &str) -> Result<(), String>;

    /// Returns the configuration of a channel, or the reason why it cannot be read.
    fn config(&self, channel: &str) -> Result<Config, String>;

    /// Returns the peers that have joined a channel.
    fn joined(&self, channel: &str) -> Vec<JoinedPeer>;

    /// Returns a chaincode of a channel, `_lifecycle` included; [`None`] if it is not defined.
    fn chaincode(&self, channel: &str, name: &str) -> Option<Chaincode>;
}
