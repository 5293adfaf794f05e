//! What can be wrong with a tar archive.

use std::io;

/// The largest extended header or long name that Go's reader takes, in bytes.
pub(crate) const MAX_EXTENDED_HEADER: u64 = 1 << 20;

/// The most that all extended headers and long names of one entry may hold, in bytes. Writers make at most one of each of
/// the three kinds; a reader that takes any number of them can be kept busy for long.
pub(crate) const MAX_EXTENDED_HEADERS: u64 = 3 * MAX_EXTENDED_HEADER;

/// A tar archive cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TarFault {
    /// A header block or extended header breaks the format.
    #[error("a header is damaged: {0}")]
    Header(&'static str),
    /// An extended header or long name is larger than any reader takes.
    #[error("an extended header has more than {MAX_EXTENDED_HEADER} bytes")]
    ExtendedHeader,
    /// The extended headers and long names of one entry are larger than this reader takes; Go takes any number.
    #[error("the extended headers of an entry have more than {MAX_EXTENDED_HEADERS} bytes")]
    ExtendedHeaders,
    /// A file is stored with its holes left out.
    #[error("{0:?} is stored as a sparse file")]
    Sparse(String),
    /// The archive ends inside a header or a file.
    #[error("it ends too early")]
    Truncated,
}

/// Reading stopped: the archive is at fault, or what it is read from.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Tar(#[from] TarFault),
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl TarFault {
    /// Returns Go's text for the fault, where it has one.
    pub(crate) fn go_text(&self) -> Option<&'static str> {
        match self {
            Self::Header(_) => Some("archive/tar: invalid tar header"),
            Self::ExtendedHeader => Some("archive/tar: header field too long"),
            Self::Truncated => Some("unexpected EOF"),
            Self::ExtendedHeaders | Self::Sparse(_) => None,
        }
    }
}
