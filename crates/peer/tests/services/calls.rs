//! Calls from chaincode to chaincode and their access checks, on two channels: one organization is a member of only
//! one of them.

use std::sync::Arc;

use ccs_chaincode::{ChaincodeLimits, ChaincodeSupport, Source};
use ccs_channel::Channel;
use ccs_dial::ConnectionInfo;
use ccs_identity::Signer;
use ccs_ledger::Store;
use ccs_peer::{Peer, PeerOptions};
use ccs_proto::gateway::EvaluateRequest;
use tonic::{Code, Status};

use crate::evaluate::details;
use crate::network::{CHANNEL, Network, Organization};
use crate::proposal::Parts;
use crate::running::{LIMIT, Running, genesis_of, serve_node};
use crate::shim::{ID, define, serve_values};

/// Peer with a channel of both organizations, and a channel `ours` of the first one only.
struct TwoChannels {
    running: Running,
    peer: Arc<ChaincodeSupport>,
    /// Client of the second organization.
    guest: Signer,
}

impl TwoChannels {
    async fn start() -> Self {
        let network = Network::new();
        let guests = Organization::new("Org2MSP");
        let store = Store::temporary().unwrap();
        let peer = Arc::new(ChaincodeSupport::new(ChaincodeLimits::default()));
        let (ours, theirs) = (network.organization.msp(), guests.msp());
        for (name, members) in [(CHANNEL, vec![ours, theirs]), ("ours", vec![ours])] {
            let ledger = store.channel(name, || genesis_of(name)).unwrap();
            let channel = Channel::new(ledger, members.into_iter().map(Arc::clone).collect());
            define(&channel, 1, "OR('Org1MSP.peer')");
            channel.bind("basic", ID);
            peer.join(Arc::new(channel));
        }
        let info = ConnectionInfo { address: serve_values().await.0, dial_timeout: LIMIT, tls: None };
        peer.chaincodes().add(ID, Source::Server(info));
        let options =
            PeerOptions::new("peer:7051", Arc::new(network.organization.signer("peer")), network.msps());
        let node = Peer::with_chaincode(options, &peer);
        let ledger = peer.channel(CHANNEL).unwrap().ledger().clone();
        let running = serve_node(network, ledger, node, Arc::default()).await;
        Self { running, peer, guest: guests.signer("client") }
    }

    /// Lets `basic` get the key `a` from a chaincode.
    async fn call(&self, client: &Signer, chaincode: &str, channel: &str) -> Result<Vec<u8>, Status> {
        let proposed = Parts::new(client, &["Call", chaincode, channel, "a"]).signed(client);
        let request = EvaluateRequest { proposed_transaction: Some(proposed), ..EvaluateRequest::default() };
        let response = self.running.gateway().evaluate(request).await?;
        Ok(response.into_inner().result.unwrap().payload)
    }

    async fn stop(self) {
        self.running.stop().await;
        self.peer.chaincodes().close().await;
    }
}

#[tokio::test]
async fn who_may_not_write_a_channel_has_no_chaincode_called_there() {
    let channels = TwoChannels::start().await;
    let member = &channels.running.network.client;
    assert_eq!(channels.call(member, "basic", "ours").await.unwrap(), b"");
    let denied = channels.call(&channels.guest, "basic", "ours").await.unwrap_err();
    assert_eq!(denied.code(), Code::Unknown);
    let [detail] = details(&denied).try_into().unwrap();
    assert!(
        detail.ends_with(
            ": Failed evaluating policy on signed data during check policy on channel [ours] with policy [/Channel/Application/Writers]: [implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy requires 1 of the 'Writers' sub-policies to be satisfied]"
        ),
        "{detail}"
    );
    assert!(detail.contains("INVOKE_CHAINCODE failed: transaction ID: "), "{detail}");
    // On the channel that both may write, the call reaches the chaincode, which is already running.
    let exists = channels.call(&channels.guest, "basic", CHANNEL).await.unwrap_err();
    let [detail] = details(&exists).try_into().unwrap();
    assert!(detail.ends_with("(mychannel) exists"), "{detail}");
    channels.stop().await;
}

#[tokio::test]
async fn system_chaincodes_reject_chaincode_whatever_the_channel() {
    let channels = TwoChannels::start().await;
    for (chaincode, channel, message) in [
        (
            "qscc",
            "",
            "Rejecting invoke of QSCC from another chaincode because of potential for deadlocks, original invocation for 'basic'",
        ),
        ("cscc", "ours", "Rejecting invoke of CSCC from another chaincode, original invocation for 'basic'"),
    ] {
        let rejected = channels.call(&channels.guest, chaincode, channel).await.unwrap_err();
        assert_eq!(details(&rejected), [format!("chaincode response 500, {message}")]);
    }
    channels.stop().await;
}

#[tokio::test]
async fn the_channels_are_named_to_members_of_the_peers_organization() {
    let channels = TwoChannels::start().await;
    let ask = async |client: &Signer| {
        let proposed = Parts::on(client, CHANNEL, "cscc", &[b"GetChannels"]).signed(client);
        let answer = channels.running.endorser().process_proposal(proposed).await.unwrap().into_inner();
        answer.response.unwrap()
    };
    assert_eq!(ask(&channels.running.network.client).await.status, 200);
    let refused = ask(&channels.guest).await;
    assert_eq!((refused.status, refused.payload.as_slice()), (500, b"".as_slice()));
    assert_eq!(
        refused.message,
        "access denied for [GetChannels]: Failed deserializing proposal creator during channelless check policy with policy [Members]: [the creator's MSP \"Org2MSP\" does not belong to the channel]"
    );
    channels.stop().await;
}
