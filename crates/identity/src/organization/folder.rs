//! The folder of an organization, which is created atomically.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::ErrorKind::{AlreadyExists, DirectoryNotEmpty};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use tempfile::TempDir;

use super::files::NewFile;
use super::{OrganizationError, unwritable};
use crate::git::exclude_from_git;

/// Content of a new folder.
pub(super) struct Draft {
    pub(super) files: Vec<NewFile>,
    /// Paths of folders without files.
    pub(super) empty: Vec<String>,
}

/// Returns whether a folder contains anything.
pub(super) fn is_occupied(folder: &Path) -> Result<bool, OrganizationError> {
    has_entries(folder).map_err(|error| unwritable(folder, &error))
}

/// Creates the folder of an organization. Returns false if another process was faster.
///
/// The folder appears atomically, even if several processes create it at once. Keys have mode 0600, folders that
/// contain only keys 0700, other folders 0755. Git ignores what this creates: all of `organizations` if that was
/// missing or empty.
pub(super) fn create(
    organizations: &Path,
    folder: &Path,
    content: &Draft,
) -> Result<bool, OrganizationError> {
    let failed = |error: &io::Error| unwritable(folder, error);
    let is_shared = has_entries(organizations).map_err(|error| failed(&error))?;
    let draft = || {
        make_folder(organizations)?;
        if !is_shared {
            exclude_from_git(organizations)?;
        }
        let draft = draft(organizations, content)?;
        if is_shared {
            exclude_from_git(draft.path())?;
        }
        Ok(draft)
    };
    let draft = draft().map_err(|error| failed(&error))?;
    let is_new = publish(draft.path(), folder)?;
    if is_new {
        // The draft was renamed, so its destructor must not remove anything.
        let _ = draft.keep();
    }
    Ok(is_new)
}

/// Creates a folder below that of an organization, atomically as well. The path of each file begins with `inner`.
/// Returns false if the folder exists.
pub(super) fn add(organization: &Path, inner: &str, content: &Draft) -> Result<bool, OrganizationError> {
    let folder = organization.join(inner);
    let draft = draft(organization, content).map_err(|error| unwritable(&folder, &error))?;
    publish(&draft.path().join(inner), &folder)
}

/// Replaces a file, so that a reader sees the old or the new content.
pub(super) fn replace(folder: &Path, path: &Path, content: &str) -> io::Result<()> {
    let mut draft = tempfile::Builder::new().prefix(".ccs-").tempfile_in(folder)?;
    draft.write_all(content.as_bytes())?;
    draft.as_file().set_permissions(Permissions::from_mode(0o644))?;
    draft.as_file().sync_all()?;
    draft.persist(path)?;
    Ok(())
}

fn has_entries(folder: &Path) -> io::Result<bool> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_some()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Writes the files into a hidden folder of `parent`, where no client looks for an organization or a user.
fn draft(parent: &Path, content: &Draft) -> io::Result<TempDir> {
    let draft = tempfile::Builder::new().prefix(".ccs-").tempdir_in(parent)?;
    for file in &content.files {
        let path = draft.path().join(&file.path);
        make_folder(path.parent().unwrap_or(draft.path()))?;
        let mode = if file.is_secret { 0o600 } else { 0o644 };
        let mut written = OpenOptions::new().write(true).create_new(true).mode(mode).open(&path)?;
        written.write_all(file.content.as_bytes())?;
        written.sync_all()?;
    }
    for folder in &content.empty {
        make_folder(&draft.path().join(folder))?;
    }
    fs::set_permissions(draft.path(), Permissions::from_mode(0o755))?;
    Ok(draft)
}

/// Renames a draft to its final name. Returns false if there is a folder with files already.
fn publish(draft: &Path, folder: &Path) -> Result<bool, OrganizationError> {
    let renamed = make_folder(folder.parent().unwrap_or(folder)).and_then(|()| fs::rename(draft, folder));
    match renamed {
        Ok(()) => Ok(true),
        // The file system determines which of the two errors is returned.
        Err(error) if matches!(error.kind(), DirectoryNotEmpty | AlreadyExists) => Ok(false),
        Err(error) => Err(unwritable(folder, &error)),
    }
}

fn make_folder(path: &Path) -> io::Result<()> {
    let is_for_keys = path.file_name().is_some_and(|name| name == "keystore");
    if is_for_keys {
        make_folder(path.parent().unwrap_or(path))?;
    }
    let mode = if is_for_keys { 0o700 } else { 0o755 };
    DirBuilder::new().mode(mode).recursive(true).create(path)
}
