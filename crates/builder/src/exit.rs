//! Exit codes, which are all that the user of `peer lifecycle chaincode install` sees of a failure.

use std::fmt;

/// The exit code of a program of the builder. The numbers and words are stable; `docs/exit-codes.md`
/// explains each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// Success.
    Ok = 0,
    /// `detect`: the package is for another builder.
    NotOurs = 1,
    /// metadata.json is missing or invalid.
    Metadata = 10,
    /// connection.json is missing or invalid.
    Connection = 11,
    /// A template in connection.json cannot be rendered.
    Template = 12,
    /// The address is missing or cannot be dialed.
    Address = 13,
    /// Certificates or keys are missing or cannot be used.
    Tls = 14,
    /// META-INF contains a file that is not a CouchDB index.
    Index = 15,
    /// `dial_timeout` is not a valid duration, or is negative.
    DialTimeout = 16,
    /// The builder's configuration, from the variable or the file, is invalid.
    Configuration = 17,
    /// Reading or writing failed.
    InputOutput = 20,
    /// The arguments differ from those that a peer passes.
    Usage = 64,
}

impl ExitCode {
    /// Every code, in ascending order.
    pub const ALL: [Self; 12] = [
        Self::Ok,
        Self::NotOurs,
        Self::Metadata,
        Self::Connection,
        Self::Template,
        Self::Address,
        Self::Tls,
        Self::Index,
        Self::DialTimeout,
        Self::Configuration,
        Self::InputOutput,
        Self::Usage,
    ];

    /// Returns the number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Returns the word that messages print with the number.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::NotOurs => "not ours",
            Self::Metadata => "metadata",
            Self::Connection => "connection.json",
            Self::Template => "template",
            Self::Address => "address",
            Self::Tls => "TLS",
            Self::Index => "index",
            Self::DialTimeout => "dial_timeout",
            Self::Configuration => "configuration",
            Self::InputOutput => "input/output",
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
