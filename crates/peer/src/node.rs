//! The node: what the services of a peer work on.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ccs_identity::{MspManager, Signer};
use ccs_ledger::Ledger;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::committer::{BlockMaker, Committer, Cutting};
use crate::contracts::Contracts;
use crate::definition::LIFECYCLE;
use crate::endorser::PendingPrivateData;
use crate::lifecycle::{NoPackages, PackageStore};
use crate::observer::{Observer, with_hint};
use crate::peer::Peer;
use crate::system::System;
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

/// A channel that the node takes part in.
#[derive(Debug)]
pub(crate) struct JoinedChannel {
    ledger: Ledger,
    msps: Arc<MspManager>,
    committer: Committer,
}

impl JoinedChannel {
    pub(crate) fn name(&self) -> &str {
        self.ledger.name()
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub(crate) fn msps(&self) -> &MspManager {
        &self.msps
    }

    pub(crate) fn committer(&self) -> &Committer {
        &self.committer
    }
}

/// A running peer without its front: endorser, committers, and what they need.
pub struct Node {
    options: NodeOptions,
    contracts: Arc<dyn Contracts>,
    channels: BTreeMap<String, JoinedChannel>,
    private: Arc<PendingPrivateData>,
    committers: TaskTracker,
    /// Ends the taking of transactions.
    closing: CancellationToken,
    /// Ends what would go on for ever: streams, and waits for a block.
    stopping: CancellationToken,
}

impl fmt::Debug for Node {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Node");
        shown.field("options", &self.options).field("channels", &self.channels).finish_non_exhaustive()
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
        let private = Arc::<PendingPrivateData>::default();
        let committers = TaskTracker::new();
        let closing = CancellationToken::new();
        let joined = channels.into_iter().map(|(ledger, msps)| {
            let maker = BlockMaker {
                ledger: ledger.clone(),
                policies: Arc::new(ChannelPolicies::new(&msps)),
                msps: Arc::clone(&msps),
                contracts: Arc::clone(&contracts),
                private: Arc::clone(&private),
                observer: options.observer.clone(),
            };
            let committer = Committer::start(maker, options.cutting.clone(), closing.clone(), &committers);
            (ledger.name().to_owned(), JoinedChannel { ledger, msps, committer })
        });
        let channels = joined.collect();
        committers.close();
        let stopping = CancellationToken::new();
        Arc::new(Self { options, contracts, channels, private, committers, closing, stopping })
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

    /// Gives the names of the channels, in order.
    pub(crate) fn channels(&self) -> impl Iterator<Item = &str> {
        self.channels.keys().map(String::as_str)
    }

    pub(crate) fn address(&self) -> &str {
        &self.options.address
    }

    pub(crate) fn signer(&self) -> &Signer {
        &self.options.signer
    }

    pub(crate) fn local_msps(&self) -> &MspManager {
        &self.options.local_msps
    }

    pub(crate) fn endorsement_timeout(&self) -> Duration {
        self.options.endorsement_timeout
    }

    pub(crate) fn observer(&self) -> &Observer {
        &self.options.observer
    }

    pub(crate) fn contracts(&self) -> &dyn Contracts {
        self.contracts.as_ref()
    }

    /// Tells whether this peer can simulate a chaincode; system chaincodes it can.
    ///
    /// A client of the gateway is told no more than that, as by a peer; why a chaincode that is defined does not run is told
    /// to whoever watches.
    pub(crate) fn has_chaincode(&self, channel: &str, chaincode: &str) -> bool {
        if !self.channels.contains_key(channel) {
            return false;
        }
        if chaincode == LIFECYCLE || System::find(chaincode).is_some() {
            return true;
        }
        if self.contracts.definition(channel, chaincode).is_none() {
            return false;
        }
        let gap = self.contracts.gap(channel, chaincode);
        if let Some(gap) = &gap {
            self.observer().warn(with_hint(gap, gap.hint()));
        }
        gap.is_none()
    }

    pub(crate) fn packages(&self) -> &dyn PackageStore {
        self.options.packages.as_ref()
    }

    pub(crate) fn private_data(&self) -> &PendingPrivateData {
        &self.private
    }
}
