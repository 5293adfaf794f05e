//! Errors of an examination.

use std::io;
use std::path::PathBuf;

use ccs_builder::ExitCode;
use ccs_files::package_id::LabelError;
use ccs_package::disk::DiskError;

use crate::document::OtherDocument;

/// The reason why a configuration cannot be examined.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// A line in the file of variables is invalid.
    #[error("{}: line {line} is not NAME=VALUE", path.display())]
    Variable {
        /// The file.
        path: PathBuf,
        /// The line number.
        line: usize,
    },
    /// core.yaml is not YAML.
    #[error("{} is not YAML: {reason}", path.display())]
    Yaml {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The external builders in core.yaml, or in the variable that overrides them, are invalid.
    #[error("{}: {reason}", path.display())]
    Builders {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The file is not the configuration of a peer.
    #[error("{} is not core.yaml: {other}", path.display())]
    OtherDocument {
        /// The file.
        path: PathBuf,
        /// The kind of document.
        other: OtherDocument,
    },
    /// A temporary folder cannot be created.
    #[error("cannot make a temporary folder")]
    Scratch(#[source] io::Error),
    /// The trial package cannot be read.
    #[error(transparent)]
    Package(#[from] DiskError),
    /// The label of the sample package is not valid.
    #[error(transparent)]
    Label(#[from] LabelError),
}

impl Error {
    /// Returns what to do about the error.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Read { .. } => None,
            Self::Variable { .. } => Some("write one variable per line, and comments after #".to_owned()),
            Self::OtherDocument { other, .. } => Some(other.hint().to_owned()),
            Self::Builders { .. } => {
                Some("ccs doctor examines the file; a variable of the peer may hold the builders".to_owned())
            }
            Self::Yaml { .. } => Some("the peer does not start with this file".to_owned()),
            Self::Scratch(_) => Some("set TMPDIR to use another folder".to_owned()),
            Self::Package(error) => error.hint(),
            Self::Label(error) => error.hint(),
        }
    }

    /// Returns the matching exit code of the builder; [`None`] if there is none.
    #[must_use]
    pub fn code(&self) -> Option<ExitCode> {
        match self {
            Self::Read { .. } => Some(ExitCode::InputOutput),
            Self::Variable { .. } | Self::OtherDocument { .. } | Self::Builders { .. } => {
                Some(ExitCode::Configuration)
            }
            Self::Yaml { .. } | Self::Scratch(_) | Self::Package(_) | Self::Label(_) => None,
        }
    }
}
