//! Errors of reading and creating packages.

use std::io;
use std::path::{Path, PathBuf};

use ccs_builder::ExitCode;
use ccs_builder::report::chain;
use ccs_files::connection::ConnectionError;
use ccs_files::package_id::LabelError;
use ccs_package::disk::DiskError;
use ccs_package::{ContentsError, ReadError, WriteError};
use ccs_report::shell::quote;

use crate::recognize::OtherFile;

/// A package cannot be read or created.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be opened.
    #[error("cannot open {}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The path leads to a folder, a pipe or a device.
    #[error("{} is not a file", .0.display())]
    NotAFile(PathBuf),
    /// A file or folder cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The reason.
        source: ccs_builder::input::ReadError,
    },
    /// A peer rejects the package.
    #[error("{}: {error}", path.display())]
    Package {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: ReadError,
    },
    /// The file is another file of a Fabric network.
    #[error("{} is not a chaincode package: it is {}", path.display(), other.name())]
    NotAPackage {
        /// The file.
        path: PathBuf,
        /// What it is.
        other: OtherFile,
    },
    /// A package cannot be unpacked into a folder.
    #[error(transparent)]
    Disk(DiskError),
    /// A temporary file or folder cannot be created or written.
    #[error("cannot unpack into a temporary folder")]
    Scratch(#[source] io::Error),
    /// The builder rejects the package.
    #[error("{message}")]
    Builder {
        /// The reason.
        message: String,
        /// The hint.
        hint: Option<String>,
        /// The builder's exit code.
        code: ExitCode,
    },
    /// The label is not one that a peer accepts.
    #[error(transparent)]
    Label(#[from] LabelError),
    /// A file cannot become part of the package.
    #[error(transparent)]
    Contents(#[from] ContentsError),
    /// The package cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The package has no connection.json.
    #[error("{}: there is no connection.json in its code", .0.display())]
    NoConnection(PathBuf),
    /// The package's connection.json is not valid.
    #[error("{}: connection.json", path.display())]
    Connection {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: ConnectionError,
    },
    /// A file is not text.
    #[error("{} is not text", .0.display())]
    NotText(PathBuf),
    /// A folder is not a META-INF.
    #[error("{} holds no folder statedb, so it is not a META-INF", folder.display())]
    NotMetaInf {
        /// The given folder.
        folder: PathBuf,
        /// The folder that the user probably meant.
        meant: Option<PathBuf>,
    },
    /// The path of a file is not UTF-8.
    #[error("{} is not UTF-8", .0.display())]
    NotUtf8(PathBuf),
    /// A private key would become part of the package, in the wrong place.
    #[error("{at} holds a private key, which every recipient of the package would have")]
    PrivateKey {
        /// The file, or the field of connection.json.
        at: String,
    },
    /// A launcher rejects the package.
    #[error("{0}")]
    Launch(ccs_launch::Failure),
    /// An image has a name but no digest.
    #[error("the image {reference:?} has no digest")]
    ImageWithoutDigest {
        /// The given name.
        reference: String,
    },
    /// The platform of a program is unknown.
    #[error("{}: the file does not contain its platform", .0.display())]
    NoPlatform(PathBuf),
    /// The source is not a folder.
    #[error("{} is not a folder", .0.display())]
    NotAFolder(PathBuf),
    /// A folder of Go source is not in a module.
    #[error("neither {} nor a folder above it has a go.mod", .0.display())]
    NoGoModule(PathBuf),
    /// A go.mod has no module name.
    #[error("{} does not name a module", .0.display())]
    NamelessGoModule(PathBuf),
    /// A folder contains no source file.
    #[error("{} holds no source file", .0.display())]
    NoSource(PathBuf),
    /// The source has too many files, or too large ones.
    #[error("{} holds more than 100,000 files or 512 MiB", .0.display())]
    SourceTooLarge(PathBuf),
    /// The TLS folder cannot be used.
    #[error(transparent)]
    Tls(#[from] ccs_tls::Error),
    /// The configuration for templates cannot be read.
    #[error("cannot read the configuration {given}")]
    Configuration {
        /// The name of the file.
        given: String,
        /// The reason.
        source: ccs_builder::input::ReadError,
    },
}

impl Error {
    /// Wraps an error of the builder.
    #[must_use]
    pub fn builder(error: &ccs_builder::Error) -> Self {
        Self::Builder { message: chain(error), hint: error.hint(), code: error.code() }
    }

    /// Returns the hint.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Open { .. } | Self::NotAFile(_) | Self::Read { .. } | Self::NotUtf8(_) => return None,
            Self::Package { error, .. } => return error.hint(),
            Self::NotAPackage { path, other: OtherFile::Connection } => {
                return Some(format!("ccs lint {} checks it", quote(&path.to_string_lossy())));
            }
            Self::NotAPackage { path, other } => return Some(other.command(path)),
            Self::Disk(error) => return error.hint(),
            Self::Scratch(_) => "set TMPDIR to use another folder",
            Self::Builder { hint, .. } => return hint.clone(),
            Self::Label(error) => return error.hint(),
            Self::Contents(error) => return error.hint(),
            Self::Write(error) => return error.hint(),
            Self::NoConnection(_) => "it is not a chaincode as a service; ccs package creates one",
            Self::Connection { source, .. } => return source.hint(),
            Self::NotText(_) => "PEM files begin with -----BEGIN",
            Self::NotMetaInf { meant: Some(meant), .. } => {
                return Some(format!("did you mean {}?", quote(&meant.to_string_lossy())));
            }
            Self::NotMetaInf { meant: None, .. } => {
                "did you mean META-INF? It holds indexes as statedb/couchdb/indexes/NAME.json"
            }
            Self::PrivateKey { .. } => {
                "keep it out of the package; a package may only hold the key in client_key of connection.json"
            }
            Self::Launch(failure) => return failure.hint().map(str::to_owned),
            Self::ImageWithoutDigest { .. } => {
                "write NAME@sha256:DIGITS; docker inspect --format '{{index .RepoDigests 0}}' NAME prints it for an image that was pulled or pushed"
            }
            Self::NoPlatform(_) => "write --binary linux/amd64=FILE",
            Self::NotAFolder(_) => "name the folder of the chaincode",
            Self::NoGoModule(_) => {
                "go mod init NAME makes one; for chaincode in GOPATH mode use peer lifecycle chaincode package"
            }
            Self::NamelessGoModule(_) => "begin it with module NAME",
            Self::NoSource(_) => {
                "name the folder of the chaincode; ccs package does not pack generated files, such as node_modules or target"
            }
            Self::SourceTooLarge(_) => {
                "a peer accepts packages of up to 100 MiB; name only the folder of the chaincode"
            }
            Self::Tls(error) => return error.hint(),
            Self::Configuration { .. } => {
                "--config takes a JSON object, such as '{\"org\":\"org1\"}', or the name of a file"
            }
        };
        Some(hint.to_owned())
    }

    /// Returns the exit code of the builder's table; [`None`] if the table has none for it.
    #[must_use]
    pub fn code(&self) -> Option<ExitCode> {
        match self {
            Self::Open { .. }
            | Self::NotAFile(_)
            | Self::Read { .. }
            | Self::Disk(_)
            | Self::Scratch(_)
            | Self::Write(_) => Some(ExitCode::InputOutput),
            Self::Package { error, .. } => refusal(error),
            Self::Builder { code, .. } => Some(*code),
            Self::Label(_) => Some(ExitCode::Metadata),
            Self::NoConnection(_) | Self::Connection { .. } => Some(ExitCode::Connection),
            Self::NotText(_) | Self::PrivateKey { .. } => Some(ExitCode::Tls),
            Self::NotMetaInf { .. } | Self::NotUtf8(_) => Some(ExitCode::Index),
            // Launches have their own table of codes.
            Self::Launch(_)
            | Self::NotAPackage { .. }
            | Self::Contents(_)
            | Self::ImageWithoutDigest { .. }
            | Self::NoPlatform(_)
            | Self::NotAFolder(_)
            | Self::NoGoModule(_)
            | Self::NamelessGoModule(_)
            | Self::NoSource(_)
            | Self::SourceTooLarge(_) => None,
            Self::Tls(error) => error.code(),
            Self::Configuration { .. } => Some(ExitCode::Configuration),
        }
    }

    pub(crate) fn read(path: &Path, source: io::Error) -> Self {
        Self::Read { path: path.to_owned(), source: ccs_builder::input::ReadError::System(source) }
    }
}

/// Returns the builder's exit code for a package that a peer rejects; [`None`] if the builder has none for it.
#[must_use]
pub fn refusal(error: &ReadError) -> Option<ExitCode> {
    match error {
        ReadError::Io(_) => Some(ExitCode::InputOutput),
        ReadError::Metadata(_) | ReadError::NoMetadata { .. } | ReadError::Label { .. } => {
            Some(ExitCode::Metadata)
        }
        _ => None,
    }
}
