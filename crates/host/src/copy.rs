//! Copies a folder by the rules of a peer (Fabric 3.1 `core/container/externalbuilder/copy.go`).

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

/// Error from copying a folder.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// A symbolic link has an absolute target.
    #[error("refusing to copy absolute symlink {} -> {}", link.display(), target.display())]
    AbsoluteLink {
        /// Path of the link.
        link: PathBuf,
        /// Target of the link.
        target: PathBuf,
    },
    /// A symbolic link leads out of the folder.
    #[error("refusing to copy symlink {} -> {} pointing outside of source root", link.display(), target.display())]
    EscapingLink {
        /// Path of the link.
        link: PathBuf,
        /// Target of the link.
        target: PathBuf,
    },
    /// The entry is neither a file, nor a folder, nor a link.
    #[error("refusing to copy unsupported file {} with mode {mode:o}", path.display())]
    Unsupported {
        /// Path of the entry.
        path: PathBuf,
        /// Mode of the entry.
        mode: u32,
    },
    /// Error of the system.
    #[error("could not copy {}: {error}", path.display())]
    Io {
        /// Path of the entry.
        path: PathBuf,
        /// Error of the system.
        error: io::Error,
    },
}

/// Copies the content of a folder into another one. If that exists, it keeps its mode.
///
/// Folders and files keep their exact modes. Relative links that stay inside the folder are recreated. On an error,
/// already copied files stay, since the caller owns the target.
pub(crate) fn copy_folder(source: &Path, target: &Path) -> Result<(), CopyError> {
    copy_entries(source, source, target)
}

fn copy_entries(root: &Path, source: &Path, target: &Path) -> Result<(), CopyError> {
    let failure = |path: &Path| {
        let path = path.to_owned();
        move |error| CopyError::Io { path, error }
    };
    let is_new = !target.is_dir();
    if is_new {
        fs::create_dir(target).map_err(failure(target))?;
    }
    let mut entries: Vec<_> = fs::read_dir(source).and_then(Iterator::collect).map_err(failure(source))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        copy_entry(root, &entry.path(), &target.join(entry.file_name()))?;
    }
    if !is_new {
        return Ok(());
    }
    // Last, since the folder may not be writable afterwards.
    let mode = fs::metadata(source).map_err(failure(source))?.permissions();
    fs::set_permissions(target, mode).map_err(failure(target))
}

fn copy_entry(root: &Path, source: &Path, target: &Path) -> Result<(), CopyError> {
    let failure = |error| CopyError::Io { path: source.to_owned(), error };
    let metadata = fs::symlink_metadata(source).map_err(failure)?;
    if metadata.is_dir() {
        copy_entries(root, source, target)
    } else if metadata.is_file() {
        fs::copy(source, target).map(drop).map_err(failure)
    } else if metadata.is_symlink() {
        let link = fs::read_link(source).map_err(failure)?;
        check_link(root, source, &link)?;
        std::os::unix::fs::symlink(link, target).map_err(failure)
    } else {
        Err(CopyError::Unsupported { path: source.to_owned(), mode: metadata.permissions().mode() })
    }
}

/// Rejects links that leave the folder, judged only by their text.
fn check_link(root: &Path, link: &Path, target: &Path) -> Result<(), CopyError> {
    if target.is_absolute() {
        return Err(CopyError::AbsoluteLink { link: link.to_owned(), target: target.to_owned() });
    }
    let parents = link.parent().and_then(|folder| folder.strip_prefix(root).ok());
    let mut depth = parents.map_or(0, |parents| parents.components().count());
    for component in target.components() {
        match component {
            Component::ParentDir if depth == 0 => {
                return Err(CopyError::EscapingLink { link: link.to_owned(), target: target.to_owned() });
            }
            Component::ParentDir => depth -= 1,
            Component::Normal(_) => depth += 1,
            _ => {}
        }
    }
    Ok(())
}
