//! Why a chaincode did not register, and why a transaction has no result.

use std::time::Duration;

use ccs_files::PackageId;

use crate::proposal::NonceError;
use crate::session::End;

/// A chaincode did not register.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The server refused the stream.
    #[error("could not open the chaincode stream: {0}")]
    Stream(Box<tonic::Status>),
    /// The session ended before the chaincode was ready.
    #[error("chaincode registration failed: {0}")]
    Ended(#[from] End),
    /// The chaincode said nothing in time; the text is a peer's.
    #[error("timeout expired while starting chaincode {package_id} for transaction")]
    Timeout {
        /// The package.
        package_id: PackageId,
        /// How long the registration was awaited.
        after: Duration,
    },
}

impl RegisterError {
    /// Says what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Stream(status) if status.code() == tonic::Code::Unimplemented => {
                Some("a gRPC server listens there, but no chaincode as a service".to_owned())
            }
            Self::Stream(_) => Some("the chaincode's own log says why it refused the stream".to_owned()),
            Self::Ended(end) => end.hint(),
            Self::Timeout { after, .. } => {
                Some(format!("the server took the stream and sent no REGISTER within {after:?}"))
            }
        }
    }
}

/// A transaction has no result. The texts are those that a peer's endorser answers (Fabric 3.1).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransactionError {
    /// The chaincode sent ERROR.
    #[error("error in simulation: transaction returned with failure: {0}")]
    Failure(String),
    /// The chaincode took too long; it may still be at it.
    #[error(
        "error in simulation: failed to execute transaction {id}: error sending: timeout expired while executing transaction"
    )]
    Timeout {
        /// The transaction.
        id: String,
        /// The limit.
        after: Duration,
    },
    /// The session ended first.
    #[error(
        "error in simulation: failed to execute transaction {id}: error sending: chaincode stream terminated"
    )]
    StreamLost {
        /// The transaction.
        id: String,
        /// What ended the session.
        end: End,
    },
    /// A transaction with this ID runs already.
    #[error(
        "error in simulation: failed to execute transaction {id}: error sending: txid: {id}({channel}) exists"
    )]
    Duplicate {
        /// The transaction.
        id: String,
        /// The channel.
        channel: String,
    },
    /// The chaincode's COMPLETED cannot be read.
    #[error("error in simulation: failed to unmarshal response for transaction {id}: {reason}")]
    Malformed {
        /// The transaction.
        id: String,
        /// What is wrong.
        reason: String,
    },
    /// There is no proposal.
    #[error(transparent)]
    Nonce(#[from] NonceError),
}

impl TransactionError {
    /// Says what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Failure(_) => Some("the text after the last colon is the chaincode's own".to_owned()),
            Self::Timeout { after, .. } => Some(format!(
                "the limit of {after:?} is chaincode.executetimeout of a peer; the chaincode was not stopped"
            )),
            Self::StreamLost { end, .. } => Some(format!("what happened: {end}")),
            Self::Duplicate { .. } | Self::Malformed { .. } | Self::Nonce(_) => None,
        }
    }
}
