//! The entries of `code.tar.gz`, with the rules by which a peer unpacks them.
//!
//! Fabric 3.1 `core/container/externalbuilder/tar.go` accepts regular files and directories inside the target folder.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use crate::archive::Member;
use crate::header::EntryHeader;
use crate::layer::ArchiveFault;
use crate::shown::{kind_name, shown};

/// The kind of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// A folder; a peer creates it with mode 0700.
    Directory,
    /// A regular file.
    File,
}

/// A file or folder in `code.tar.gz`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeEntry {
    /// The path if it differs from the name in the header. Most do not differ, and there may be many entries.
    path: Option<PathBuf>,
    kind: EntryKind,
    mode: u32,
    size: u64,
    header: EntryHeader,
}

impl CodeEntry {
    /// Returns the path, relative and without `.` or `..`; empty for the top folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.path.as_deref().unwrap_or(Path::new(OsStr::from_bytes(&self.header.name)))
    }

    /// Returns whether the entry is a file or a folder.
    #[must_use]
    pub fn kind(&self) -> EntryKind {
        self.kind
    }

    /// Returns the nine permission bits with which a peer creates the entry, before its umask applies.
    #[must_use]
    pub fn mode(&self) -> u32 {
        self.mode
    }

    /// Returns the number of bytes of a file; zero for a folder.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Returns the header as it is in the archive.
    #[must_use]
    pub fn header(&self) -> &EntryHeader {
        &self.header
    }

    pub(crate) fn of(member: &Member) -> Result<Self, CodeFault> {
        let name = || shown(&member.name);
        let path = clean(&member.name).ok_or_else(|| CodeFault::EscapingPath { name: name() })?;
        let kind = match member.flag {
            b'0' => EntryKind::File,
            b'5' => EntryKind::Directory,
            flag => return Err(CodeFault::Kind { name: name(), flag }),
        };
        if kind == EntryKind::File && path.as_os_str().is_empty() {
            return Err(CodeFault::Nameless { name: name() });
        }
        let permissions = u32::try_from(member.mode & 0o777).unwrap_or_default();
        let (mode, size) = match kind {
            EntryKind::Directory => (0o700, 0),
            EntryKind::File => (permissions, member.size),
        };
        let path = (path.as_os_str().as_bytes() != member.name).then_some(path);
        Ok(Self { path, kind, mode, size, header: member.clone() })
    }
}

/// Removes `.` and inner `..` from a path, without looking at the disk. Returns [`None`] if the path is absolute or
/// leads outside.
pub(crate) fn clean(path: &[u8]) -> Option<PathBuf> {
    if path.starts_with(b"/") {
        return None;
    }
    let mut clean = PathBuf::new();
    for part in path.split(|&byte| byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                if !clean.pop() {
                    return None;
                }
            }
            part => clean.push(OsStr::from_bytes(part)),
        }
    }
    Some(clean)
}

/// Returns a path that is both a file and a folder, so that no peer can unpack the archive.
pub(crate) fn conflict(entries: &[CodeEntry]) -> Option<&Path> {
    let mut sorted: Vec<&CodeEntry> = entries.iter().collect();
    // Paths are compared part by part, so a folder directly precedes its content.
    sorted.sort_unstable_by(|left, right| left.path().cmp(right.path()).then(right.kind.cmp(&left.kind)));
    let clashes = |pair: &&[&CodeEntry]| {
        let same_kind = pair[0].path() == pair[1].path() && pair[1].kind == EntryKind::File;
        pair[0].kind == EntryKind::File && pair[1].path().starts_with(pair[0].path()) && !same_kind
    };
    sorted.windows(2).find(clashes).map(|pair| pair[0].path())
}

/// The reason why a peer would not unpack `code.tar.gz`.
#[derive(Debug, thiserror::Error)]
pub enum CodeFault {
    /// The archive cannot be read.
    #[error("code.tar.gz cannot be read: {0}")]
    Archive(ArchiveFault),
    /// An entry is neither a file nor a folder.
    #[error("code.tar.gz holds {name:?}, which is {}", kind_name(*flag))]
    Kind {
        /// The entry.
        name: String,
        /// Its type byte in the archive.
        flag: u8,
    },
    /// An entry is outside the folder that it is unpacked to.
    #[error("code.tar.gz holds {name:?}, a path that is absolute or leads outside")]
    EscapingPath {
        /// The entry.
        name: String,
    },
    /// A file has the path of the folder that it is unpacked to.
    #[error("code.tar.gz holds {name:?} as a file, which is the top folder itself")]
    Nameless {
        /// The entry.
        name: String,
    },
    /// A path is used for both a file and a folder.
    #[error("code.tar.gz holds {path:?} as a file and as a folder")]
    Conflict {
        /// The path.
        path: PathBuf,
    },
}

impl CodeFault {
    /// Returns the peer's text for the fault, if it is the same for every version.
    pub(crate) fn peer_message(&self) -> Option<String> {
        match self {
            Self::Archive(fault) => {
                Some(format!("error retrieving DB artifacts from code package: {}", fault.go_text()?))
            }
            Self::Kind { name, flag } => {
                Some(format!("invalid file type '{flag}' contained in archive for file '{name}'"))
            }
            Self::EscapingPath { name } => {
                Some(format!("tar contains the absolute or escaping path '{name}'"))
            }
            Self::Nameless { .. } | Self::Conflict { .. } => None,
        }
    }

    pub(crate) fn hint(&self) -> String {
        match self {
            Self::Archive(_) => "recreate code.tar.gz with tar -czf",
            Self::Kind { flag: b'g', .. } => {
                "git archive writes such a header; create the archive with tar instead"
            }
            Self::Kind { flag: b'1' | b'2', .. } => {
                "make tar follow links: tar --dereference --hard-dereference"
            }
            Self::Kind { .. } => "a peer unpacks only regular files and folders",
            Self::EscapingPath { .. } => {
                "name the files relative to the folder: tar -C DIR -czf code.tar.gz ."
            }
            Self::Nameless { .. } => "remove the entry",
            Self::Conflict { .. } => "remove one of the two entries",
        }
        .to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_as_go_cleans_them() {
        for (path, expected) in [
            ("connection.json", Some("connection.json")),
            ("./connection.json", Some("connection.json")),
            ("META-INF//statedb/./x/", Some("META-INF/statedb/x")),
            ("a/../b", Some("b")),
            ("..foo", Some("..foo")),
            ("a/..", Some("")),
            ("./", Some("")),
            ("", Some("")),
            ("..", None),
            ("../x", None),
            ("a/../../x", None),
            ("/etc/passwd", None),
            ("//x", None),
        ] {
            assert_eq!(clean(path.as_bytes()), expected.map(PathBuf::from), "{path:?}");
        }
    }

    fn entry(path: &str, kind: EntryKind) -> CodeEntry {
        CodeEntry { path: Some(path.into()), kind, mode: 0, size: 0, header: EntryHeader::default() }
    }

    #[test]
    fn a_path_cannot_be_file_and_folder() {
        use EntryKind::{Directory, File};
        let files = [entry("a-b", File), entry("a/b", File), entry("a", Directory), entry("a/b", File)];
        assert_eq!(conflict(&files), None);
        assert_eq!(
            conflict(&[entry("a/b", File), entry("a-", File), entry("a", File)]),
            Some(Path::new("a"))
        );
        assert_eq!(conflict(&[entry("a", Directory), entry("a", File)]), Some(Path::new("a")));
        assert_eq!(
            conflict(&[entry("a", File), entry("a", File), entry("a/b/c", File)]),
            Some(Path::new("a"))
        );
    }
}
