//! Why the environment of a server cannot be written.

use std::io;
use std::path::PathBuf;

use ccs_builder::ExitCode;
use ccs_files::address::AddressError;

/// The environment of a server cannot be found out or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A path is not UTF-8, and so not the value of a variable.
    #[error("{} is not UTF-8", .0.display())]
    NotUtf8(PathBuf),
    /// A file that a variable names does not exist.
    #[error("there is no file {}", .0.display())]
    NoFile(PathBuf),
    /// A format cannot hold a value.
    #[error("{name} cannot be written in this format: {value:?}")]
    Value {
        /// The variable.
        name: String,
        /// Its value.
        value: String,
    },
    /// The package requires TLS, and no TLS folder was given.
    #[error("the package wants TLS, and there are no files for it")]
    NoTls,
    /// The address to listen on has no host.
    #[error("{0:?} is not host:port")]
    Listen(String),
    /// The address to listen on is not an address.
    #[error(transparent)]
    Address(AddressError),
    /// The address of the package does not tell the port.
    #[error("the address {0:?} does not say on which port to listen")]
    NoPort(String),
    /// The TLS folder holds no certificate of a server.
    #[error("{} holds no server's certificate", .0.display())]
    NoServer(PathBuf),
    /// The folder of the server cannot be found.
    #[error("cannot find {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The TLS folder cannot be used.
    #[error(transparent)]
    Tls(#[from] ccs_tls::Error),
}

impl Error {
    /// Says what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NotUtf8(_) => "say where the chaincode finds the files with --mounted-at DIR",
            Self::NoFile(_) => "ccs tls issue DIR --server NAME --host HOST --force writes all of them",
            Self::Value { .. } => "--format shell can write control characters",
            Self::NoTls => "name the folder of `ccs tls init` with --tls DIR",
            Self::Listen(_) => "for example --listen 0.0.0.0:9999",
            Self::Address(error) => return error.hint(),
            Self::NoPort(_) => "give --listen HOST:PORT, for example 0.0.0.0:9999",
            Self::NoServer(folder) => {
                return Some(format!(
                    "ccs tls issue {} --server NAME --host HOST makes one",
                    folder.display()
                ));
            }
            Self::Folder { .. } => return None,
            Self::Tls(error) => return error.hint(),
        };
        Some(hint.to_owned())
    }

    /// Returns the exit code of the builder's table; [`None`] if the table has none for it.
    #[must_use]
    pub fn code(&self) -> Option<ExitCode> {
        match self {
            Self::NotUtf8(_) | Self::Value { .. } | Self::Folder { .. } => None,
            Self::NoFile(_) | Self::NoTls | Self::NoServer(_) => Some(ExitCode::Tls),
            Self::Listen(_) | Self::Address(_) | Self::NoPort(_) => Some(ExitCode::Address),
            Self::Tls(error) => error.code(),
        }
    }
}
