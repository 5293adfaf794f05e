//! What each peer announces of itself, as a network's peers send it to each other (`gossip/message.proto`).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ccs_proto::discovery;
use ccs_proto::gossip::gossip_message::{Content, Tag};
use ccs_proto::gossip::{
    AliveMessage, Chaincode, Envelope, GossipMessage, Member, PeerTime, Properties, StateInfo,
};
use ccs_proto::msp::SerializedIdentity;
use prost::Message as _;
use sha2::{Digest as _, Sha256};

use crate::network::{JoinedPeer, Peer};

/// How often a Fabric peer announces that it is alive (`peer.gossip.aliveTimeInterval`).
const ALIVE_INTERVAL: Duration = Duration::from_secs(5);

/// Returns a peer without a channel. The answering peer does not sign the announcement of itself, as on Fabric.
pub(crate) fn alive(peer: &Peer, is_own: bool, now: SystemTime) -> Result<discovery::Peer, String> {
    let age = now.duration_since(peer.started).unwrap_or_default();
    // The first announcement is number 1.
    let count = 1 + age.as_secs() / ALIVE_INTERVAL.as_secs();
    let membership = Member { endpoint: peer.endpoint.clone(), metadata: Vec::new(), pki_id: pki_id(peer) };
    let timestamp = PeerTime { inc_num: nanoseconds(peer.started), seq_num: count };
    let message =
        AliveMessage { membership: Some(membership), timestamp: Some(timestamp), identity: Vec::new() };
    let mut envelope =
        Envelope { payload: encoded(Tag::Empty, Content::AliveMsg(message)), signature: Vec::new() };
    if !is_own {
        envelope.signature = sign(peer, &envelope.payload)?;
    }
    let identity = peer.signer.creator().to_vec();
    Ok(discovery::Peer { state_info: None, membership_info: Some(envelope), identity })
}

/// Returns what a peer announces of its state in a channel.
pub(crate) fn state(joined: &JoinedPeer, channel: &str, now: SystemTime) -> Result<Envelope, String> {
    let JoinedPeer { peer, height, chaincodes, .. } = joined;
    let pki_id = pki_id(peer);
    let listed = chaincodes.iter().map(|(name, version)| Chaincode {
        name: name.clone(),
        version: version.clone(),
        metadata: Vec::new(),
    });
    let properties = Properties { ledger_height: *height, left_channel: false, chaincodes: listed.collect() };
    let message = StateInfo {
        timestamp: Some(PeerTime { inc_num: nanoseconds(peer.started), seq_num: nanoseconds(now) }),
        channel_mac: Sha256::digest([pki_id.as_slice(), channel.as_bytes()].concat()).to_vec(),
        pki_id,
        properties: Some(properties),
    };
    let payload = encoded(Tag::ChanOrOrg, Content::StateInfo(message));
    let signature = sign(peer, &payload)?;
    Ok(Envelope { payload, signature })
}

fn encoded(tag: Tag, content: Content) -> Vec<u8> {
    GossipMessage { nonce: 0, channel: Vec::new(), tag: tag.into(), content: Some(content) }.encode_to_vec()
}

fn sign(peer: &Peer, payload: &[u8]) -> Result<Vec<u8>, String> {
    peer.signer.sign(payload).map_err(|error| error.to_string())
}

/// Returns the ID of a peer: the hash of its MSP ID and its certificate.
fn pki_id(peer: &Peer) -> Vec<u8> {
    // A signer has encoded this identity itself.
    let identity = SerializedIdentity::decode(peer.signer.creator()).unwrap_or_default();
    Sha256::digest([identity.mspid.as_bytes(), &identity.id_bytes].concat()).to_vec()
}

fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
