//! What the unit tests share: channels with their first block, and transactions in envelopes.

use ccs_proto::common::{Block, ChannelHeader, Envelope, Header, Payload};
use ccs_proto::peer::{
    ChaincodeAction, ChaincodeActionPayload, ChaincodeEndorsedAction, ProposalResponsePayload,
    TransactionAction, TxValidationCode,
};
use prost::Message;

use crate::{Committed, Content, Ledger, Results, Simulation, Store, Transaction, block};

/// Makes the first block of a channel, with one envelope of any bytes.
pub(crate) fn genesis() -> Block {
    block::new(0, [0; 32], vec![b"configuration".to_vec()])
}

/// Makes a ledger in memory.
pub(crate) fn ledger() -> Ledger {
    Store::in_memory().unwrap().channel("ch", genesis).unwrap()
}

/// Puts the results of a simulation into an envelope. The timestamp is the length of the ID in seconds.
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
    let seconds = i64::try_from(id.len()).unwrap();
    let header = ChannelHeader {
        tx_id: id.to_owned(),
        timestamp: Some(prost_types::Timestamp { seconds, nanos: 0 }),
        ..ChannelHeader::default()
    };
    let header = Header { channel_header: header.encode_to_vec(), ..Header::default() };
    let payload = Payload { header: Some(header), data: transaction.encode_to_vec() };
    Transaction {
        envelope: Envelope { payload: payload.encode_to_vec(), signature: Vec::new() }.encode_to_vec(),
        id: id.to_owned(),
        content: Content::Endorsed { results: results.public, private: results.private },
    }
}

/// Simulates a transaction.
pub(crate) fn simulated(ledger: &Ledger, id: &str, steps: impl FnOnce(&mut Simulation)) -> Transaction {
    let mut simulation = ledger.simulate(id).unwrap();
    steps(&mut simulation);
    endorsed(id, simulation.finish())
}

/// Simulates a transaction and commits it in a block of its own, which must be valid.
pub(crate) fn commit(ledger: &Ledger, id: &str, steps: impl FnOnce(&mut Simulation)) -> Committed {
    let committed = ledger.commit(&[simulated(ledger, id, steps)], &()).unwrap();
    assert_eq!(committed.codes, [TxValidationCode::Valid]);
    committed
}

/// Reads a value outside of any transaction that counts.
pub(crate) fn value(ledger: &Ledger, namespace: &str, key: &str) -> Option<Vec<u8>> {
    ledger.simulate("reader").unwrap().get(namespace, key).unwrap()
}
