//! A peer that serves on a free port of the loopback interface, and its clients.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ccs_ledger::{Ledger, Store};
use ccs_peer::observer::PeerEvent;
use ccs_peer::{Observer, Peer, PeerOptions, ServeError, serve};
use ccs_proto::common::{
    Block, BlockData, BlockHeader, ChannelHeader, Config, ConfigEnvelope, Envelope, Header, HeaderType,
    Payload,
};
use ccs_proto::gateway::gateway_client::GatewayClient;
use ccs_proto::gateway::{
    CommitStatusRequest, CommitStatusResponse, EndorseRequest, EvaluateRequest, SignedCommitStatusRequest,
    SubmitRequest,
};
use ccs_proto::peer::TxValidationCode;
use ccs_proto::peer::endorser_client::EndorserClient;
use prost::Message;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tonic::Status;
use tonic::transport::Channel;

use crate::fake_contract::FakeContract;
use crate::network::{CHANNEL, Network};
use crate::proposal::{Parts, envelope};

/// Time limit of all waits, longer than anything here takes; only a failing test reaches it.
pub(crate) const LIMIT: Duration = Duration::from_mins(1);

/// Peer, and a client's connection to it.
pub(crate) struct Running {
    pub(crate) network: Network,
    pub(crate) ledger: Ledger,
    pub(crate) address: SocketAddr,
    pub(crate) channel: Channel,
    pub(crate) node: Arc<Peer>,
    pub(crate) events: Arc<Mutex<Vec<PeerEvent>>>,
    /// Number of calls of the fake contract that never answer.
    pub(crate) hanging: watch::Receiver<usize>,
    stop: oneshot::Sender<()>,
    served: JoinHandle<Result<(), ServeError>>,
}

/// Returns the first block of a channel, with an empty configuration.
pub(crate) fn genesis() -> Block {
    genesis_of(CHANNEL)
}

/// Like [`genesis`], for a channel of another name.
pub(crate) fn genesis_of(channel: &str) -> Block {
    let header = ChannelHeader {
        r#type: HeaderType::Config.into(),
        channel_id: channel.to_owned(),
        ..ChannelHeader::default()
    };
    let config = Config { sequence: 7, channel_group: None };
    let config = ConfigEnvelope { config: Some(config), last_update: None };
    let header = Header { channel_header: header.encode_to_vec(), signature_header: Vec::new() };
    let payload = Payload { header: Some(header), data: config.encode_to_vec() };
    let envelope = Envelope { payload: payload.encode_to_vec(), signature: Vec::new() }.encode_to_vec();
    let header = BlockHeader {
        number: 0,
        previous_hash: Vec::new(),
        data_hash: ccs_ledger::data_hash([&envelope]).to_vec(),
    };
    Block { header: Some(header), data: Some(BlockData { data: vec![envelope] }), metadata: None }
}

pub(crate) async fn start() -> Running {
    start_with(|_| ()).await
}

pub(crate) async fn start_with(change: impl FnOnce(&mut PeerOptions)) -> Running {
    start_on(Network::new(), change).await
}

/// Starts a peer of a network.
pub(crate) async fn start_on(network: Network, change: impl FnOnce(&mut PeerOptions)) -> Running {
    let ledger = Store::temporary().unwrap().channel(CHANNEL, genesis).unwrap();
    let events = Arc::<Mutex<Vec<PeerEvent>>>::default();
    let told = Arc::clone(&events);
    let mut options =
        PeerOptions::new("peer:7051", Arc::new(network.organization.signer("peer")), network.msps());
    options.observer = Observer::new(move |event| told.lock().unwrap().push(event));
    change(&mut options);
    let contract = FakeContract::default();
    let hanging = contract.hanging.subscribe();
    let node = Peer::start(options, Arc::new(contract), vec![network.channel(ledger.clone())]);
    Running { hanging, ..serve_node(network, ledger, node, events).await }
}

/// Serves a node.
pub(crate) async fn serve_node(
    network: Network,
    ledger: Ledger,
    node: Arc<Peer>,
    events: Arc<Mutex<Vec<PeerEvent>>>,
) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let shutdown = async move { drop(stopped.await) };
    let served = tokio::spawn(serve(listener, None, Arc::clone(&node), shutdown));
    let channel = Channel::from_shared(format!("http://{address}")).unwrap().connect_lazy();
    let (_, hanging) = watch::channel(0);
    Running { network, ledger, address, channel, node, events, hanging, stop, served }
}

