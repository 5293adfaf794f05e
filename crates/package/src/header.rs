//! What the headers of a package's two archives say beside names and content: no peer looks at it, and yet it is part of
//! the package ID.

use crate::shown::shown;

/// The header of an entry, as it is in the archive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryHeader {
    /// The path as it is written, with `./` and the like.
    pub name: Vec<u8>,
    /// The type byte: `0` a file, `5` a folder.
    pub flag: u8,
    /// The permission bits, and whatever else the field holds.
    pub mode: i64,
    /// The number of bytes of content.
    pub size: u64,
    /// The number of the user.
    pub uid: i64,
    /// The number of the group.
    pub gid: i64,
    /// When the file was changed, in seconds since 1970.
    pub mtime: i64,
    /// The name of the user; at most 32 bytes.
    pub uname: Vec<u8>,
    /// The name of the group; at most 32 bytes.
    pub gname: Vec<u8>,
    /// Which of the historical layouts the header has.
    pub layout: TarLayout,
    /// The number of bytes in extended headers and long names before the header.
    pub extended_bytes: u64,
}

impl EntryHeader {
    /// Returns the path as text, cut where it gets long.
    #[must_use]
    pub fn shown_name(&self) -> String {
        shown(&self.name)
    }
}

/// The layouts that a header block of a tar archive can have.
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

/// The header of a gzip stream; of several, that of the first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GzipHeader {
    /// When the file was changed or compressed, in seconds since 1970; 0 for unknown.
    pub mtime: u32,
    /// The system on which it was compressed; 3 is Unix, 255 unknown.
    pub system: u8,
    /// The name of the file that was compressed.
    pub name: Option<Vec<u8>>,
    /// A comment.
    pub comment: Option<Vec<u8>>,
    /// Extra data, in bytes.
    pub extra_bytes: usize,
}
