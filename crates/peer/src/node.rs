//! The node: what the services of a peer work on.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ccs_chaincode::Peer;
use ccs_identity::{MspManager, Signer};
use ccs_ledger::Ledger;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::channels::{Channels, JoinedChannel, Local};
use crate::committer::{BlockMaker, Committer, Cutting};
use crate::contracts::Contracts;
use crate::endorser::Endorser;
use crate::observer::Observer;
use crate::orderer::Orderer;
use crate::packages::{NoPackages, PackageStore};
use crate::transient_store::PendingPrivateData;
use crate::validation::ChannelPolicies;

/// What a node is made of.
#[derive(Debug)]
pub struct NodeOptions {
    /// The address that errors name, such as `localhost:7051`.
    pub address: String,
    /// Signs endorsements.
    pub signer: Arc<Signer>,
    /// The organizations whose members may ask what belongs to no channel; as a rule the peer's own.
    pub local_msps: Arc<MspManager>,
    /// When blocks are cut.
    pub cutting: Cutting,
    /// How long the gateway waits for an endorsement: `peer.gateway.endorsementTimeout`.
    pub endorsement_timeout: Duration,
    /// Keeps the packages that `_lifecycle` installs.
    pub packages: Arc<dyn PackageStore>,
    /// Is told what happens.
    pub observer: Observer,
}

impl NodeOptions {
    /// Gives options with the times that peers ship, no packages, and nobody to watch.
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
        }
    }
}

/// A running peer without its front: endorser, committers, and what they need.
pub struct Node {
    address: String,
    endorsement_timeout: Duration,
    channels: Arc<Channels>,
    contracts: Arc<dyn Contracts>,
    endorser: Endorser,
    orderer: Orderer,
    observer: Observer,
    committers: TaskTracker,
    /// Ends the taking of transactions.
    closing: CancellationToken,
    /// Ends what would go on for ever: streams, and waits for a block.
    stopping: CancellationToken,
}

impl fmt::Debug for Node {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Node");
        shown.field("address", &self.address).field("channels", &self.channels).finish_non_exhaustive()
    }
}

impl Node {
    /// Starts a node with its channels, each with the organizations that belong to it. Needs a tokio runtime.
    #[must_use]
    pub fn start(
        options: NodeOptions,
        contracts: Arc<dyn Contracts>,
        channels: Vec<(Ledger, Arc<MspManager>)>,
    ) -> Arc<Self> {
        let NodeOptions { address, signer, local_msps, cutting, endorsement_timeout, packages, observer } =
            options;
        let channels = channels.into_iter().map(|(ledger, msps)| JoinedChannel::new(ledger, msps));
        let channels = Arc::new(Channels::new(channels));
        let private = Arc::<PendingPrivateData>::default();
        let committers = TaskTracker::new();
        let closing = CancellationToken::new();
        let orderer = Orderer::new(Arc::clone(&channels), observer.clone(), |channel| {
            let maker = BlockMaker {
                ledger: channel.ledger().clone(),
                policies: Arc::new(ChannelPolicies::new(channel.msps())),
                msps: Arc::clone(channel.msps()),
                contracts: Arc::clone(&contracts),
                private: Arc::clone(&private),
                observer: observer.clone(),
            };
            Committer::start(maker, cutting.clone(), closing.clone(), &committers)
        });
        committers.close();
        let endorser = Endorser {
            local: Local { signer, msps: local_msps },
            channels: Arc::clone(&channels),
            contracts: Arc::clone(&contracts),
            packages,
            private,
            observer: observer.clone(),
        };
        let stopping = CancellationToken::new();
        Arc::new(Self {
            address,
            endorsement_timeout,
            channels,
            contracts,
            endorser,
            orderer,
            observer,
            committers,
            closing,
            stopping,
        })
    }

    /// Starts a node with all channels that a peer has by now.
    #[must_use]
    pub fn of_peer(options: NodeOptions, peer: &Arc<Peer>) -> Arc<Self> {
        let channels =
            peer.channels().into_iter().map(|channel| (channel.ledger().clone(), Arc::clone(channel.msps())));
        let channels = channels.collect();
        Self::start(options, Arc::new(Arc::clone(peer)), channels)
    }

    /// Stops: takes no more transactions, commits those that were accepted, and ends all streams.
    pub async fn stop(&self) {
        self.closing.cancel();
        self.committers.wait().await;
        self.stopping.cancel();
    }

    /// Gives the signal that the node has stopped.
    pub(crate) fn stopping(&self) -> &CancellationToken {
        &self.stopping
    }

    pub(crate) fn channel(&self, name: &str) -> Option<&JoinedChannel> {
        self.channels.get(name)
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn signer(&self) -> &Signer {
        &self.endorser.local.signer
    }

    pub(crate) fn endorsement_timeout(&self) -> Duration {
        self.endorsement_timeout
    }

    pub(crate) fn observer(&self) -> &Observer {
        &self.observer
    }

    pub(crate) fn contracts(&self) -> &dyn Contracts {
        self.contracts.as_ref()
    }

    pub(crate) fn endorser(&self) -> &Endorser {
        &self.endorser
    }

    pub(crate) fn orderer(&self) -> &Orderer {
        &self.orderer
    }
}
