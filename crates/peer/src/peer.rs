//! The peer: the state that its services share.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ccs_chaincode::ChaincodeSupport;
use ccs_channel::{Channel, Channels};
use ccs_identity::{MspManager, Signer};
use ccs_ordering::{CommitSupport, CommittingPeer, Cutting, Observer, Orderer, TransientStore};
use ccs_server::Budget;
use tokio_util::sync::CancellationToken;

use crate::endorser::Endorser;
use crate::executor::{ChaincodeExecutor, Committing};
use crate::local::Local;
use crate::packages::{NoPackages, PackageStore};

/// Options of a peer.
#[derive(Debug)]
pub struct PeerOptions {
    /// Address that appears in errors, such as `localhost:7051`.
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

/// Running peer without its listeners: the endorser, the committers, and their state.
pub struct Peer {
    address: String,
    endorsement_timeout: Duration,
    channels: Arc<Channels>,
    support: Arc<dyn CommitSupport>,
    endorser: Endorser,
    orderer: Orderer,
    observer: Observer,
    budget: Budget,
    /// Canceled to end streams and waits for blocks, which would otherwise never end.
    stopping: CancellationToken,
}

impl fmt::Debug for Peer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Peer");
        shown.field("address", &self.address).field("channels", &self.channels).finish_non_exhaustive()
    }
}

impl Peer {
    /// Starts a peer with the given channels, whose chaincode the executor runs. Requires a tokio runtime.
    #[must_use]
    pub fn start(
        options: PeerOptions,
        executor: Arc<dyn ChaincodeExecutor>,
        channels: Vec<Arc<Channel>>,
    ) -> Arc<Self> {
        let PeerOptions {
            address,
            signer,
            local_msps,
            cutting,
            endorsement_timeout,
            packages,
            observer,
            budget,
        } = options;
        let channels = Arc::new(Channels::new(channels));
        let transient_store = Arc::<TransientStore>::default();
        let support: Arc<dyn CommitSupport> = Arc::new(Committing(Arc::clone(&executor)));
        let committing = CommittingPeer {
            organization: signer.msp_id().clone(),
            channels: Arc::clone(&channels),
            support: Arc::clone(&support),
            transient_store: Arc::clone(&transient_store),
            observer: observer.clone(),
        };
        let orderer = Orderer::start(committing, Vec::new(), &cutting);
        let endorser = Endorser {
            local: Local { signer, msps: local_msps },
            channels: Arc::clone(&channels),
            executor,
            packages,
            transient_store,
            observer: observer.clone(),
        };
        let stopping = CancellationToken::new();
        Arc::new(Self {
            address,
            endorsement_timeout,
            channels,
            support,
            endorser,
            orderer,
            observer,
            budget,
            stopping,
        })
    }

    /// Starts a peer with all channels that `support` has at this time.
    #[must_use]
    pub fn with_chaincode(options: PeerOptions, support: &Arc<ChaincodeSupport>) -> Arc<Self> {
        Self::start(options, Arc::new(Arc::clone(support)), support.channels())
    }

    /// Stops the peer: rejects new transactions, commits those already accepted, and ends all streams.
    pub async fn stop(&self) {
        self.orderer.stop().await;
        self.stopping.cancel();
    }

    /// Returns the token that is canceled when the peer has stopped.
    pub(crate) fn stopping(&self) -> &CancellationToken {
        &self.stopping
    }

    pub(crate) fn channels(&self) -> &Channels {
        &self.channels
    }

    pub(crate) fn channel(&self, name: &str) -> Option<&Arc<Channel>> {
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

    pub(crate) fn budget(&self) -> &Budget {
        &self.budget
    }

    pub(crate) fn support(&self) -> &dyn CommitSupport {
        self.support.as_ref()
    }

    pub(crate) fn endorser(&self) -> &Endorser {
        &self.endorser
    }

    pub(crate) fn orderer(&self) -> &Orderer {
        &self.orderer
    }
}
