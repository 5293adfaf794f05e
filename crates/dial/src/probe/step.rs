//! The steps of a probe, and their errors.

use std::time::Duration;

use tonic::Status;

use crate::connection::{Stage, StageError};
use crate::register::End;

/// A step of a probe, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProbeStep {
    /// Resolving the host name.
    Resolve,
    /// Opening a TCP connection to one of the addresses.
    Tcp,
    /// The TLS handshake, including the server's decision about the client certificate.
    Tls,
    /// Receiving the server's HTTP/2 settings.
    Http2,
    /// Opening the stream `Chaincode/Connect`.
    Stream,
    /// Receiving REGISTER from the chaincode.
    Register,
    /// Comparing the announced ID with that of the package.
    Id,
}

impl ProbeStep {
    /// All steps.
    pub const ALL: [Self; 7] =
        [Self::Resolve, Self::Tcp, Self::Tls, Self::Http2, Self::Stream, Self::Register, Self::Id];

    /// Returns the step that includes a stage of a dial.
    pub(super) fn of(stage: Stage) -> Self {
        match stage {
            Stage::Settings | Stage::Resolve => Self::Resolve,
            Stage::Tcp => Self::Tcp,
            Stage::Tls => Self::Tls,
            Stage::Http2 => Self::Http2,
        }
    }
}

/// The reason why a step failed.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The server could not be reached.
    #[error(transparent)]
    Dial(#[from] StageError),
    /// The server rejected the stream.
    #[error("the server rejected the stream: {}", in_words(.0))]
    Stream(Box<Status>),
    /// The server did not open the stream in time.
    #[error("the server did not open the stream within {0:?}")]
    NoStream(Duration),
    /// The chaincode sent no message in time.
    #[error("the chaincode sent no REGISTER within {0:?}")]
    NoRegister(Duration),
    /// The chaincode's first message was not a valid REGISTER, or there was none.
    #[error(transparent)]
    Ended(#[from] End),
}

/// Formats the name of a gRPC status, and the server's message.
fn in_words(status: &Status) -> String {
    match status.message() {
        "" => format!("{:?}", status.code()),
        message => format!("{:?}: {message}", status.code()),
    }
}

impl ProbeError {
    /// Returns the step that failed.
    #[must_use]
    pub fn step(&self) -> ProbeStep {
        match self {
            Self::Dial(error) => ProbeStep::of(error.stage()),
            Self::Stream(_) | Self::NoStream(_) => ProbeStep::Stream,
            Self::Ended(End::WrongId { .. }) => ProbeStep::Id,
            Self::NoRegister(_) | Self::Ended(_) => ProbeStep::Register,
        }
    }
}
