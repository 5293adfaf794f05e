//! Faults of a tar archive.

use std::io;

/// The size limit of Go's reader for an extended header or long name, in bytes.
pub(crate) const MAX_EXTENDED_HEADER: u64 = 1 << 20;

/// The size limit for all extended headers and long names of one entry together, in bytes. Writers produce at most one
/// of each of the three kinds; without the limit, hostile input could keep a reader busy for long.
pub(crate) const MAX_EXTENDED_HEADERS: u64 = 3 * MAX_EXTENDED_HEADER;

/// The reason why a tar archive cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TarFault {
    /// A header block or extended header is malformed.
    #[error("a header is damaged: {0}")]
    Header(&'static str),
    /// An extended header or long name exceeds Go's limit.
    #[error("an extended header has more than {MAX_EXTENDED_HEADER} bytes")]
    ExtendedHeader,
    /// The extended headers and long names of one entry together exceed this reader's limit; Go has no such limit.
    #[error("the extended headers of an entry have more than {MAX_EXTENDED_HEADERS} bytes")]
    ExtendedHeaders,
    /// A file is stored in sparse form, without its holes.
    #[error("{0:?} is stored as a sparse file")]
    Sparse(String),
    /// The archive ends inside a header or a file.
    #[error("it ends too early")]
    Truncated,
}

/// The reason why reading stopped: a fault of the archive, or of its source.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Tar(#[from] TarFault),
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl TarFault {
    /// Returns Go's text for the fault, if Go has one.
    pub(crate) fn go_text(&self) -> Option<&'static str> {
        match self {
            Self::Header(_) => Some("archive/tar: invalid tar header"),
            Self::ExtendedHeader => Some("archive/tar: header field too long"),
            Self::Truncated => Some("unexpected EOF"),
            Self::ExtendedHeaders | Self::Sparse(_) => None,
        }
    }
}
