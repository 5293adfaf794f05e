//! Access, and the answer to each kind of query (Fabric 3.1 `discovery/service.go`).

use std::collections::BTreeMap;
use std::time::SystemTime;

use ccs_identity::Principal;
use ccs_layouts::{ChannelView, Endorser, Endorsers};
use ccs_proto::discovery::query::Query as Kind;
use ccs_proto::discovery::query_result::Result as Content;
use ccs_proto::discovery::{
    self, ChaincodeQuery, ChaincodeQueryResult, EndorsementDescriptor, Error, Layout, PeerMembershipResult,
    Peers, Query, QueryResult,
};
use ccs_proto::peer::ChaincodeInterest;

use crate::network::{JoinedPeer, Network, Peer};
use crate::{announcements, config, interest};

/// Result of a query.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Message for the client.
    pub result: QueryResult,
    /// Reason for an error, if the client does not receive it.
    pub reason: Option<String>,
}

/// Query that fails.
struct Refusal {
    content: String,
    reason: Option<String>,
}

impl Refusal {
    fn told(content: impl Into<String>) -> Self {
        Self { content: content.into(), reason: None }
    }

    fn because(content: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { content: content.into(), reason: Some(reason.into()) }
    }
}

/// Answers a query of a client whose access the network checks.
#[must_use]
pub fn answer(network: &dyn Network, query: &Query, now: SystemTime) -> Answer {
    let (content, reason) = match content(network, query, now) {
        Ok(content) => (content, None),
        Err(Refusal { content, reason }) => (Content::Error(Error { content }), reason),
    };
    Answer { result: QueryResult { result: Some(content) }, reason }
}

fn content(network: &dyn Network, query: &Query, now: SystemTime) -> Result<Content, Refusal> {
    let channel = query.channel.as_str();
    let denied = |reason: String| Refusal::because("access denied", reason);
    let asked = Asked { network, channel, now };
    if channel.is_empty() {
        network.admit_to_peers().map_err(denied)?;
        return match &query.query {
            Some(Kind::LocalPeers(_)) => asked.local_peers().map(Content::Members),
            _ => Err(Refusal::told("unknown or missing request type")),
        };
    }
    if !network.has_channel(channel) {
        return Err(denied(format!("this peer has not joined channel {channel}")));
    }
    network.admit_to_channel(channel).map_err(denied)?;
    match &query.query {
        Some(Kind::ConfigQuery(_)) => asked.config(),
        Some(Kind::PeerQuery(query)) => asked.peers(query.filter.as_ref()).map(Content::Members),
        Some(Kind::CcQuery(query)) => asked.endorsers(query).map(Content::CcQueryRes),
        Some(Kind::LocalPeers(_)) | None => Err(Refusal::told("unknown or missing request type")),
    }
}

/// Query of a client that is admitted.
#[derive(Clone, Copy)]
struct Asked<'a> {
    network: &'a dyn Network,
    /// Name of the channel; empty for queries that belong to no channel.
    channel: &'a str,
    now: SystemTime,
}

