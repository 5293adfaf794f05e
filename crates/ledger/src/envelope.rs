//! Reads the writes in the envelope of an endorser transaction.

use ccs_proto::common::{ChannelHeader, Envelope, Payload};
use ccs_proto::kvrwset::KvrwSet;
use ccs_proto::peer::{ChaincodeAction, ChaincodeActionPayload, ProposalResponsePayload, Transaction};
use ccs_proto::rwset::TxReadWriteSet;
use prost::{DecodeError, Message};

/// Write in a key's history.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyModification {
    /// ID of the writing transaction.
    pub transaction_id: String,
    /// Written value; empty if the key was deleted.
    pub value: Vec<u8>,
    /// Time in the channel header, set by the client.
    pub timestamp: prost_types::Timestamp,
    /// Whether the key was deleted.
    pub is_delete: bool,
}

/// Returns the write of a transaction to a key that it is known to have written.
pub(crate) fn written(envelope: &[u8], namespace: &str, key: &str) -> Result<KeyModification, DecodeError> {
    let payload = Payload::decode(Envelope::decode(envelope)?.payload.as_slice())?;
    let header = ChannelHeader::decode(payload.header.unwrap_or_default().channel_header.as_slice())?;
    let mut write = None;
    for set in results(&payload.data)?.ns_rwset {
        if set.namespace == namespace {
            let writes = KvrwSet::decode(set.rwset.as_slice())?.writes;
            write = writes.into_iter().rfind(|write| write.key == key).or(write);
        }
    }
    let value = write.map(|write| if write.is_delete { Vec::new() } else { write.value }).unwrap_or_default();
    Ok(KeyModification {
        transaction_id: header.tx_id,
        is_delete: value.is_empty(),
        value,
        timestamp: header.timestamp.unwrap_or_default(),
    })
}

/// Decodes the read/write set of a transaction's single action. Without an action, the set is empty.
fn results(transaction: &[u8]) -> Result<TxReadWriteSet, DecodeError> {
    let Some(action) = Transaction::decode(transaction)?.actions.into_iter().next() else {
        return Ok(TxReadWriteSet::default());
    };
    let payload = ChaincodeActionPayload::decode(action.payload.as_slice())?;
    let response = payload.action.unwrap_or_default().proposal_response_payload;
    let extension = ProposalResponsePayload::decode(response.as_slice())?.extension;
    TxReadWriteSet::decode(ChaincodeAction::decode(extension.as_slice())?.results.as_slice())
}
