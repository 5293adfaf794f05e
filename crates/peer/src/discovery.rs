//! The view of the network from which the peer answers queries of the discovery service.

use std::collections::BTreeMap;
use std::sync::Arc;

use ccs_channel::Channel;
use ccs_channel::access::{Access, SignedData};
use ccs_discovery::{JoinedPeer, Network, Peer as Announced};
use ccs_layouts::Chaincode;
use ccs_proto::common::Config;
use ccs_proto::discovery::Query;

use crate::local::require_admin;
use crate::network::{self, ChannelPeer};
use crate::peer::Peer;
use crate::system;

/// View of one client, whose access was checked once for each channel.
#[derive(Debug)]
pub(crate) struct ClientView {
    peer: Arc<Peer>,
    /// Whether the client has access to each of the peer's channels that the queries name, and to the empty name, which
    /// stands for the peer itself; or the reason why not.
    access: BTreeMap<String, Result<(), String>>,
}

impl ClientView {
    /// Checks the access of a client, which has signed the request with these queries.
    pub(crate) fn new(peer: &Arc<Peer>, signed: SignedData<'_>, queries: &[Query]) -> Self {
        let mut access = BTreeMap::new();
        for Query { channel, .. } in queries {
            if access.contains_key(channel) {
                continue;
            }
            let admitted = match peer.channel(channel) {
                Some(found) => {
                    Access::Write.check(found.msps(), signed).map(|_| ()).map_err(|denied| denied.reason)
                }
                None if channel.is_empty() => require_admin(&peer.endorser().local.msps, signed),
                None => continue,
            };
            access.insert(channel.clone(), admitted);
        }
        Self { peer: Arc::clone(peer), access }
    }

    /// Returns whether the client has access to anything for which it asks.
    pub(crate) fn is_admitted(&self) -> bool {
        self.access.values().any(Result::is_ok)
    }

    fn access(&self, channel: &str) -> Result<(), String> {
        self.access.get(channel).cloned().unwrap_or_else(|| Err(not_joined(channel)))
    }

    fn channel(&self, name: &str) -> Result<&Arc<Channel>, String> {
        self.peer.channel(name).ok_or_else(|| not_joined(name))
    }
}

fn not_joined(channel: &str) -> String {
    format!("this peer has not joined channel {channel}")
}

impl Network for ClientView {
    fn own(&self) -> Arc<Announced> {
        self.peer.endorser().local.announced()
    }

    fn peers(&self) -> Vec<Arc<Announced>> {
        self.peer.endorsers().map(|endorser| endorser.local.announced()).collect()
    }

    fn has_channel(&self, channel: &str) -> bool {
        self.peer.channel(channel).is_some()
    }

    fn admit_to_peers(&self) -> Result<(), String> {
        self.access("")
    }

    fn admit_to_channel(&self, channel: &str) -> Result<(), String> {
        self.access(channel)
    }

    fn config(&self, channel: &str) -> Result<Config, String> {
        system::channel_config(self.channel(channel)?)
    }

    fn joined(&self, channel: &str) -> Vec<JoinedPeer> {
        self.peer.peers_of(channel).iter().map(ChannelPeer::joined).collect()
    }

    fn chaincode(&self, channel: &str, name: &str) -> Option<Chaincode> {
        // The definitions of all peers are the same.
        network::chaincode(self.peer.peers_of(channel).first()?, name)
    }
}
