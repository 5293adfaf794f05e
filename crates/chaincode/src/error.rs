//! Why a chaincode did not register, and why a transaction has no result.

use std::sync::Arc;
use std::time::Duration;

use ccs_channel::{Channel, DefinitionError};
use ccs_dial::End;
use ccs_dial::connection::DialError;
use ccs_files::PackageId;

use crate::proposal::NonceError;

/// A chaincode did not register.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The server refused the stream.
    #[error("could not open the chaincode stream: {0}")]
    Stream(Box<tonic::Status>),
    /// The session ended before the chaincode was ready.
    #[error("chaincode registration failed: {0}")]
    Ended(End),
    /// The chaincode said nothing in time; the text is a peer's.
    #[error("timeout expired while starting chaincode {package_id} for transaction")]
    Timeout {
        /// The package.
        package_id: PackageId,
        /// How long the registration was awaited.
        after: Duration,
    },
    /// There is no ledger for its transactions.
    #[error("could not make a ledger")]
    Ledger(#[from] ccs_ledger::OpenError),
}

// The texts above hold their causes, so these are not sources, too.

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
    /// Says what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Stream(status) => Some(refused_stream(status)),
            Self::Ended(end) => end.hint(),
            Self::Timeout { after, .. } => {
                Some(format!("the server took the stream and sent no REGISTER within {after:?}"))
            }
            Self::Ledger(error) => error.hint(),
        }
    }
}

fn refused_stream(status: &tonic::Status) -> String {
    let hint = if status.code() == tonic::Code::Unimplemented {
        "a gRPC server listens there, but no chaincode as a service"
    } else {
        "the chaincode's own log says why it refused the stream"
    };
    hint.to_owned()
}

/// A chaincode that was to run does not. The texts are those of a peer (Fabric 3.1 `core/chaincode/runtime_launcher.go`),
/// but for the cause of a failed dial, which a peer knows less about.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LaunchError {
    /// The chaincode cannot be reached.
    #[error(
        "connection to {id} failed: error cannot create connection for {id}: error creating grpc connection to \
         {address}: {error}"
    )]
    Dial {
        /// The chaincode.
        id: String,
        /// Where it was dialled.
        address: String,
        /// Why.
        error: Arc<DialError>,
    },
    /// It refused the stream.
    #[error("connection to {id} failed: error creating chaincode stream: {status}")]
    Stream {
        /// The chaincode.
        id: String,
        /// What it answered.
        status: Box<tonic::Status>,
    },
    /// It did not register as it should.
    #[error("chaincode registration failed: {0}")]
    Registration(End),
    /// Its stream ended before it was ready.
    #[error("connection to {id} failed: error handling chaincode stream for {id}: {end}")]
    Ended {
        /// The chaincode.
        id: String,
        /// Why.
        end: End,
    },
    /// It did not register in time.
    #[error("timeout expired while starting chaincode {id} for transaction")]
    Timeout {
        /// The chaincode.
        id: String,
        /// How long it was awaited.
        after: Duration,
    },
    /// The builder's `run`, which launches it, could not be started, or has ended before the chaincode registered; in the words
    /// of a peer.
    #[error("{0}")]
    Run(String),
    /// Nobody has said how the chaincode runs.
    #[error("chaincode definition for '{0}' exists, but chaincode is not installed")]
    NotInstalled(String),
}

impl LaunchError {
    /// Says what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Dial { error, .. } => error.hint(),
            Self::Stream { status, .. } => Some(refused_stream(status)),
            Self::Registration(end) | Self::Ended { end, .. } => end.hint(),
            Self::Timeout { id, after } => Some(format!(
                "no chaincode has registered as {id} within {after:?}; start it with that ID, or look into its log"
            )),
            Self::Run(_) => Some("the lines of run in the peer's log say why".to_owned()),
            Self::NotInstalled(_) => Some("give the peer the chaincode's package or its address".to_owned()),
        }
    }
}

