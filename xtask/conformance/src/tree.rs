//! The entries of a folder, with their kinds and modes.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::Result;

use super::escape;

/// Entries by path; paths and link targets are text, with `\xNN` for bytes that are not UTF-8.
pub(crate) type Tree = BTreeMap<String, Entry>;

/// One entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The low twelve bits; 0 for a link, whose mode has no meaning.
    pub(crate) mode: u32,
    /// The kind.
    pub(crate) kind: Kind,
}

/// The kind of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A folder.
    Folder,
    /// A file with its content.
    File(Vec<u8>),
    /// A symbolic link with its target.
    Link(String),
    /// A pipe.
    Fifo,
    /// Another kind.
    Other,
}

/// Lists `folder` itself and its whole content, under the path `name`.
pub(crate) fn list(folder: &Path, name: &str) -> Result<Tree> {
    let mut tree = Tree::new();
    for entry in walkdir::WalkDir::new(folder) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error)
                if error.io_error().is_some_and(|error| error.kind() == std::io::ErrorKind::NotFound) =>
            {
                break;
            }
            Err(error) => return Err(error.into()),
        };
        let path = entry.path().strip_prefix(folder)?;
        let path = if path.as_os_str().is_empty() { name.into() } else { Path::new(name).join(path) };
        tree.insert(escape::encode_os(path.as_os_str()), read(entry.path())?);
    }
    Ok(tree)
}

fn read(path: &Path) -> Result<Entry> {
    let metadata = fs::symlink_metadata(path)?;
    let kind = metadata.file_type();
    let kind = match () {
        () if kind.is_dir() => Kind::Folder,
        () if kind.is_file() => Kind::File(content(path, &metadata)?),
        () if kind.is_symlink() => Kind::Link(escape::encode(fs::read_link(path)?.as_os_str().as_bytes())),
        () if kind.is_fifo() => Kind::Fifo,
        () => Kind::Other,
    };
    let mode = if matches!(kind, Kind::Link(_)) { 0 } else { metadata.mode() & 0o7777 };
    Ok(Entry { mode, kind })
}

/// Reads a file of this user, even if its mode does not allow it.
fn content(path: &Path, metadata: &fs::Metadata) -> std::io::Result<Vec<u8>> {
    if metadata.mode() & 0o400 != 0 {
        return fs::read(path);
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o400))?;
    let content = fs::read(path);
    fs::set_permissions(path, metadata.permissions())?;
    content
}
