//! Exit codes, the only information about a failed launch that a client of the peer sees.

use std::fmt;

/// The exit codes of the launcher. The numbers and words are stable; `docs/exit-codes.md` explains each.
///
/// The peer shows the number to the client as `builder 'NAME' run failed: exit status N` (Fabric 3.1
/// `core/container/externalbuilder/instance.go`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// metadata.json is missing or broken.
    Metadata = 10,
    /// A file under META-INF/statedb is not an index.
    Index = 15,
    /// Reading or writing failed.
    InputOutput = 20,
    /// image.json is missing or broken.
    ImageJson = 21,
    /// binary.json, or a program that it names, is missing or broken.
    Binary = 22,
    /// The source does not build.
    Language = 23,
    /// launch.yaml is broken, or names something that does not exist.
    Settings = 24,
    /// The host's name does not resolve.
    Resolve = 30,
    /// No address accepts a connection.
    Tcp = 31,
    /// One side rejects the other's certificate, or only one side uses TLS.
    Tls = 32,
    /// The server does not use HTTP/2.
    Http2 = 33,
    /// The platform does not answer.
    Unreachable = 41,
    /// The platform denies the builder's request.
    Forbidden = 42,
    /// A policy or quota of the platform rejects the workload.
    Policy = 43,
    /// The image cannot be pulled, or its program cannot be started.
    Image = 44,
    /// No node accepts the pod.
    NotScheduled = 45,
    /// The chaincode ended by itself.
    Ended = 46,
    /// The chaincode was not ready in time.
    NotReady = 47,
    /// The chaincode was stopped from outside.
    Stopped = 48,
    /// The program was not called as a peer calls it.
    Usage = 64,
}

impl ExitCode {
    /// Every code, in ascending order.
    pub const ALL: [Self; 20] = [
        Self::Metadata,
        Self::Index,
        Self::InputOutput,
        Self::ImageJson,
        Self::Binary,
        Self::Language,
        Self::Settings,
        Self::Resolve,
        Self::Tcp,
        Self::Tls,
        Self::Http2,
        Self::Unreachable,
        Self::Forbidden,
        Self::Policy,
        Self::Image,
        Self::NotScheduled,
        Self::Ended,
        Self::NotReady,
        Self::Stopped,
        Self::Usage,
    ];

    /// Returns the number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Returns the words that follow the number in messages.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Metadata => "metadata",
            Self::Index => "index",
            Self::InputOutput => "input/output",
            Self::ImageJson => "image.json",
            Self::Binary => "binary",
            Self::Language => "language build",
            Self::Settings => "launch settings",
            Self::Resolve => "resolve",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Http2 => "HTTP/2",
            Self::Unreachable => "platform unreachable",
            Self::Forbidden => "forbidden",
            Self::Policy => "policy or quota",
            Self::Image => "image",
            Self::NotScheduled => "not scheduled",
            Self::Ended => "chaincode ended",
            Self::NotReady => "not ready in time",
            Self::Stopped => "stopped from outside",
            Self::Usage => "usage",
        }
    }
}

impl fmt::Display for ExitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number(), self.word())
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.number())
    }
}
