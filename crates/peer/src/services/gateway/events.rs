//! `ChaincodeEvents`: streams the events of a chaincode, block by block.

use std::sync::Arc;

use ccs_channel::access::SignedData;
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
use crate::peer::Peer;
use crate::services::blocks::{BlockReader, transactions};

/// Stream of events. It ends only with the client or the peer.
type Events = ReceiverStream<Result<ChaincodeEventsResponse, Status>>;

pub(super) fn chaincode_events(
    peer: &Arc<Peer>,
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
    let channel = readable(peer, &request.channel_id, signature)?;
    let first = first_block(channel.ledger(), &request)?;
    let blocks = BlockReader::new(channel.ledger(), first);
    let (sender, events) = mpsc::channel(1);
    let peer = Arc::clone(peer);
    tokio::spawn(async move {
        tokio::select! {
            biased;
            () = sender.closed() => {}
            () = peer.stopping().cancelled() => {
                // This fails if the client is not reading; it then sees that the connection is closed.
                let _ = sender.try_send(Err(Status::unavailable("the peer is stopping")));
            }
            () = send(blocks, Selection::new(&request), &sender) => {}
        }
        drop(permit);
    });
    Ok(ReceiverStream::new(events))
}

/// Returns the first block: that of the last event the client saw, the one that it names, or the next.
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

/// Selects the events that a client wants.
#[derive(Debug)]
struct Selection {
    chaincode: String,
    /// Transaction of the last event that the client saw; cleared once it has passed.
    after: Option<String>,
}

impl Selection {
    fn new(request: &ChaincodeEventsRequest) -> Self {
        let after = Some(request.after_transaction_id.clone()).filter(|id| !id.is_empty());
        Self { chaincode: request.chaincode_id.clone(), after }
    }

    /// Returns the selected events of a block, in the order of its transactions.
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

#[cfg(test)]
mod tests {
    use ccs_proto::common::{BlockData, BlockMetadata, ChannelHeader, Envelope, Header, HeaderType, Payload};
    use ccs_proto::peer::{
        ChaincodeAction, ChaincodeActionPayload, ChaincodeEndorsedAction, ProposalResponsePayload,
        Transaction, TransactionAction,
    };

    use super::*;

    /// Creates the envelope of a transaction that sets an event named after the transaction.
    fn envelope(id: &str, chaincode: &str) -> Vec<u8> {
        let event = ChaincodeEvent {
            chaincode_id: chaincode.to_owned(),
            tx_id: id.to_owned(),
            event_name: id.to_owned(),
            payload: Vec::new(),
        };
        let action = ChaincodeAction { events: event.encode_to_vec(), ..ChaincodeAction::default() };
        let response =
            ProposalResponsePayload { proposal_hash: Vec::new(), extension: action.encode_to_vec() };
        let endorsed = ChaincodeEndorsedAction {
            proposal_response_payload: response.encode_to_vec(),
            endorsements: Vec::new(),
        };
        let payload =
            ChaincodeActionPayload { chaincode_proposal_payload: Vec::new(), action: Some(endorsed) };
        let action = TransactionAction { header: Vec::new(), payload: payload.encode_to_vec() };
        let channel_header =
            ChannelHeader { r#type: HeaderType::EndorserTransaction.into(), ..ChannelHeader::default() };
        let header = Header { channel_header: channel_header.encode_to_vec(), signature_header: Vec::new() };
        let data = Transaction { actions: vec![action] }.encode_to_vec();
        let payload = Payload { header: Some(header), data }.encode_to_vec();
        Envelope { payload, signature: Vec::new() }.encode_to_vec()
    }

    #[test]
    fn one_goes_on_in_the_middle_of_a_block() {
        let transactions = [("1", "basic"), ("2", "other"), ("3", "basic"), ("4", "basic"), ("5", "basic")];
        let data = transactions.map(|(id, chaincode)| envelope(id, chaincode)).to_vec();
        // The fourth transaction is invalid.
        let codes = vec![0, 0, 0, TxValidationCode::MvccReadConflict as u8, 0];
        let metadata = BlockMetadata { metadata: vec![Vec::new(), Vec::new(), codes] };
        let block = Block { header: None, data: Some(BlockData { data }), metadata: Some(metadata) };
        let after = |id: &str| {
            let mut selection = Selection::new(&ChaincodeEventsRequest {
                chaincode_id: "basic".to_owned(),
                after_transaction_id: id.to_owned(),
                ..ChaincodeEventsRequest::default()
            });
            selection.of(&block).into_iter().map(|event| event.event_name).collect::<Vec<_>>()
        };
        assert_eq!(after(""), ["1", "3", "5"]);
        assert_eq!(after("1"), ["3", "5"]);
        assert_eq!(after("2"), ["3", "5"], "another chaincode's event is a place to go on from");
        assert_eq!(after("3"), ["5"]);
        // Neither of these sets an event that counts.
        assert_eq!(after("4"), [""; 0]);
        assert_eq!(after("unknown"), [""; 0]);
    }
}
