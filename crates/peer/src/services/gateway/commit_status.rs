//! `CommitStatus`: waits until a transaction is in a block, and tells what became of it.

use ccs_channel::access::SignedData;
use ccs_proto::gateway::{CommitStatusRequest, CommitStatusResponse, SignedCommitStatusRequest};
use prost::Message;
use tokio::time::Instant;
use tonic::Status;

use super::readable;
use crate::committer::Failure;
use crate::peer::Peer;
use crate::services::deadline;
use ccs_channel::Channel;

/// Waits without a limit of its own: until the client's, and the call is dropped with it.
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
        // Left to the transport, a client that is quick sees its own error, and another one CANCELLED.
        () = deadline::passed(deadline) => Err(Status::deadline_exceeded("context deadline exceeded")),
        failure = peer.orderer().failed(channel.name()) => Err(not_committed(&failure)),
        () = peer.stopping().cancelled() => Err(Status::unavailable("the peer is stopping")),
    }
}

/// Tells a client that waits why nothing is committed. While the disk fails, the transaction is kept, and asking again helps.
fn not_committed(failure: &Failure) -> Status {
    let Failure { reason, may_pass } = failure;
    if *may_pass {
        Status::unavailable(format!("the channel cannot commit transactions at the moment: {reason}"))
    } else {
        Status::aborted(format!("the channel no longer accepts transactions: {reason}"))
    }
}

async fn wait(channel: &Channel, id: &str) -> Result<CommitStatusResponse, Status> {
    // Before the first look: what is committed in between is seen as a change.
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
