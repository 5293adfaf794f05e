//! The reasons for which a package is rejected.

use std::io;

use ccs_files::metadata::MetadataError;
use ccs_files::package_id::LabelError;

use crate::code::CodeFault;
use crate::layer::{ArchiveFault, GzipFault};
use crate::limits::LimitExceeded;
use crate::shown::kind_name;

/// The name of the code's archive in messages.
const CODE: &str = "code.tar.gz";

/// The reason why a package cannot be read, or why a peer would not install it.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The source failed.
    #[error("the package cannot be read: {0}")]
    Io(io::Error),
    /// The file is not gzip.
    #[error("the package is not a gzip file: {0}")]
    NotGzip(GzipFault),
    /// The outer archive is damaged.
    #[error("the package is damaged{}: {fault}", reading.as_deref().map(|name| format!(" in {name:?}")).unwrap_or_default())]
    Damaged {
        /// The fault.
        fault: ArchiveFault,
        /// The file in it that was being read.
        reading: Option<String>,
    },
    /// The outer archive contains an entry that is not a file.
    #[error("the package holds {name:?}, which is {}", kind_name(*flag))]
    NotRegular {
        /// The entry.
        name: String,
        /// Its type byte in the archive.
        flag: u8,
    },
    /// `metadata.json` is invalid.
    #[error("metadata.json: {0}")]
    Metadata(MetadataError),
    /// There is no `code.tar.gz`.
    #[error("the package holds no code.tar.gz")]
    NoCode {
        /// A file with a similar name.
        nearest: Option<String>,
    },
    /// There is no `metadata.json`.
    #[error("the package holds no metadata.json")]
    NoMetadata {
        /// A file with a similar name.
        nearest: Option<String>,
    },
    /// The label is invalid.
    #[error("metadata.json: {error}")]
    Label {
        /// The fault.
        error: LabelError,
        /// The whole label.
        label: String,
    },
    /// A peer would not unpack `code.tar.gz`.
    #[error(transparent)]
    Code(CodeFault),
    /// The package exceeds a limit.
    #[error(transparent)]
    Limit(#[from] LimitExceeded),
}

impl ReadError {
    /// Returns the message of a peer or of `peer lifecycle chaincode calculatepackageid` for the same package, so that
    /// tools can match it. Returns [`None`] if a peer accepts the package. If Go appends an offset or a position in
    /// JSON, the text ends before it.
    ///
    /// Source: Fabric 3.1 `core/chaincode/persistence/chaincode_package.go` and
    /// `core/container/externalbuilder/tar.go`.
    #[must_use]
    pub fn peer_message(&self) -> Option<String> {
        match self {
            Self::Io(_) | Self::Limit(_) | Self::Label { error: LabelError::TooLong { .. }, .. } => None,
            Self::NotGzip(fault) => Some(format!("error reading as gzip stream: {}", fault.go_text())),
            Self::Damaged { fault, reading: None } => {
                Some(format!("error inspecting next tar header: {}", fault.go_text()?))
            }
            Self::Damaged { fault, reading: Some(name) } => {
                Some(format!("could not read {name} from tar: {}", fault.go_text()?))
            }
            Self::NotRegular { name, flag } => {
                Some(format!("tar entry {name} is not a regular file, type {flag}"))
            }
            Self::Metadata(_) => Some("could not unmarshal metadata.json as json".to_owned()),
            Self::NoCode { .. } => Some("did not find a code package inside the package".to_owned()),
            Self::NoMetadata { .. } => {
                Some("did not find any package metadata (missing metadata.json)".to_owned())
            }
            Self::Label { label, .. } => Some(format!(
                "invalid label '{label}'. Label must be non-empty, can only consist of alphanumerics, symbols from \
                 '.+-_', and can only begin with alphanumerics"
            )),
            Self::Code(fault) => fault.peer_message(),
        }
    }

    /// Returns the message and the hint for an archive within the code of a package.
    #[must_use]
    pub fn within(&self, archive: &str) -> (String, Option<String>) {
        let text = self.to_string();
        // Names of entries are quoted, and come later.
        let text = match text.strip_prefix(CODE) {
            Some(rest) => format!("{archive}{rest}"),
            None => format!("{archive}: {text}"),
        };
        (text, self.hint().map(|hint| hint.replace(CODE, archive)))
    }

    /// Returns what to do about the error.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let by_name = "name both files when packing: tar -czf PACKAGE.tgz metadata.json code.tar.gz";
        match self {
            Self::Io(_) => None,
            Self::NotGzip(_) => Some(format!("a chaincode package is a .tgz file; {by_name}")),
            Self::Damaged { .. } => Some("copy or create the package again".to_owned()),
            Self::Metadata(error) => error.hint(),
            Self::NoCode { nearest: Some(name) } | Self::NoMetadata { nearest: Some(name) } => {
                Some(format!("it contains {name:?}, but a peer requires the exact name; {by_name}"))
            }
            Self::NotRegular { .. } | Self::NoCode { .. } | Self::NoMetadata { .. } => {
                Some(by_name.to_owned())
            }
            Self::Label { error, .. } => error.hint(),
            Self::Code(fault) => Some(fault.hint()),
            Self::Limit(_) => {
                Some("remove files that the chaincode does not need from the package".to_owned())
            }
        }
    }
}
