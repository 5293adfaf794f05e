//! Why a target cannot be probed.

use std::path::PathBuf;

use ccs_builder::ExitCode;
use ccs_builder::configuration::ConfigurationError;
use ccs_builder::input::ReadError;
use ccs_builder::report::chain;
use ccs_dial::connection::{InfoError, StageError};
use ccs_files::address::AddressError;

/// A target cannot be probed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The target is neither a file nor an address.
    #[error("{name:?} is neither a file nor HOST:PORT")]
    Target {
        /// The target as it was typed.
        name: String,
        /// Why it is not an address.
        source: AddressError,
    },
    /// Options of TLS were given for a file.
    #[error("TLS options are for HOST:PORT; a file brings its own")]
    TlsOfFile(PathBuf),
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: ReadError,
    },
    /// The package or a file of TLS cannot be read.
    #[error(transparent)]
    Package(#[from] ccs_package_tools::Error),
    /// The configuration of the command line is not valid.
    #[error("--config")]
    Configuration(#[source] ConfigurationError),
    /// A template reads a key that nobody defined.
    #[error("{}", chain(error))]
    MissingKey {
        /// What the builder says.
        error: ccs_builder::Error,
        /// The next command to type.
        next: String,
    },
    /// The builder rejects the target.
    #[error(transparent)]
    Builder(ccs_builder::Error),
    /// A peer rejects what the builder releases.
    #[error(transparent)]
    Released(InfoError),
    /// A peer rejects the connection before it dials.
    #[error(transparent)]
    Settings(#[from] StageError),
}

impl Error {
    /// Says what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Target { .. } => Some(
                "name a package, a connection.json, or an address such as basic.example.com:9999".to_owned(),
            ),
            Self::TlsOfFile(path) => {
                Some(format!("leave them out, or name the address in place of {}", path.display()))
            }
            Self::Read { .. } => None,
            Self::Package(error) => error.hint(),
            Self::Configuration(_) => {
                Some(r#"write one JSON object: --config '{"peer":"peer0"}'"#.to_owned())
            }
            Self::MissingKey { error, .. } | Self::Builder(error) => error.hint(),
            Self::Released(error) => error.hint(),
            Self::Settings(error) => error.hint().map(str::to_owned),
        }
    }

    /// Returns the exit code of the builder's table; [`None`] if the table has none for it.
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
            Self::MissingKey { error, .. } | Self::Builder(error) => Some(error.code()),
            Self::Released(_) => Some(ExitCode::Connection),
            Self::Settings(_) => Some(ExitCode::Tls),
        }
    }
}
