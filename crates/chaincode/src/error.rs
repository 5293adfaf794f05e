//! Errors from registering a chaincode and from running transactions.

use std::sync::Arc;
use std::time::Duration;

use ccs_channel::{Channel, DefinitionError};
use ccs_dial::End;
use ccs_dial::connection::DialError;
use ccs_files::PackageId;

use crate::proposal::NonceError;

/// Error from registering a chaincode.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The server rejected the stream.
    #[error("could not open the chaincode stream: {0}")]
    Stream(Box<tonic::Status>),
    /// The session ended before the chaincode was ready.
    #[error("chaincode registration failed: {0}")]
    Ended(End),
    /// The chaincode did not register in time. The text is a peer's.
    #[error("timeout expired while starting chaincode {package_id} for transaction")]
    Timeout {
        /// ID of the package.
        package_id: PackageId,
        /// Time that has passed.
        after: Duration,
    },
    /// The ledger for its transactions could not be created.
    #[error("could not create a ledger")]
    Ledger(#[from] ccs_ledger::OpenError),
}

// The messages above contain their causes, so they are not sources as well.

impl From<End> for RegisterError {
    fn from(end: End) -> Self {
        Self::Ended(end)
    }
}

impl From<DefinitionError> for TransactionError {
    fn from(error: DefinitionError) -> Self {
        Self::Ledger(error)
    }
}

impl RegisterError {
    /// Returns the next step for the user.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Stream(status) => Some(refused_stream(status)),
            Self::Ended(end) => end.hint(),
            Self::Timeout { after, .. } => {
                Some(format!("the server accepted the stream but sent no REGISTER within {after:?}"))
            }
            Self::Ledger(error) => error.hint(),
        }
    }
}

fn refused_stream(status: &tonic::Status) -> String {
    let hint = if status.code() == tonic::Code::Unimplemented {
        "a gRPC server listens there, but it does not serve chaincode"
    } else {
        "check the chaincode's log for the reason"
    };
    hint.to_owned()
}

/// Error from launching a chaincode. The texts are those of a peer (Fabric 3.1 `core/chaincode/runtime_launcher.go`),
/// except for the cause of a failed dial, which is more detailed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LaunchError {
    /// The chaincode cannot be reached.
    #[error(
        "connection to {id} failed: error cannot create connection for {id}: error creating grpc connection to \
         {address}: {error}"
    )]
    Dial {
        /// ID of the chaincode.
        id: String,
        /// Address that was dialed.
        address: String,
        /// Error from dialing.
        error: Arc<DialError>,
    },
    /// The chaincode rejected the stream.
    #[error("connection to {id} failed: error creating chaincode stream: {status}")]
    Stream {
        /// ID of the chaincode.
        id: String,
        /// Status that it returned.
        status: Box<tonic::Status>,
    },
    /// The chaincode sent an invalid registration.
    #[error("chaincode registration failed: {0}")]
    Registration(End),
    /// The stream ended before the chaincode was ready.
    #[error("connection to {id} failed: error handling chaincode stream for {id}: {end}")]
    Ended {
        /// ID of the chaincode.
        id: String,
        /// Reason for the end of the stream.
        end: End,
    },
    /// The chaincode did not register in time.
    #[error("timeout expired while starting chaincode {id} for transaction")]
    Timeout {
        /// ID of the chaincode.
        id: String,
        /// Time that has passed.
        after: Duration,
    },
    /// The builder's `run` could not be started, or ended before the chaincode registered. The text is a peer's.
    #[error("{0}")]
    Run(String),
    /// The peer has neither a package nor an address of the chaincode.
    #[error("chaincode definition for '{0}' exists, but chaincode is not installed")]
    NotInstalled(String),
}

impl LaunchError {
    /// Returns the next step for the user.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Dial { error, .. } => error.hint(),
            Self::Stream { status, .. } => Some(refused_stream(status)),
            Self::Registration(end) | Self::Ended { end, .. } => end.hint(),
            Self::Timeout { id, after } => Some(format!(
                "no chaincode has registered as {id} within {after:?}; start it with that ID, or check its log"
            )),
            Self::Run(_) => Some("check the output of run in the peer's log".to_owned()),
            Self::NotInstalled(_) => Some("give the peer the chaincode's package or its address".to_owned()),
        }
    }
}

