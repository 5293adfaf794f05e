//! Helpers of the ledger's tests and benchmarks: a first block, and transactions in envelopes.

use ccs_ledger::{Content, Results, Transaction, data_hash};
use ccs_proto::common::{Block, BlockData, BlockHeader, ChannelHeader, Envelope, Header, Payload};
use ccs_proto::peer::{
    ChaincodeAction, ChaincodeActionPayload, ChaincodeEndorsedAction, ProposalResponsePayload,
    TransactionAction,
};
use prost::Message;

/// Creates the first block of a channel.
pub(crate) fn genesis() -> Block {
    let data = vec![b"configuration".to_vec()];
    let header = BlockHeader { number: 0, previous_hash: vec![0; 32], data_hash: data_hash(&data).to_vec() };
    Block { header: Some(header), data: Some(BlockData { data }), metadata: None }
}

/// Creates an envelope with the results of a simulation. Its timestamp is the length of the ID in seconds.
pub(crate) fn endorsed(id: &str, results: Results) -> Transaction {
    let action = ChaincodeAction { results: results.public.encode_to_vec(), ..ChaincodeAction::default() };
    let response = ProposalResponsePayload { extension: action.encode_to_vec(), ..Default::default() };
    let action = ChaincodeEndorsedAction {
        proposal_response_payload: response.encode_to_vec(),
        ..ChaincodeEndorsedAction::default()
    };
    let payload = ChaincodeActionPayload { action: Some(action), ..ChaincodeActionPayload::default() };
    let action = TransactionAction { payload: payload.encode_to_vec(), ..TransactionAction::default() };
    let transaction = ccs_proto::peer::Transaction { actions: vec![action] };
    let seconds = i64::try_from(id.len()).unwrap_or_default();
    let timestamp = Some(prost_types::Timestamp { seconds, nanos: 0 });
    let header = ChannelHeader { tx_id: id.to_owned(), timestamp, ..ChannelHeader::default() };
    let header = Header { channel_header: header.encode_to_vec(), ..Header::default() };
    let payload = Payload { header: Some(header), data: transaction.encode_to_vec() };
    Transaction {
        envelope: Envelope { payload: payload.encode_to_vec(), signature: Vec::new() }.encode_to_vec(),
        id: id.to_owned(),
        content: Content::Endorsed { results: results.public, private: results.private },
    }
}
