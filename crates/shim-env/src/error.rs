//! Errors when writing the environment of a server.

use std::io;
use std::path::PathBuf;

use ccs_builder::ExitCode;
use ccs_files::address::AddressError;

/// The reason why the environment of a server cannot be derived or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A path is not UTF-8, so it cannot be the value of a variable.
    #[error("{} is not UTF-8", .0.display())]
    NotUtf8(PathBuf),
    /// A file that a variable names does not exist.
    #[error("there is no file {}", .0.display())]
    NoFile(PathBuf),
    /// A format cannot represent a value.
    #[error("{name} cannot be written in this format: {value:?}")]
    Value {
        /// The variable.
        name: String,
        /// Its value.
        value: String,
    },
    /// The package requires TLS, and no TLS folder was given.
    #[error("the package requires TLS, but no TLS files were given")]
    NoTls,
    /// The address to listen on has no host.
    #[error("{0:?} is not host:port")]
    Listen(String),
    /// The address to listen on is not an address.
    #[error(transparent)]
    Address(AddressError),
    /// The address of the package does not contain a port.
    #[error("the address {0:?} does not say on which port to listen")]
    NoPort(String),
    /// The TLS folder contains no server certificate.
    #[error("{} contains no server certificate", .0.display())]
    NoServer(PathBuf),
    /// The folder of the server cannot be found.
    #[error("cannot find {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The TLS folder cannot be used.
    #[error(transparent)]
    Tls(#[from] ccs_tls::Error),
}

impl Error {
    /// Returns what to do about the error.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NotUtf8(_) => {
                "pass the folder in which the chaincode finds the files with --mounted-at DIR"
            }
            Self::NoFile(_) => "ccs tls issue DIR --server NAME --host HOST --force writes all of them",
            Self::Value { .. } => "--format shell can write control characters",
            Self::NoTls => "name the folder of `ccs tls init` with --tls DIR",
            Self::Listen(_) => "for example --listen 0.0.0.0:9999",
            Self::Address(error) => return error.hint(),
            Self::NoPort(_) => "pass --listen HOST:PORT, for example 0.0.0.0:9999",
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

    /// Returns the matching exit code of the builder; [`None`] if there is none.
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
