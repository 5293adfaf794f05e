//! The header fields of a package's two archives beyond names and content. Peers ignore them, but they are part of the
//! package ID.

use crate::shown::shown;

/// The header of an entry, as it is in the archive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryHeader {
    /// The path as stored, including `./` and the like.
    pub name: Vec<u8>,
    /// The type byte: `0` for a file, `5` for a folder.
    pub flag: u8,
    /// The permission bits, and all other bits of the field.
    pub mode: i64,
    /// The number of bytes of content.
    pub size: u64,
    /// The user ID.
    pub uid: i64,
    /// The group ID.
    pub gid: i64,
    /// The modification time, in seconds since 1970.
    pub mtime: i64,
    /// The name of the user; at most 32 bytes.
    pub uname: Vec<u8>,
    /// The name of the group; at most 32 bytes.
    pub gname: Vec<u8>,
    /// The historical layout of the header.
    pub layout: TarLayout,
    /// The number of bytes in extended headers and long names before the header.
    pub extended_bytes: u64,
}

impl EntryHeader {
    /// Returns the path as text, truncated if it is long.
    #[must_use]
    pub fn shown_name(&self) -> String {
        shown(&self.name)
    }
}

/// The layout of a header block in a tar archive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TarLayout {
    /// The oldest one.
    #[default]
    V7,
    /// That of POSIX.
    Ustar,
    /// That of GNU tar.
    Gnu,
    /// That of Schily tar.
    Star,
}

impl TarLayout {
    /// Returns the layout's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::V7 => "v7",
            Self::Ustar => "ustar",
            Self::Gnu => "gnu",
            Self::Star => "star",
        }
    }
}

/// The header of a gzip stream, or of the first one if there are several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GzipHeader {
    /// The time of modification or compression, in seconds since 1970; 0 if unknown.
    pub mtime: u32,
    /// The system on which it was compressed: 3 for Unix, 255 for unknown.
    pub system: u8,
    /// The name of the file that was compressed.
    pub name: Option<Vec<u8>>,
    /// A comment.
    pub comment: Option<Vec<u8>>,
    /// The length of the extra data, in bytes.
    pub extra_bytes: usize,
}
