//! The peer: the state that its services share.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ccs_chaincode::ChaincodeSupport;
use ccs_channel::{Channel, Channels};
use ccs_identity::{MspId, MspManager, Signer};
use ccs_ordering::{CommitSupport, CommittingPeer, Cutting, Observer, Orderer};
use ccs_server::Budget;
use tokio_util::sync::CancellationToken;

use crate::endorser::Endorser;
use crate::executor::{ChaincodeExecutor, Committing};
use crate::local::Local;
use crate::network::ChannelPeer;
use crate::packages::{NoPackages, PackageStore};

/// Options of a peer.
#[derive(Debug)]
pub struct PeerOptions {
    /// Address that the peer announces, and that appears in errors, such as `localhost:7051`.
    pub address: String,
    /// Signs endorsements.
    pub signer: Arc<Signer>,
    /// MSPs whose members may make calls that belong to no channel; usually the peer's own.
    pub local_msps: Arc<MspManager>,
    /// Limits at which blocks are cut.
    pub cutting: Cutting,
    /// Time limit of the gateway for an endorsement: `peer.gateway.endorsementTimeout`.
    pub endorsement_timeout: Duration,
    /// Store of the packages that `_lifecycle` installs.
    pub packages: Arc<dyn PackageStore>,
    /// Observer that receives the peer's events.
    pub observer: Observer,
    /// Budget of clients that have not authenticated; shared with the listener for chaincode.
    pub budget: Budget,
}

impl PeerOptions {
    /// Returns options with the timeouts that Fabric ships, no packages, and no observer.
    #[must_use]
    pub fn new(address: impl Into<String>, signer: Arc<Signer>, local_msps: Arc<MspManager>) -> Self {
        Self {
            address: address.into(),
            signer,
            local_msps,
            cutting: Cutting::default(),
            endorsement_timeout: Duration::from_secs(30),
            packages: Arc::new(NoPackages),
            observer: Observer::default(),
            budget: Budget::new(),
        }
    }
}

/// Running peer without its listeners: the endorser, the orderer, and their state.
pub struct Peer {
    endorsement_timeout: Duration,
    endorser: Arc<Endorser>,
    /// Endorsers of the other peers in the network.
    others: Vec<Arc<Endorser>>,
    /// Peers of the network that have joined each channel, this one first.
    peers: BTreeMap<String, Vec<ChannelPeer>>,
    orderer: Arc<Orderer>,
    budget: Budget,
    /// Canceled to end streams and waits for blocks, which would otherwise never end.
    stopping: CancellationToken,
}

impl fmt::Debug for Peer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Peer");
        shown.field("address", &self.address()).field("channels", &self.channels()).finish_non_exhaustive()
    }
}

/// Peer to start in a network.
pub struct NewPeer {
    /// Options of the peer.
    pub options: PeerOptions,
    /// Runs the peer's chaincode.
    pub executor: Arc<dyn ChaincodeExecutor>,
    /// Channels that the peer has joined. All peers join the same ones.
    pub channels: Vec<Arc<Channel>>,
}

impl NewPeer {
    /// Creates a peer with all channels that `support` has at this time.
    #[must_use]
    pub fn with_chaincode(options: PeerOptions, support: &Arc<ChaincodeSupport>) -> Self {
        Self { options, executor: Arc::new(Arc::clone(support)), channels: support.channels() }
    }

    fn organization(&self) -> &MspId {
        self.options.signer.msp_id()
    }

    /// Creates the endorser. `organizations` are those of all peers.
    fn endorser(self, organizations: &[MspId]) -> Endorser {
        let own = self.organization().clone();
        let PeerOptions { address, signer, local_msps, packages, observer, .. } = self.options;
        Endorser {
            local: Local { signer, msps: local_msps, address, started: SystemTime::now() },
            channels: Arc::new(Channels::new(self.channels)),
            support: Arc::new(Committing(Arc::clone(&self.executor))),
            executor: self.executor,
            packages,
            transient_store: Arc::default(),
            observer,
            others: organizations.iter().filter(|other| **other != own).cloned().collect(),
        }
    }
}

/// Returns the part of an endorser's peer in the commits.
fn committing(endorser: &Endorser) -> CommittingPeer {
    CommittingPeer {
        organization: endorser.local.signer.msp_id().clone(),
        channels: Arc::clone(&endorser.channels),
        support: Arc::clone(&endorser.support),
        transient_store: Arc::clone(&endorser.transient_store),
        observer: endorser.observer.clone(),
    }
}

