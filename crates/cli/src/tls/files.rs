//! Writes files and folders that are there whole or not at all.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use ccs_builder::ExitCode;
use ccs_package::disk::Existing;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use tempfile::{NamedTempFile, TempDir};

use crate::failure::Failure;

/// The mode of what everybody may know.
pub(crate) const PUBLIC: u32 = 0o644;

/// The mode of keys.
pub(crate) const SECRET: u32 = 0o600;

/// A file to be written.
pub(crate) struct NewFile {
    /// The path inside the folder; folders on the way are made, with mode 0700.
    pub(crate) path: PathBuf,
    /// The content.
    pub(crate) content: String,
    /// The permissions, before the umask.
    pub(crate) mode: u32,
}

impl NewFile {
    /// Names a file that everybody may read.
    pub(crate) fn public(path: impl Into<PathBuf>, content: impl Into<String>) -> Self {
        Self { path: path.into(), content: content.into(), mode: PUBLIC }
    }

    /// Names a file with a key.
    pub(crate) fn secret(path: impl Into<PathBuf>, content: impl Into<String>) -> Self {
        Self { path: path.into(), content: content.into(), mode: SECRET }
    }
}

/// Writes a folder with mode 0700 and the files in it, which appears whole; one that gives way disappears whole.
pub(crate) fn write_folder(folder: &Path, files: &[NewFile], existing: Existing) -> Result<(), Failure> {
    let failed = |error: io::Error| cannot("write", folder, &error);
    let occupied = occupied(folder).map_err(failed)?;
    if occupied && existing == Existing::Keep {
        return Err(exists(folder));
    }
    let draft = draft(folder, files).map_err(failed)?;
    if occupied {
        // The kernel swaps the two, so at no time is there nothing; the draft's destructor removes the old one.
        renameat_with(CWD, draft.path(), CWD, folder, RenameFlags::EXCHANGE)
            .map_err(|error| failed(error.into()))?;
    } else {
        fs::rename(draft.path(), folder).map_err(failed)?;
        // Nothing is left under the draft's name that its destructor could remove.
        let _ = draft.keep();
    }
    Ok(())
}

/// Writes a file that appears under its name when it is complete.
pub(crate) fn write_file(path: &Path, content: &[u8], mode: u32, existing: Existing) -> Result<(), Failure> {
    let failed = |error: &io::Error| cannot("write", path, error);
    let mut file = tempfile::Builder::new()
        .prefix(".ccs-")
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(parent(path))
        .map_err(|error| failed(&error))?;
    file.write_all(content).and_then(|()| file.as_file().sync_all()).map_err(|error| failed(&error))?;
    persist(file, path, existing)
}

fn persist(file: NamedTempFile, path: &Path, existing: Existing) -> Result<(), Failure> {
    let result = match existing {
        Existing::Keep => file.persist_noclobber(path),
        Existing::Replace => file.persist(path),
    };
    match result {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Err(exists(path)),
        Err(error) => Err(cannot("write", path, &error.error)),
    }
}

/// Reads a text file.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| cannot("read", path, &error))
}

/// Says what could not be done with a path.
pub(crate) fn cannot(act: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::new(format!("cannot {act} {}: {error}", path.display())).with_code(ExitCode::InputOutput)
}

/// Says that something would have to be replaced.
pub(crate) fn exists(path: &Path) -> Failure {
    Failure::new(format!("{} exists already", path.display()))
        .hint("choose another name, or replace it with --force".to_owned())
        .with_code(ExitCode::InputOutput)
}

fn occupied(folder: &Path) -> io::Result<bool> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_some()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Writes the files into a folder beside the one that they are for.
fn draft(folder: &Path, files: &[NewFile]) -> io::Result<TempDir> {
    let draft = tempfile::Builder::new()
        .prefix(".ccs-")
        .permissions(Permissions::from_mode(0o700))
        .tempdir_in(parent(folder))?;
    for file in files {
        let path = draft.path().join(&file.path);
        DirBuilder::new().mode(0o700).recursive(true).create(parent(&path))?;
        let mut written = OpenOptions::new().write(true).create_new(true).mode(file.mode).open(&path)?;
        written.write_all(file.content.as_bytes())?;
        written.sync_all()?;
    }
    Ok(draft)
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_folder_is_replaced_whole_and_only_when_asked() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("a");
        let files = |text: &str| [NewFile::secret("x.key", text), NewFile::public("deep/y.pem", text)];
        write_folder(&folder, &files("one"), Existing::Keep).unwrap();
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(mode(&folder.join("deep")), 0o700);
        assert_eq!(mode(&folder.join("x.key")), 0o600);
        fs::write(folder.join("stray"), "").unwrap();
        let refused = write_folder(&folder, &files("two"), Existing::Keep).unwrap_err();
        assert_eq!(refused.message(), format!("{} exists already", folder.display()));
        assert_eq!(fs::read_to_string(folder.join("x.key")).unwrap(), "one");
        write_folder(&folder, &files("two"), Existing::Replace).unwrap();
        assert_eq!(fs::read_to_string(folder.join("deep/y.pem")).unwrap(), "two");
        assert!(!folder.join("stray").exists());
        assert_eq!(fs::read_dir(&root).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn a_file_is_replaced_only_when_asked() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("f");
        write_file(&path, b"one", SECRET, Existing::Keep).unwrap();
        assert_eq!(mode(&path), 0o600);
        let refused = write_file(&path, b"two", SECRET, Existing::Keep).unwrap_err();
        assert_eq!(refused.message(), format!("{} exists already", path.display()));
        write_file(&path, b"two", PUBLIC, Existing::Replace).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(fs::read_dir(&root).unwrap().count(), 1);
    }
}
