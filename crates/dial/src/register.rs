//! The first message of a chaincode on its stream, REGISTER, and why a stream ends.

use ccs_proto::peer::chaincode_message::Type;
use ccs_proto::peer::{ChaincodeId, ChaincodeMessage};
use prost::Message;
use tokio::sync::mpsc;
use tonic::Streaming;

/// The two directions of a chaincode stream.
pub type MessageStream = (mpsc::Sender<ChaincodeMessage>, Streaming<ChaincodeMessage>);

/// Why a session ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum End {
    /// The chaincode's REGISTER cannot be read.
    #[error("the chaincode's REGISTER does not hold a chaincode ID: {0}")]
    MalformedRegister(String),
    /// The chaincode registered as another one.
    #[error("the chaincode registered as {announced:?}, not as {expected:?}")]
    WrongId {
        /// The ID in its REGISTER.
        announced: String,
        /// The ID of the package.
        expected: String,
    },
    /// Nobody has announced a chaincode of this ID; the text is a peer's.
    #[error("peer will not accept external chaincode connection {announced} (except in dev mode)")]
    Unknown {
        /// The ID in its REGISTER.
        announced: String,
    },
    /// A chaincode of this ID has registered already; the text is a peer's.
    #[error("duplicate chaincodeID: {announced}")]
    Duplicate {
        /// The ID in its REGISTER.
        announced: String,
    },
    /// The certificate that the chaincode has shown is not for the ID that it announces; the text is a peer's.
    #[error("{0}")]
    Uncertified(String),
    /// The chaincode sent a message that has no place in the state of the session.
    #[error("{0}")]
    Protocol(String),
    /// The stream ended.
    #[error("chaincode stream terminated: {0}")]
    Stream(String),
    /// This side closed it.
    #[error("the session was closed")]
    Closed,
}

impl End {
    /// Says what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::WrongId { expected, .. } => {
                return Some(format!(
                    "start the chaincode with {expected} as its ID (CHAINCODE_ID, CORE_CHAINCODE_ID or \
                     CORE_CHAINCODE_ID_NAME, as its shim has it)"
                ));
            }
            Self::Unknown { announced } => {
                return Some(format!(
                    "start the chaincode with the ID that was printed for it in place of {announced}, or give the peer a \
                     package of that ID"
                ));
            }
            Self::Duplicate { .. } => "stop the chaincode that runs under this ID, or take another ID",
            Self::Uncertified(_) => {
                "start the chaincode with the variables that this peer wrote for it: ID, certificate and key belong together"
            }
            Self::MalformedRegister(_) | Self::Protocol(_) => {
                "the chaincode's shim does not follow the protocol"
            }
            Self::Stream(_) => "the chaincode's own log says why it ended the stream",
            Self::Closed => return None,
        };
        Some(hint.to_owned())
    }
}

/// Returns the message that came, or why the stream ended.
pub fn next(message: Result<Option<ChaincodeMessage>, tonic::Status>) -> Result<ChaincodeMessage, String> {
    match message {
        Ok(Some(message)) => Ok(message),
        Ok(None) => Err("the chaincode closed the stream".to_owned()),
        Err(status) => Err(format!("{}: {}", status.code(), status.message())),
    }
}

/// Reads the ID that a chaincode announces in its first message; [`None`] for a message that does not count.
pub fn announced(message: &ChaincodeMessage) -> Result<Option<String>, End> {
    match message.r#type() {
        Type::Register => ChaincodeId::decode(message.payload.as_slice())
            .map(|id| Some(id.name))
            .map_err(|error| End::MalformedRegister(error.to_string())),
        Type::Keepalive => Ok(None),
        _ => Err(misplaced(message, "created")),
    }
}

/// Compares the announced ID with that of the package.
pub fn accept(announced: String, expected: &str) -> Result<(), End> {
    if announced == expected {
        Ok(())
    } else {
        Err(End::WrongId { announced, expected: expected.to_owned() })
    }
}

/// Returns the end of a session that received a message in a state in which it may not come.
#[must_use]
pub fn misplaced(message: &ChaincodeMessage, state: &str) -> End {
    let name = type_name(message.r#type);
    let about = if message.txid.is_empty() { String::new() } else { format!("[{}] ", message.txid) };
    let text = format!("{about}Fabric side handler cannot handle message ({name}) while in {state} state");
    End::Protocol(text)
}

/// Returns the name of a message type, its number when it has none.
#[must_use]
pub fn type_name(number: i32) -> String {
    Type::try_from(number).map_or_else(|_| number.to_string(), |known| known.as_str_name().to_owned())
}
