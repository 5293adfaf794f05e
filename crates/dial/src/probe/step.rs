//! The steps of a probe, and why one fails.

use std::time::Duration;

use tonic::Status;

use crate::connection::{Stage, StageError};
use crate::register::End;

/// A step of the way, in the order in which they are gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProbeStep {
    /// The host's name becomes addresses.
    Resolve,
    /// One of the addresses accepts a TCP connection.
    Tcp,
    /// The TLS handshake, the server's verdict on the client certificate included.
    Tls,
    /// The server greets in HTTP/2.
    Http2,
    /// The server takes the call `Chaincode/Connect`.
    Stream,
    /// The chaincode sends REGISTER.
    Register,
    /// The ID it announces is that of the package.
    Id,
}

impl ProbeStep {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Resolve, Self::Tcp, Self::Tls, Self::Http2, Self::Stream, Self::Register, Self::Id];

    /// Returns the step that a stage of a dial belongs to.
    pub(super) fn of(stage: Stage) -> Self {
        match stage {
            Stage::Settings | Stage::Resolve => Self::Resolve,
            Stage::Tcp => Self::Tcp,
            Stage::Tls => Self::Tls,
            Stage::Http2 => Self::Http2,
        }
    }
}

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The server could not be reached.
    #[error(transparent)]
    Dial(#[from] StageError),
    /// The server refused the stream.
    #[error("the server refused the stream: {}", in_words(.0))]
    Stream(Box<Status>),
    /// The server did not take the stream in time.
    #[error("the server did not answer to the stream within {0:?}")]
    NoStream(Duration),
    /// The chaincode said nothing in time.
    #[error("the chaincode sent no REGISTER within {0:?}")]
    NoRegister(Duration),
    /// The chaincode's first message was not the one that it should be, or there was none.
    #[error(transparent)]
    Ended(#[from] End),
}

/// Returns the name of a status in gRPC, and what the server says beside it.
fn in_words(status: &Status) -> String {
    match status.message() {
        "" => format!("{:?}", status.code()),
        message => format!("{:?}: {message}", status.code()),
    }
}

impl ProbeError {
    /// Says which step failed.
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
