//! `ChaincodeEvents`: the events of a chaincode, block by block.

use std::sync::Arc;

use ccs_ledger::Ledger;
use ccs_proto::common::Block;
use ccs_proto::gateway::{ChaincodeEventsRequest, ChaincodeEventsResponse, SignedChaincodeEventsRequest};
use ccs_proto::orderer::SeekPosition;
use ccs_proto::orderer::seek_position::Type as Position;
use ccs_proto::peer::{ChaincodeEvent, TxValidationCode};
use prost::Message;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::readable;
use crate::access::SignedData;
use crate::node::Node;
use crate::services::blocks::{BlockReader, transactions};

/// The stream of events. It never ends by itself.
type Events = ReceiverStream<Result<ChaincodeEventsResponse, Status>>;

pub(super) fn chaincode_events(
    node: &Arc<Node>,
    signed: &SignedChaincodeEventsRequest,
    permit: OwnedSemaphorePermit,
) -> Result<Events, Status> {
    if signed.request.is_empty() {
        return Err(Status::invalid_argument("a chaincode events request is required"));
    }
    let request = ChaincodeEventsRequest::decode(signed.request.as_slice())
        .map_err(|error| Status::invalid_argument(format!("invalid chaincode events request: {error}")))?;
    let signature =
        SignedData { identity: &request.identity, message: &signed.request, signature: &signed.signature };
    let channel = readable(node, &request.channel_id, signature)?;
    let first = first_block(channel.ledger(), &request)?;
    let blocks = BlockReader::new(channel.ledger(), first);
    let (sender, events) = mpsc::channel(1);
    let node = Arc::clone(node);
    tokio::spawn(async move {
        tokio::select! {
            biased;
            () = sender.closed() => {}
            () = node.stopping().cancelled() => {
                // Full when the client does not read; it then sees the end of the connection.
                let _ = sender.try_send(Err(Status::unavailable("the peer is stopping")));
            }
            () = send(blocks, Selection::new(&request), &sender) => {}
        }
        drop(permit);
    });
    Ok(ReceiverStream::new(events))
}

/// Gives the block to begin with: that of the last event the client saw, or the one that it names, or the next.
fn first_block(ledger: &Ledger, request: &ChaincodeEventsRequest) -> Result<u64, Status> {
    let after = request.after_transaction_id.as_str();
    if !after.is_empty() {
        let seen = ledger.transaction(after).map_err(|error| Status::aborted(error.to_string()))?;
        if let Some(seen) = seen {
            return Ok(seen.block);
        }
    }
    let Some(SeekPosition { r#type: position }) = request.start_position else { return Ok(ledger.height()) };
    let kind = match position {
        None | Some(Position::NextCommit(_)) => return Ok(ledger.height()),
        Some(Position::Specified(specified)) => return Ok(specified.number),
        Some(Position::Oldest(_)) => "*orderer.SeekPosition_Oldest",
        Some(Position::Newest(_)) => "*orderer.SeekPosition_Newest",
    };
    Err(Status::invalid_argument(format!("invalid start position type: {kind}")))
}

async fn send(
    mut blocks: BlockReader,
    mut selection: Selection,
    sender: &mpsc::Sender<Result<ChaincodeEventsResponse, Status>>,
) {
    loop {
        let block_number = blocks.number();
        let response = match blocks.next().await {
            Ok(block) => {
                let events = selection.of(&block);
                if events.is_empty() {
                    continue;
                }
                Ok(ChaincodeEventsResponse { events, block_number })
            }
            Err(error) => Err(Status::aborted(error.to_string())),
        };
        let is_last = response.is_err();
        if sender.send(response).await.is_err() || is_last {
            return;
        }
    }
}

/// Which events a client wants.
#[derive(Debug)]
struct Selection {
    chaincode: String,
    /// The transaction with the last event that the client saw, until it has passed.
    after: Option<String>,
}

impl Selection {
    fn new(request: &ChaincodeEventsRequest) -> Self {
        let after = Some(request.after_transaction_id.clone()).filter(|id| !id.is_empty());
        Self { chaincode: request.chaincode_id.clone(), after }
    }

    /// Gives the events of a block, in the order of its transactions.
    fn of(&mut self, block: &Block) -> Vec<ChaincodeEvent> {
        let valid =
            transactions(block).into_iter().filter(|transaction| transaction.code == TxValidationCode::Valid);
        let actions = valid.flat_map(|transaction| transaction.actions());
        let events = actions.filter_map(|action| ChaincodeEvent::decode(action.events.as_slice()).ok());
        events.filter(|event| self.takes(event)).collect()
    }

    fn takes(&mut self, event: &ChaincodeEvent) -> bool {
        if event.chaincode_id.is_empty() || event.event_name.is_empty() || event.tx_id.is_empty() {
            return false;
        }
        if let Some(after) = &self.after {
            if *after == event.tx_id {
                self.after = None;
            }
            return false;
        }
        event.chaincode_id == self.chaincode
    }
}
