//! Errors of a target.

use std::path::PathBuf;

use ccs_builder::ExitCode;
use ccs_builder::configuration::ConfigurationError;
use ccs_builder::input::ReadError;
use ccs_builder::report::chain;
use ccs_dial::connection::{InfoError, StageError};
use ccs_files::address::AddressError;

/// The reason why a target cannot be probed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The target is neither a file nor an address.
    #[error("{name:?} is neither a file nor HOST:PORT")]
    Target {
        /// The target, as on the command line.
        name: String,
        /// The reason why it is not an address.
        source: AddressError,
    },
    /// TLS options were given for a file.
    #[error("TLS options are only for HOST:PORT; a file contains its own")]
    TlsOfFile(PathBuf),
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: ReadError,
    },
    /// The package or a TLS file cannot be read.
    #[error(transparent)]
    Package(#[from] ccs_package_tools::Error),
    /// The configuration on the command line is invalid.
    #[error("--config")]
    Configuration(#[source] ConfigurationError),
    /// A template reads an undefined key.
    #[error("{}", chain(error))]
    MissingKey {
        /// The builder's error.
        error: ccs_builder::Error,
        /// The next command.
        next: String,
    },
    /// A peer rejects the output of the builder.
    #[error(transparent)]
    Released(InfoError),
    /// A peer rejects the connection before it dials.
    #[error(transparent)]
    Settings(#[from] StageError),
}

impl Error {
    /// Returns what to do about the error.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Target { .. } => Some(
                "pass a package, a connection.json, or an address such as basic.example.com:9999".to_owned(),
            ),
            Self::TlsOfFile(path) => {
                Some(format!("omit them, or pass the address instead of {}", path.display()))
            }
            Self::Read { .. } => None,
            Self::Package(error) => error.hint(),
            Self::Configuration(_) => {
                Some(r#"write one JSON object: --config '{"peer":"peer0"}'"#.to_owned())
            }
            Self::MissingKey { error, .. } => error.hint(),
            Self::Released(error) => error.hint(),
            Self::Settings(error) => error.hint().map(str::to_owned),
        }
    }

    /// Returns the matching exit code of the builder; [`None`] if there is none.
    #[must_use]
    pub fn code(&self) -> Option<ExitCode> {
        match self {
            Self::Target { .. } | Self::Settings(StageError::Address(_) | StageError::Scheme(_)) => {
                Some(ExitCode::Address)
            }
            Self::TlsOfFile(_) => None,
            Self::Read { .. } => Some(ExitCode::InputOutput),
            Self::Package(error) => error.code(),
            Self::Configuration(_) => Some(ExitCode::Configuration),
            Self::MissingKey { error, .. } => Some(error.code()),
            Self::Released(_) => Some(ExitCode::Connection),
            Self::Settings(_) => Some(ExitCode::Tls),
        }
    }
}