/// Reason why a chaincode cannot be run: it is not defined, or not available on this peer (Fabric 3.1
/// `core/chaincode/lifecycle/endorsement_info.go`).
#[derive(Debug, thiserror::Error)]
pub enum Gap {
    /// The channel has no such definition.
    #[error("chaincode {0} not found")]
    Undefined(String),
    /// The peer's organization has not approved the definition.
    #[error(
        "chaincode definition for '{chaincode}' at sequence {sequence} on channel '{channel}' has not yet been approved by this org"
    )]
    NotApproved {
        /// Name of the chaincode.
        chaincode: String,
        /// Sequence number of the definition.
        sequence: i64,
        /// Name of the channel.
        channel: String,
    },
    /// The package in the approval is not installed.
    #[error("chaincode definition for '{0}' exists, but chaincode is not installed")]
    NotInstalled(String),
    /// The definition cannot be read from the ledger.
    #[error(transparent)]
    Definition(#[from] DefinitionError),
}

impl Gap {
    /// Returns the next step for the user.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NotApproved { .. } => "approve the definition with the ID of the package to run",
            Self::NotInstalled(_) => {
                "install the approved package, or approve an installed one: peer lifecycle chaincode queryinstalled"
            }
            Self::Undefined(_) | Self::Definition(_) => return None,
        };
        Some(hint.to_owned())
    }
}

/// Error from invoking a chaincode. A calling chaincode receives the text after `execute failed: `.
#[derive(Debug, thiserror::Error)]
pub enum InvokeError {
    /// The chaincode is not defined, or this peer cannot run it.
    #[error(
        "invalid invocation: [channel {channel}] failed to get chaincode container info for {chaincode}: {gap}"
    )]
    Gap {
        /// Name of the channel.
        channel: String,
        /// Name of the chaincode.
        chaincode: String,
        /// Reason why it cannot run.
        gap: Box<Gap>,
    },
    /// The definition cannot be read.
    #[error(transparent)]
    Definition(#[from] DefinitionError),
    /// Init was called when it is not allowed, or was not called when it is required.
    #[error("invalid invocation: {0}")]
    Init(String),
    /// The chaincode could not be launched.
    #[error("could not launch chaincode {id}: {error}")]
    Launch {
        /// ID under which the chaincode runs.
        id: String,
        /// Error from launching it.
        error: LaunchError,
    },
    /// The chaincode exceeded the time limit. It may still be running the transaction.
    #[error("error sending: timeout expired while executing transaction")]
    Timeout {
        /// Time limit.
        after: Duration,
    },
    /// The session ended before the answer.
    #[error("error sending: chaincode stream terminated")]
    StreamLost {
        /// Reason for the end of the session.
        end: End,
    },
    /// A transaction with this ID is already running.
    #[error("error sending: txid: {id}({channel}) exists")]
    Duplicate {
        /// ID of the transaction.
        id: String,
        /// Name of the channel.
        channel: String,
    },
}

/// Error from running a transaction. The texts are those of a peer's endorser (Fabric 3.1).
#[derive(Debug, thiserror::Error)]
pub enum TransactionError {
    /// The chaincode sent ERROR.
    #[error("error in simulation: transaction returned with failure: {0}")]
    Failure(String),
    /// The chaincode cannot be invoked.
    #[error("error in simulation: failed to execute transaction {id}: {error}")]
    Invoke {
        /// ID of the transaction.
        id: String,
        /// Error from the invocation.
        error: InvokeError,
    },
    /// The chaincode's COMPLETED cannot be read.
    #[error("error in simulation: failed to unmarshal response for transaction {id}: {reason}")]
    Malformed {
        /// ID of the transaction.
        id: String,
        /// Error from decoding it.
        reason: String,
    },
    /// The ledger failed.
    #[error("error in simulation: {0}")]
    Ledger(DefinitionError),
    /// The proposal could not be created.
    #[error(transparent)]
    Nonce(#[from] NonceError),
}

impl TransactionError {
    /// Returns the next step for the user.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Failure(_) => Some("the text after the last colon is the chaincode's own".to_owned()),
            Self::Invoke { error, .. } => error.hint(),
            Self::Malformed { .. } | Self::Ledger(_) | Self::Nonce(_) => None,
        }
    }
}

impl InvokeError {
    /// Creates the error for a chaincode that cannot run on a channel.
    pub(crate) fn gap(channel: &Channel, chaincode: &str, gap: Gap) -> Self {
        Self::Gap { channel: channel.name().to_owned(), chaincode: chaincode.to_owned(), gap: Box::new(gap) }
    }

    /// Returns the next step for the user.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Timeout { after } => Some(format!(
                "the limit of {after:?} corresponds to a peer's chaincode.executetimeout; the chaincode was not stopped"
            )),
            Self::StreamLost { end } => Some(format!("the stream ended: {end}")),
            Self::Launch { error, .. } => error.hint(),
            Self::Gap { gap, .. } => gap.hint(),
            Self::Duplicate { .. } | Self::Definition(_) | Self::Init(_) => None,
        }
    }
}