/// Returns the peers that have joined each of a peer's channels, that peer first.
fn joined(own: &Arc<Endorser>, others: &[Arc<Endorser>]) -> BTreeMap<String, Vec<ChannelPeer>> {
    let on = |channel: &Arc<Channel>| {
        let endorsers = std::iter::once(own).chain(others);
        let peers = endorsers.filter_map(|endorser| ChannelPeer::new(endorser, channel.name()));
        (channel.name().to_owned(), peers.collect())
    };
    own.channels.iter().map(on).collect()
}

impl Peer {
    /// Starts a peer with the given channels, whose chaincode the executor runs. Requires a tokio runtime.
    #[must_use]
    pub fn start(
        options: PeerOptions,
        executor: Arc<dyn ChaincodeExecutor>,
        channels: Vec<Arc<Channel>>,
    ) -> Arc<Self> {
        // There is one for each peer.
        Self::start_network(vec![NewPeer { options, executor, channels }]).swap_remove(0)
    }

    /// Starts the peers of a network, one for each organization, with one ordering service. The first one's options
    /// determine how blocks are cut. Requires a tokio runtime.
    #[must_use]
    pub fn start_network(peers: Vec<NewPeer>) -> Vec<Arc<Self>> {
        let organizations: Vec<_> = peers.iter().map(|peer| peer.organization().clone()).collect();
        let cutting = peers.first().map(|peer| peer.options.cutting.clone()).unwrap_or_default();
        let mut started = Vec::new();
        for peer in peers {
            let (timeout, budget) = (peer.options.endorsement_timeout, peer.options.budget.clone());
            started.push((Arc::new(peer.endorser(&organizations)), timeout, budget));
        }
        let endorsers: Vec<_> = started.iter().map(|(endorser, ..)| Arc::clone(endorser)).collect();
        let [first, others @ ..] = endorsers.as_slice() else { return Vec::new() };
        let others = others.iter().map(|endorser| committing(endorser)).collect();
        let orderer = Arc::new(Orderer::start(committing(first), others, &cutting));
        let start = |(endorser, endorsement_timeout, budget): (Arc<Endorser>, _, _)| {
            let others = endorsers.iter().filter(|other| !Arc::ptr_eq(other, &endorser));
            let others: Vec<_> = others.cloned().collect();
            Arc::new(Self {
                endorsement_timeout,
                peers: joined(&endorser, &others),
                others,
                endorser,
                orderer: Arc::clone(&orderer),
                budget,
                stopping: CancellationToken::new(),
            })
        };
        started.into_iter().map(start).collect()
    }

    /// Starts a peer with all channels that `support` has at this time.
    #[must_use]
    pub fn with_chaincode(options: PeerOptions, support: &Arc<ChaincodeSupport>) -> Arc<Self> {
        let NewPeer { options, executor, channels } = NewPeer::with_chaincode(options, support);
        Self::start(options, executor, channels)
    }

    /// Stops the peer: the orderer rejects new transactions and commits those already accepted, and all streams of this
    /// peer end.
    pub async fn stop(&self) {
        self.orderer.stop().await;
        self.stopping.cancel();
    }

    /// Returns the token that is canceled when the peer has stopped.
    pub(crate) fn stopping(&self) -> &CancellationToken {
        &self.stopping
    }

    pub(crate) fn channels(&self) -> &Channels {
        &self.endorser.channels
    }

    pub(crate) fn channel(&self, name: &str) -> Option<&Arc<Channel>> {
        self.channels().get(name)
    }

    pub(crate) fn address(&self) -> &str {
        &self.endorser.local.address
    }

    pub(crate) fn endorsement_timeout(&self) -> Duration {
        self.endorsement_timeout
    }

    pub(crate) fn observer(&self) -> &Observer {
        &self.endorser.observer
    }

    pub(crate) fn budget(&self) -> &Budget {
        &self.budget
    }

    pub(crate) fn support(&self) -> &dyn CommitSupport {
        self.endorser.support.as_ref()
    }

    pub(crate) fn endorser(&self) -> &Endorser {
        &self.endorser
    }

    /// Returns whether an endorser is that of this peer.
    pub(crate) fn is(&self, endorser: &Arc<Endorser>) -> bool {
        Arc::ptr_eq(&self.endorser, endorser)
    }

    /// Returns the endorsers of all peers of the network, this one first.
    pub(crate) fn endorsers(&self) -> impl Iterator<Item = &Arc<Endorser>> {
        std::iter::once(&self.endorser).chain(&self.others)
    }

    /// Returns the peers of the network that have joined a channel, this one first.
    pub(crate) fn peers_of(&self, channel: &str) -> &[ChannelPeer] {
        self.peers.get(channel).map(Vec::as_slice).unwrap_or_default()
    }

    pub(crate) fn orderer(&self) -> &Orderer {
        &self.orderer
    }
}
