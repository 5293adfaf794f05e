//! `Submit`: passes a signed transaction to the orderer.

use ccs_proto::common::Status as OrdererStatus;
use ccs_proto::gateway::{SubmitRequest, SubmitResponse};
use tokio::time::Instant;
use tonic::{Code, Status};

use super::failure::{detail, with_details};
use crate::peer::Peer;
use crate::services::deadline;
use ccs_ordering::BroadcastError;

pub(super) async fn submit(
    peer: &Peer,
    request: SubmitRequest,
    end: Option<Instant>,
) -> Result<SubmitResponse, Status> {
    let envelope = request.prepared_transaction;
    let envelope = envelope.ok_or_else(|| Status::invalid_argument("a prepared transaction is required"))?;
    if envelope.signature.is_empty() {
        return Err(Status::invalid_argument("prepared transaction must be signed"));
    }
    let channel = request.channel_id;
    if peer.channel(&channel).is_none() {
        let message = format!(
            "failed to get config for channel [{channel}]: could not get last config for channel {channel}"
        );
        peer.observer().warn(format!("rejected Submit: {message}; {}", peer.channels().hint()));
        return Err(Status::failed_precondition(message));
    }
    let accepted = tokio::select! {
        accepted = peer.orderer().broadcast(&envelope) => accepted,
        () = deadline::passed(end) => {
            let late = "submit timeout expired while broadcasting to ordering service";
            return Err(Status::deadline_exceeded(late));
        }
    };
    accepted.map(|()| SubmitResponse {}).map_err(|refusal| refused(peer, refusal))
}

fn refused(peer: &Peer, refusal: BroadcastError) -> Status {
    let BroadcastError { status, info, .. } = refusal;
    let said =
        format!("received unsuccessful response from orderer: status={}, info={info}", status.as_str_name());
    match status {
        OrdererStatus::BadRequest
        | OrdererStatus::Forbidden
        | OrdererStatus::NotFound
        | OrdererStatus::RequestEntityTooLarge => Status::aborted(said),
        _ => {
            let details = vec![detail(peer.endorser(), said)];
            with_details(Code::Unavailable, "no orderers could successfully process transaction", details)
        }
    }
}
