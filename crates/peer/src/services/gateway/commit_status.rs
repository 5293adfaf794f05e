//! `CommitStatus`: waits until a transaction is in a block, and returns its validation code.

use ccs_channel::access::SignedData;
use ccs_proto::gateway::{CommitStatusRequest, CommitStatusResponse, SignedCommitStatusRequest};
use prost::Message;
use tokio::time::Instant;
use tonic::Status;

use super::readable;
use crate::peer::Peer;
use crate::services::deadline;
use ccs_channel::Channel;
use ccs_ordering::Failure;

/// Waits until the client's deadline. There is no limit otherwise; when the client cancels, the call is dropped.
pub(super) async fn commit_status(
    peer: &Peer,
    signed: &SignedCommitStatusRequest,
    deadline: Option<Instant>,
) -> Result<CommitStatusResponse, Status> {
    let invalid = |text: &str| Err(Status::invalid_argument(text));
    if signed.request.is_empty() {
        return invalid("a commit status request is required");
    }
    let request = CommitStatusRequest::decode(signed.request.as_slice())
        .map_err(|error| Status::invalid_argument(format!("invalid status request: {error}")))?;
    if request.identity.is_empty() {
        return invalid("no identity provided");
    }
    if request.channel_id.is_empty() {
        return invalid("no channel ID provided");
    }
    if request.transaction_id.is_empty() {
        return invalid("transaction ID should not be empty");
    }
    let signed =
        SignedData { identity: &request.identity, message: &signed.request, signature: &signed.signature };
    let channel = readable(peer, &request.channel_id, signed)?;
    tokio::select! {
        biased;
        status = wait(channel, &request.transaction_id) => status,
        // If the transport enforced the deadline, the client would see its own error or CANCELLED, depending on
        // timing.
        () = deadline::passed(deadline) => Err(Status::deadline_exceeded("context deadline exceeded")),
        failure = peer.orderer().failed(channel.name()) => Err(not_committed(&failure)),
        () = peer.stopping().cancelled() => Err(Status::unavailable("the peer is stopping")),
    }
}

/// Returns the status that tells a waiting client why nothing is committed. While the disk fails, the peer keeps the
/// transaction, so a retry helps.
fn not_committed(failure: &Failure) -> Status {
    let Failure { reason, may_pass } = failure;
    if *may_pass {
        Status::unavailable(format!("the channel cannot commit transactions at the moment: {reason}"))
    } else {
        Status::aborted(format!("the channel no longer accepts transactions: {reason}"))
    }
}

async fn wait(channel: &Channel, id: &str) -> Result<CommitStatusResponse, Status> {
    // Subscribe before the first lookup, so that a block committed in between is noticed.
    let mut height = channel.ledger().subscribe();
    loop {
        height.mark_unchanged();
        let found = channel.ledger().transaction(id);
        if let Some(found) = found.map_err(|error| Status::aborted(error.to_string()))? {
            return Ok(CommitStatusResponse { result: found.code.into(), block_number: found.block });
        }
        if height.changed().await.is_err() {
            return Err(Status::aborted("the ledger is closed"));
        }
    }
}
