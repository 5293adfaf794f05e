//! The view of the network from which the peer answers queries of the discovery service.

use std::sync::Arc;

use ccs_channel::Channel;
use ccs_channel::access::{Access, SignedData};
use ccs_discovery::{JoinedPeer, Network, Peer as Announced};
use ccs_layouts::Chaincode;
use ccs_proto::common::Config;

use crate::local::require_admin;
use crate::network::{self, ChannelPeer};
use crate::peer::Peer;
use crate::system;

/// View of one client, which has signed the request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientView<'a> {
    pub(crate) peer: &'a Peer,
    pub(crate) signed: SignedData<'a>,
}

impl Network for ClientView<'_> {
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
        require_admin(&self.peer.endorser().local.msps, self.signed)
    }

    fn admit_to_channel(&self, channel: &str) -> Result<(), String> {
        let channel = self.channel(channel)?;
        Access::Write.check(channel.msps(), self.signed).map(|_| ()).map_err(|denied| denied.reason)
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

impl<'a> ClientView<'a> {
    fn channel(&self, name: &str) -> Result<&'a Arc<Channel>, String> {
        self.peer.channel(name).ok_or_else(|| format!("this peer has not joined channel {name}"))
    }
}