impl Asked<'_> {
    fn config(self) -> Result<Content, Refusal> {
        let found = self.network.config(self.channel).and_then(|config| config::result(&config));
        let failed =
            |reason| Refusal::because(format!("failed fetching config for channel {}", self.channel), reason);
        found.map(Content::ConfigResult).map_err(failed)
    }

    fn local_peers(self) -> Result<PeerMembershipResult, Refusal> {
        let mut peers_by_org = BTreeMap::<String, Peers>::new();
        for peer in self.network.peers() {
            let found = self.alive(&peer)?;
            peers_by_org.entry(peer.signer.msp_id().to_string()).or_default().peers.push(found);
        }
        Ok(PeerMembershipResult { peers_by_org })
    }

    /// Returns the peers of the channel that pass a filter. Each organization with a peer has an entry.
    fn peers(self, filter: Option<&ChaincodeInterest>) -> Result<PeerMembershipResult, Refusal> {
        let organizations = self.network.peers().into_iter().map(|peer| peer.signer.msp_id().to_string());
        let mut peers_by_org: BTreeMap<String, Peers> =
            organizations.map(|msp_id| (msp_id, Peers::default())).collect();
        let announced = self.announced()?;
        let passing = self.with_view(&announced, |view| view.authorized_peers(filter.unwrap_or(&NO_CALLS)));
        for Announced { joined, message } in passing.map_err(|error| Refusal::told(error.to_string()))? {
            let msp_id = joined.peer.signer.msp_id().to_string();
            peers_by_org.entry(msp_id).or_default().peers.push(message.clone());
        }
        Ok(PeerMembershipResult { peers_by_org })
    }

    fn endorsers(self, query: &ChaincodeQuery) -> Result<ChaincodeQueryResult, Refusal> {
        if query.interests.is_empty() {
            return Err(Refusal::told("chaincode query must have at least one chaincode interest"));
        }
        for interest in &query.interests {
            if interest.chaincodes.is_empty() {
                return Err(Refusal::told("chaincode interest must contain at least one chaincode"));
            }
            if interest.chaincodes.iter().any(|call| call.name.is_empty()) {
                return Err(Refusal::told("chaincode name in interest cannot be empty"));
            }
        }
        let announced = self.announced()?;
        let descriptors = query.interests.iter().map(|interest| {
            let found = self.with_view(&announced, |view| view.endorsers(interest)).map_err(|error| {
                let content = format!("failed constructing descriptor for {}", interest::text(interest));
                Refusal { content, reason: Some(error.to_string()) }
            })?;
            Ok(descriptor(interest, &found))
        });
        Ok(ChaincodeQueryResult { content: descriptors.collect::<Result<_, _>>()? })
    }

    /// Returns the peers of the channel with what they announce.
    fn announced(self) -> Result<Vec<Announced>, Refusal> {
        let announce = |joined: JoinedPeer| {
            let mut message = self.alive(&joined.peer)?;
            let state = announcements::state(&joined, self.channel, self.now);
            message.state_info = Some(state.map_err(Refusal::told)?);
            Ok(Announced { joined, message })
        };
        self.network.joined(self.channel).into_iter().map(announce).collect()
    }

    fn alive(self, peer: &Peer) -> Result<discovery::Peer, Refusal> {
        let is_own = peer.signer.creator() == self.network.own().signer.creator();
        announcements::alive(peer, is_own, self.now).map_err(Refusal::told)
    }

    fn with_view<'p, T>(
        self,
        peers: &'p [Announced],
        use_view: impl FnOnce(ChannelView<'_, 'p, Announced>) -> T,
    ) -> T {
        let chaincode = |name: &str| self.network.chaincode(self.channel, name);
        use_view(ChannelView { channel: self.channel, chaincode: &chaincode, peers })
    }
}

/// Peer with the message that describes it to clients.
#[derive(Debug)]
struct Announced {
    joined: JoinedPeer,
    message: discovery::Peer,
}

impl Endorser for Announced {
    fn satisfies(&self, principal: &Principal) -> bool {
        self.joined.identity.satisfies(principal)
    }

    fn has(&self, chaincode: &str, version: &str) -> bool {
        self.joined.chaincodes.get(chaincode).is_some_and(|known| known == version)
    }
}

fn descriptor(interest: &ChaincodeInterest, found: &Endorsers<'_, Announced>) -> EndorsementDescriptor {
    let name = |index: usize| format!("G{index}");
    let groups = found.groups.iter().enumerate().map(|(index, group)| {
        let peers = group.peers.iter().map(|peer| peer.message.clone()).collect();
        (name(index), Peers { peers })
    });
    let layout = |layout: &ccs_layouts::Layout| Layout {
        quantities_by_group: layout.quantities.iter().map(|(index, count)| (name(*index), *count)).collect(),
    };
    EndorsementDescriptor {
        chaincode: interest.chaincodes.first().map(|call| call.name.clone()).unwrap_or_default(),
        endorsers_by_groups: groups.collect(),
        layouts: found.layouts.iter().map(layout).collect(),
    }
}

/// Filter that all peers pass.
static NO_CALLS: ChaincodeInterest = ChaincodeInterest { chaincodes: Vec::new() };
