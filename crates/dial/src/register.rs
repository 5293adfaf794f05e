//! The first message of a chaincode on its stream, REGISTER, and the reasons why a stream ends.

use ccs_proto::peer::chaincode_message::Type;
use ccs_proto::peer::{ChaincodeId, ChaincodeMessage};
use prost::Message;
use tokio::sync::mpsc;
use tonic::Streaming;

/// The two directions of a chaincode stream.
pub type MessageStream = (mpsc::Sender<ChaincodeMessage>, Streaming<ChaincodeMessage>);

/// The reason why a session ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum End {
    /// The chaincode's REGISTER cannot be parsed.
    #[error("the chaincode's REGISTER does not hold a chaincode ID: {0}")]
    MalformedRegister(String),
    /// The chaincode registered with another ID.
    #[error("the chaincode registered as {announced:?}, not as {expected:?}")]
    WrongId {
        /// The ID in its REGISTER.
        announced: String,
        /// The ID of the package.
        expected: String,
    },
    /// No chaincode with this ID is expected. The text is that of a peer.
    #[error("peer will not accept external chaincode connection {announced} (except in dev mode)")]
    Unknown {
        /// The ID in its REGISTER.
        announced: String,
    },
    /// A chaincode with this ID is already registered. The text is that of a peer.
    #[error("duplicate chaincodeID: {announced}")]
    Duplicate {
        /// The ID in its REGISTER.
        announced: String,
    },
    /// The chaincode's certificate is not for the ID that it announces. The text is that of a peer.
    #[error("{0}")]
    Uncertified(String),
    /// The chaincode sent a message that is not allowed in the state of the session.
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
    /// Returns what to do about it.
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
                    "start the chaincode with the ID that was printed for it instead of {announced}, or give the peer a \
                     package of that ID"
                ));
            }
            Self::Duplicate { .. } => "stop the chaincode that runs under this ID, or use another ID",
            Self::Uncertified(_) => {
                "start the chaincode with the variables that this peer wrote for it: ID, certificate and key belong together"
            }
            Self::MalformedRegister(_) | Self::Protocol(_) => {
                "the chaincode's shim does not follow the protocol"
            }
            Self::Stream(_) => "check the chaincode's log for the reason",
            Self::Closed => return None,
        };
        Some(hint.to_owned())
    }
}

/// Returns the next message, or the reason why the stream ended.
pub fn next(message: Result<Option<ChaincodeMessage>, tonic::Status>) -> Result<ChaincodeMessage, String> {
    match message {
        Ok(Some(message)) => Ok(message),
        Ok(None) => Err("the chaincode closed the stream".to_owned()),
        // A status that the other side sent has no source.
        Err(status) if std::error::Error::source(&status).is_some() => Err(format!(
            "the connection broke, as when the chaincode is killed or crashes ({})",
            status.message()
        )),
        Err(status) => Err(format!("{}: {}", status.code(), status.message())),
    }
}

/// Returns the ID that a chaincode announces in its first message; [`None`] for a message to ignore.
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

/// Returns the error for a message that is not allowed in the state of the session.
#[must_use]
pub fn misplaced(message: &ChaincodeMessage, state: &str) -> End {
    let name = type_name(message.r#type);
    let about = if message.txid.is_empty() { String::new() } else { format!("[{}] ", message.txid) };
    let text = format!("{about}Fabric side handler cannot handle message ({name}) while in {state} state");
    End::Protocol(text)
}

/// Returns the name of a message type, or its number if it has no name.
#[must_use]
pub fn type_name(number: i32) -> String {
    Type::try_from(number).map_or_else(|_| number.to_string(), |known| known.as_str_name().to_owned())
}
