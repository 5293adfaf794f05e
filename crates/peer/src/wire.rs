//! Messages of the chaincode stream: who they belong to, how they are made, what their types are called.

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

/// Gives the name of a message type, its number when it has none.
pub(crate) fn type_name(number: i32) -> String {
    Type::try_from(number).map_or_else(|_| number.to_string(), |known| known.as_str_name().to_owned())
}
