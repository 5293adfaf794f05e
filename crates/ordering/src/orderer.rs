//! Checks that an orderer makes before it accepts a transaction (Fabric 3.1
//! `orderer/common/{broadcast,msgprocessor}`).
//!
//! An orderer does not check endorsements; validation does so at commit.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use ccs_channel::access::{Access, SignedData};
use ccs_channel::{Channel, Channels};
use ccs_identity::MspId;
use ccs_proto::common::{Envelope, HeaderType, SignatureHeader, Status};
use prost::Message;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::committer::{BlockMaker, Committer, Cutting, Failure, Replica};
use crate::observer::{Observer, with_hint};
use crate::support::CommitSupport;
use crate::transient_store::TransientStore;
use crate::validation::{ChannelPolicies, read_payload};

/// Answer of an orderer for a channel that it does not have (Fabric 3.1 `orderer/common/types/errors.go`).
const NO_CHANNEL: &str = "channel does not exist";

/// Reason why a transaction was not accepted, in an orderer's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BroadcastError {
    /// Status of the answer.
    pub status: Status,
    /// Text for the client.
    pub info: String,
    /// Reason for the peer's own log, if it is not the text for the client.
    reason: Option<String>,
}

impl BroadcastError {
    fn new(status: Status, info: impl Into<String>) -> Self {
        Self { status, info: info.into(), reason: None }
    }
}

/// Accepts transactions for all channels, and passes each to its channel's committer.
pub struct Orderer {
    channels: Arc<Channels>,
    committers: BTreeMap<String, Committer>,
    observer: Observer,
    tasks: TaskTracker,
    /// Canceled when the orderer stops accepting transactions.
    closing: CancellationToken,
}

impl fmt::Debug for Orderer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Orderer").field("channels", &self.channels).finish_non_exhaustive()
    }
}

/// Peer that commits the blocks of an orderer.
pub struct CommittingPeer {
    /// Organization of the peer.
    pub organization: MspId,
    /// Channels that the peer has joined.
    pub channels: Arc<Channels>,
    /// Knows the policies of the peer's chaincodes.
    pub support: Arc<dyn CommitSupport>,
    /// Private data of the transactions that the peer has endorsed.
    pub transient_store: Arc<TransientStore>,
    /// Receives the commits, and the warnings.
    pub observer: Observer,
}

impl CommittingPeer {
    fn on(&self, channel: &str) -> Option<Replica> {
        Some(Replica {
            organization: self.organization.clone(),
            channel: Arc::clone(self.channels.get(channel)?),
            support: Arc::clone(&self.support),
            transient_store: Arc::clone(&self.transient_store),
            observer: self.observer.clone(),
        })
    }
}

impl Orderer {
    /// Starts a task for each channel, which commits its transactions to the ledgers of all peers: of `first`, whose
    /// observer receives the warnings, and of the others, which have joined the same channels. Requires a tokio
    /// runtime.
    #[must_use]
    pub fn start(first: CommittingPeer, others: Vec<CommittingPeer>, cutting: &Cutting) -> Self {
        let (channels, observer) = (Arc::clone(&first.channels), first.observer.clone());
        let peers: Vec<_> = std::iter::once(first).chain(others).collect();
        let (tasks, closing) = (TaskTracker::new(), CancellationToken::new());
        let start = |channel: &Arc<Channel>| {
            let replicas = peers.iter().filter_map(|peer| peer.on(channel.name()));
            let maker = BlockMaker {
                replicas: replicas.collect(),
                policies: Arc::new(ChannelPolicies::new(channel.msps())),
            };
            let committer = Committer::start(maker, cutting.clone(), closing.clone(), &tasks);
            (channel.name().to_owned(), committer)
        };
        let committers = channels.iter().map(start).collect();
        tasks.close();
        Self { channels, committers, observer, tasks, closing }
    }

    /// Stops the orderer: rejects new transactions, and commits those already accepted.
    pub async fn stop(&self) {
        self.closing.cancel();
        self.tasks.wait().await;
    }

    /// Waits until a channel fails, and returns the reason. Usually waits forever.
    pub async fn failed(&self, channel: &str) -> Failure {
        match self.committers.get(channel) {
            Some(committer) => committer.failed().await,
            None => std::future::pending().await,
        }
    }

    /// Accepts an envelope for ordering. Reports a rejected one, unless the channel's committer has reported why it
    /// accepts nothing.
    pub async fn broadcast(&self, envelope: &Envelope) -> Result<(), BroadcastError> {
        self.accept(envelope).await.inspect_err(|error| {
            let BroadcastError { status, info, reason } = error;
            if *status != Status::ServiceUnavailable {
                let hint = (info == NO_CHANNEL).then(|| self.channels.hint());
                let reason = reason.as_ref().unwrap_or(info);
                self.observer.warn(with_hint(format_args!("rejected a transaction: {reason}"), hint));
            }
        })
    }

    async fn accept(&self, envelope: &Envelope) -> Result<(), BroadcastError> {
        let bad = |info: String| BroadcastError::new(Status::BadRequest, info);
        let (payload, channel_header) =
            read_payload(&envelope.payload).map_err(|error| bad(format!("bad payload: {error}")))?;
        let header = payload.header.ok_or_else(|| bad("payload header is nil".to_owned()))?;
        let name = channel_header.channel_id.as_str();
        let found = self.channels.get(name).zip(self.committers.get(name));
        let (channel, committer) = found.ok_or_else(|| BroadcastError {
            reason: Some(format!("channel '{name}' does not exist")),
            ..bad(NO_CHANNEL.to_owned())
        })?;
        if channel_header.r#type != HeaderType::EndorserTransaction as i32 {
            let kind = channel_header.r#type;
            return Err(bad(format!(
                "message of type {kind} cannot be processed: this peer orders transactions only"
            )));
        }
        let signature_header = SignatureHeader::decode(header.signature_header.as_slice());
        let signature_header =
            signature_header.map_err(|error| bad(format!("bad signature header: {error}")))?;
        if channel.msps().is_expired(&signature_header.creator, SystemTime::now()) {
            return Err(bad("broadcast client identity expired".to_owned()));
        }
        let signed = SignedData {
            identity: &signature_header.creator,
            message: &envelope.payload,
            signature: &envelope.signature,
        };
        Access::Write.check(channel.msps(), signed).map_err(|error| BroadcastError {
            status: Status::Forbidden,
            info: format!("{error}: permission denied"),
            reason: Some(error.reason),
        })?;
        let accepted = committer.accept(envelope.encode_to_vec()).await;
        accepted.map_err(|error| BroadcastError::new(Status::ServiceUnavailable, error.to_string()))
    }
}
