//! Unsigned envelopes, for blocks that a peer writes by itself because it is the whole network.

use ccs_ledger::{Content, Results, Transaction as LedgerTransaction};
use ccs_proto::common::{
    Block, BlockData, BlockHeader, BlockMetadata, ChannelHeader, Envelope, Header, HeaderType, Payload,
};
use ccs_proto::peer::{
    ChaincodeAction, ChaincodeActionPayload, ChaincodeEndorsedAction, ProposalResponsePayload, Transaction,
    TransactionAction,
};
use ccs_proto::rwset::TxReadWriteSet;
use prost::Message;

use crate::time::now;

/// Creates a transaction from results, in an unsigned envelope.
#[must_use]
pub fn transaction(channel: &str, id: String, results: Results) -> LedgerTransaction {
    let envelope = unsigned(channel, &id, &results.public);
    let content = Content::Endorsed { results: results.public, private: results.private };
    LedgerTransaction { envelope, id, content }
}

fn unsigned(channel: &str, id: &str, results: &TxReadWriteSet) -> Vec<u8> {
    let action = ChaincodeAction { results: results.encode_to_vec(), ..ChaincodeAction::default() };
    let response =
        ProposalResponsePayload { extension: action.encode_to_vec(), ..ProposalResponsePayload::default() };
    let action = ChaincodeActionPayload {
        action: Some(ChaincodeEndorsedAction {
            proposal_response_payload: response.encode_to_vec(),
            endorsements: Vec::new(),
        }),
        ..ChaincodeActionPayload::default()
    };
    let action = TransactionAction { header: Vec::new(), payload: action.encode_to_vec() };
    let data = Transaction { actions: vec![action] }.encode_to_vec();
    envelope(channel, id, HeaderType::EndorserTransaction, data)
}

/// Creates the first block of a channel, with an empty configuration.
#[must_use]
pub fn genesis(channel: &str) -> Block {
    let data = vec![envelope(channel, "", HeaderType::Config, Vec::new())];
    let header = BlockHeader {
        number: 0,
        previous_hash: Vec::new(),
        data_hash: ccs_ledger::data_hash(&data).to_vec(),
    };
    Block { header: Some(header), data: Some(BlockData { data }), metadata: Some(BlockMetadata::default()) }
}

fn envelope(channel: &str, id: &str, header_type: HeaderType, data: Vec<u8>) -> Vec<u8> {
    let channel_header = ChannelHeader {
        r#type: header_type.into(),
        timestamp: Some(now()),
        channel_id: channel.to_owned(),
        tx_id: id.to_owned(),
        ..ChannelHeader::default()
    };
    let header = Header { channel_header: channel_header.encode_to_vec(), signature_header: Vec::new() };
    let payload = Payload { header: Some(header), data }.encode_to_vec();
    Envelope { payload, signature: Vec::new() }.encode_to_vec()
}
