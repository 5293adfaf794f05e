//! Why a configuration cannot be examined.

use std::io;
use std::path::PathBuf;

use ccs_builder::ExitCode;
use ccs_files::package_id::LabelError;
use ccs_package::disk::DiskError;

use crate::document::OtherDocument;

/// A configuration cannot be examined.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A line of the file of variables is not a variable.
    #[error("{}: line {line} is not NAME=VALUE", path.display())]
    Variable {
        /// The file.
        path: PathBuf,
        /// The number of the line.
        line: usize,
    },
    /// core.yaml is not YAML.
    #[error("{} is not YAML: {reason}", path.display())]
    Yaml {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The file holds something else than the configuration of a peer.
    #[error("{} is not core.yaml: {other}", path.display())]
    OtherDocument {
        /// The file.
        path: PathBuf,
        /// What it is.
        other: OtherDocument,
    },
    /// A temporary folder cannot be made.
    #[error("cannot make a temporary folder")]
    Scratch(#[source] io::Error),
    /// The package on trial cannot be read.
    #[error(transparent)]
    Package(#[from] DiskError),
    /// The label of the sample package is not valid.
    #[error(transparent)]
    Label(#[from] LabelError),
}

impl Error {
    /// Says what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Read { .. } => None,
            Self::Variable { .. } => Some("write one variable to a line, comments after #".to_owned()),
            Self::OtherDocument { other, .. } => Some(other.hint().to_owned()),
            Self::Yaml { .. } => Some("the peer does not start with it".to_owned()),
            Self::Scratch(_) => Some("TMPDIR names the folder that is used".to_owned()),
            Self::Package(error) => error.hint(),
            Self::Label(error) => error.hint(),
        }
    }

    /// Returns the exit code of the builder's table; [`None`] if the table has none for it.
    #[must_use]
    pub fn code(&self) -> Option<ExitCode> {
        match self {
            Self::Read { .. } => Some(ExitCode::InputOutput),
            Self::Variable { .. } | Self::OtherDocument { .. } => Some(ExitCode::Configuration),
            Self::Yaml { .. } | Self::Scratch(_) | Self::Package(_) | Self::Label(_) => None,
        }
    }
}
