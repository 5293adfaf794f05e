//! Messages of the chaincode stream: which transaction they belong to, and how they are made.

use std::fmt;

use ccs_proto::peer::ChaincodeMessage;
use ccs_proto::peer::chaincode_message::Type;

/// Names a transaction on one stream; peers and shims match on the two texts put together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TransactionKey {
    pub(crate) channel: String,
    pub(crate) id: String,
}

impl TransactionKey {
    pub(crate) fn of(message: &ChaincodeMessage) -> Self {
        Self { channel: message.channel_id.clone(), id: message.txid.clone() }
    }

    /// Makes a message of this transaction. A peer sets neither timestamp nor event.
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

/// Makes a message of no transaction.
pub(crate) fn message(message_type: Type, payload: Vec<u8>) -> ChaincodeMessage {
    ChaincodeMessage { r#type: message_type.into(), payload, ..ChaincodeMessage::default() }
}
