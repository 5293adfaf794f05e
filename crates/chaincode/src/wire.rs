//! Messages of the chaincode stream, and the transactions to which they belong.

use std::fmt;

use ccs_proto::peer::ChaincodeMessage;
use ccs_proto::peer::chaincode_message::Type;

/// Key of a transaction on one stream: peers and shims match on both texts together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TransactionKey {
    pub(crate) channel: String,
    pub(crate) id: String,
}

impl TransactionKey {
    pub(crate) fn of(message: &ChaincodeMessage) -> Self {
        Self { channel: message.channel_id.clone(), id: message.txid.clone() }
    }

    /// Creates a message of this transaction. Like a peer, sets neither timestamp nor event.
    pub(crate) fn message(&self, message_type: Type, payload: Vec<u8>) -> ChaincodeMessage {
        ChaincodeMessage {
            r#type: message_type.into(),
            payload,
            txid: self.id.clone(),
            channel_id: self.channel.clone(),
            ..ChaincodeMessage::default()
        }
    }
}

impl fmt::Display for TransactionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.id, self.channel)
    }
}

/// Creates a message that belongs to no transaction.
pub(crate) fn message(message_type: Type, payload: Vec<u8>) -> ChaincodeMessage {
    ChaincodeMessage { r#type: message_type.into(), payload, ..ChaincodeMessage::default() }
}