/// A chaincode is not defined, or this peer cannot run it (Fabric 3.1 `core/chaincode/lifecycle/endorsement_info.go`).
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
        /// The chaincode's name.
        chaincode: String,
        /// The sequence number of the definition.
        sequence: i64,
        /// The channel.
        channel: String,
    },
    /// The approval names no package that is installed.
    #[error("chaincode definition for '{0}' exists, but chaincode is not installed")]
    NotInstalled(String),
    /// The ledger does not tell.
    #[error(transparent)]
    Definition(#[from] DefinitionError),
}

impl Gap {
    /// Says what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NotApproved { .. } => "approve the definition with the ID of the package that is to run",
            Self::NotInstalled(_) => {
                "install the package that was approved, or approve the one that is installed: peer lifecycle chaincode queryinstalled"
            }
            Self::Undefined(_) | Self::Definition(_) => return None,
        };
        Some(hint.to_owned())
    }
}

/// A chaincode cannot be invoked. The texts are those that another chaincode which calls it reads after `execute failed: `.
#[derive(Debug, thiserror::Error)]
pub enum InvokeError {
    /// It is not defined, or this peer cannot run it.
    #[error(
        "invalid invocation: [channel {channel}] failed to get chaincode container info for {chaincode}: {gap}"
    )]
    Gap {
        /// The channel.
        channel: String,
        /// Its name.
        chaincode: String,
        /// What is missing.
        gap: Box<Gap>,
    },
    /// Its definition cannot be read.
    #[error(transparent)]
    Definition(#[from] DefinitionError),
    /// Its Init was called when it should not be, or was not when it should be.
    #[error("invalid invocation: {0}")]
    Init(String),
    /// It does not run.
    #[error("could not launch chaincode {id}: {error}")]
    Launch {
        /// The ID under which it runs.
        id: String,
        /// Why.
        error: LaunchError,
    },
    /// It took too long; it may still be at it.
    #[error("error sending: timeout expired while executing transaction")]
    Timeout {
        /// The limit.
        after: Duration,
    },
    /// The session ended first.
    #[error("error sending: chaincode stream terminated")]
    StreamLost {
        /// What ended the session.
        end: End,
    },
    /// A transaction with this ID runs already.
    #[error("error sending: txid: {id}({channel}) exists")]
    Duplicate {
        /// The transaction.
        id: String,
        /// The channel.
        channel: String,
    },
}

/// A transaction has no result. The texts are those that a peer's endorser answers (Fabric 3.1).
#[derive(Debug, thiserror::Error)]
pub enum TransactionError {
    /// The chaincode sent ERROR.
    #[error("error in simulation: transaction returned with failure: {0}")]
    Failure(String),
    /// The chaincode cannot be invoked.
    #[error("error in simulation: failed to execute transaction {id}: {error}")]
    Invoke {
        /// The transaction.
        id: String,
        /// Why.
        error: InvokeError,
    },
    /// The chaincode's COMPLETED cannot be read.
    #[error("error in simulation: failed to unmarshal response for transaction {id}: {reason}")]
    Malformed {
        /// The transaction.
        id: String,
        /// What is wrong.
        reason: String,
    },
    /// The ledger failed.
    #[error("error in simulation: {0}")]
    Ledger(DefinitionError),
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
            Self::Invoke { error, .. } => error.hint(),
            Self::Malformed { .. } | Self::Ledger(_) | Self::Nonce(_) => None,
        }
    }
}

impl InvokeError {
    /// Says which chaincode of which channel has the gap.
    pub(crate) fn gap(channel: &Channel, chaincode: &str, gap: Gap) -> Self {
        Self::Gap { channel: channel.name().to_owned(), chaincode: chaincode.to_owned(), gap: Box::new(gap) }
    }

    /// Says what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Timeout { after } => Some(format!(
                "the limit of {after:?} is chaincode.executetimeout of a peer; the chaincode was not stopped"
            )),
            Self::StreamLost { end } => Some(format!("what happened: {end}")),
            Self::Launch { error, .. } => error.hint(),
            Self::Gap { gap, .. } => gap.hint(),
            Self::Duplicate { .. } | Self::Definition(_) | Self::Init(_) => None,
        }
    }
}