impl Running {
    pub(crate) fn gateway(&self) -> GatewayClient<Channel> {
        GatewayClient::new(self.channel.clone())
    }

    pub(crate) fn endorser(&self) -> EndorserClient<Channel> {
        EndorserClient::new(self.channel.clone())
    }

    pub(crate) fn parts(&self, arguments: &[&str]) -> Parts {
        Parts::new(&self.network.client, arguments)
    }

    pub(crate) fn evaluate_request(&self, parts: &Parts) -> EvaluateRequest {
        EvaluateRequest {
            proposed_transaction: Some(parts.signed(&self.network.client)),
            ..EvaluateRequest::default()
        }
    }

    pub(crate) fn endorse_request(&self, parts: &Parts) -> EndorseRequest {
        EndorseRequest {
            proposed_transaction: Some(parts.signed(&self.network.client)),
            ..EndorseRequest::default()
        }
    }

    pub(crate) async fn evaluate(&self, arguments: &[&str]) -> Vec<u8> {
        let request = self.evaluate_request(&self.parts(arguments));
        self.gateway().evaluate(request).await.unwrap().into_inner().result.unwrap().payload
    }

    /// Gets a proposal endorsed and signs the transaction.
    pub(crate) async fn prepare(&self, parts: &Parts) -> Envelope {
        let prepared = self.gateway().endorse(self.endorse_request(parts)).await.unwrap();
        envelope(prepared.into_inner().prepared_transaction.unwrap().payload, &self.network.client)
    }

    /// Like [`Self::prepare`], for a client that names the endorsing organization, so that the gateway does not look at
    /// the policies.
    pub(crate) async fn prepare_for(&self, parts: &Parts, organization: &str) -> Envelope {
        let mut request = self.endorse_request(parts);
        request.endorsing_organizations = vec![organization.to_owned()];
        let prepared = self.gateway().endorse(request).await.unwrap();
        envelope(prepared.into_inner().prepared_transaction.unwrap().payload, &self.network.client)
    }

    /// Returns the warnings so far.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let events = self.events.lock().unwrap();
        let warnings = events.iter().filter_map(|event| match event {
            PeerEvent::Warning(text) => Some(text.clone()),
            _ => None,
        });
        warnings.collect()
    }

    pub(crate) async fn send(&self, envelope: Envelope) -> Result<(), Status> {
        let request = SubmitRequest {
            channel_id: CHANNEL.to_owned(),
            prepared_transaction: Some(envelope),
            ..SubmitRequest::default()
        };
        self.gateway().submit(request).await.map(|_| ())
    }

    pub(crate) fn status_request(&self, id: &str) -> SignedCommitStatusRequest {
        let request = CommitStatusRequest {
            transaction_id: id.to_owned(),
            channel_id: CHANNEL.to_owned(),
            identity: self.network.client.creator().to_vec(),
        };
        let request = request.encode_to_vec();
        SignedCommitStatusRequest { signature: self.network.client.sign(&request).unwrap(), request }
    }

    pub(crate) async fn status(&self, id: &str) -> CommitStatusResponse {
        let status = self.gateway().commit_status(self.status_request(id)).await;
        status.unwrap().into_inner()
    }

    /// Endorses, submits and waits for the commit; returns the transaction's ID and its block.
    pub(crate) async fn submit(&self, arguments: &[&str]) -> (String, u64) {
        let parts = self.parts(arguments);
        self.send(self.prepare(&parts).await).await.unwrap();
        let status = self.status(&parts.id()).await;
        assert_eq!(status.result(), TxValidationCode::Valid, "{arguments:?}");
        (parts.id(), status.block_number)
    }

    /// Stops the peer and starts another one that has only the same ledger.
    pub(crate) async fn restart(self) -> Self {
        let (network, ledger) = self.ended().await;
        let options =
            PeerOptions::new("peer:7051", Arc::new(network.organization.signer("peer")), network.msps());
        let node =
            Peer::start(options, Arc::new(FakeContract::default()), vec![network.channel(ledger.clone())]);
        serve_node(network, ledger, node, Arc::default()).await
    }

    /// Stops the peer and waits until it has stopped.
    pub(crate) async fn stop(self) {
        self.ended().await;
    }

    /// Like `stop`, but returns the network and the ledger.
    async fn ended(self) -> (Network, Ledger) {
        let Self { network, ledger, channel, stop, served, .. } = self;
        stop.send(()).unwrap();
        drop(channel);
        timeout(LIMIT, served).await.unwrap().unwrap().unwrap();
        (network, ledger)
    }
}
