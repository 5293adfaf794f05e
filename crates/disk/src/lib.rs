//! Writes files and folders atomically.
//!
//! A file or folder appears under its name only when it is complete, and replaces a former one in the same step.
//! Readers therefore never see a part of it, and a full disk leaves the former content intact.
//!
//! ```
//! use ccs_disk::{Existing, NewFile, write_folder};
//!
//! let root = tempfile::tempdir()?;
//! let folder = root.path().join("tls");
//! let files = [NewFile::public("ca.pem", "certificate"), NewFile::secret("ca.key", "key")];
//! write_folder(&folder, &files, Existing::Keep)?;
//! let error = write_folder(&folder, &files, Existing::Keep).unwrap_err();
//! assert_eq!(error.to_string(), format!("{} already exists", folder.display()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown,
};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use tempfile::{NamedTempFile, TempDir};

/// What to do with an existing file or folder of the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Keep it and fail.
    Keep,
    /// Replace it once the new one is complete.
    Replace,
}

/// The error of reading or writing a file or folder.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system reported an error.
    #[error("cannot {act} {}", path.display())]
    System {
        /// The verb: `read`, `write` or `make`.
        act: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// A file or folder of that name already exists.
    #[error("{} already exists", path.display())]
    Exists {
        /// The file or folder.
        path: PathBuf,
    },
}

impl Error {
    /// Returns the error for a failed attempt of the system to read, write or make a file or folder.
    #[must_use]
    pub fn system(act: &'static str, path: &Path, source: io::Error) -> Self {
        Self::System { act, path: path.to_owned(), source: reason(source) }
    }

    /// Returns the error for an existing file or folder.
    #[must_use]
    pub fn exists(path: &Path) -> Self {
        Self::Exists { path: path.to_owned() }
    }

    /// Returns what to do about the error.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::System { act: "write", path, source } => hint_to_write(path, source),
            Self::System { .. } => None,
            Self::Exists { .. } => Some("choose another name, or replace it with --force".to_owned()),
        }
    }
}

/// Returns the error of the system alone, without the name of a temporary file, which the user does not know.
#[must_use]
pub fn reason(error: io::Error) -> io::Error {
    // tempfile appends the path to the text, and keeps the kind.
    match error.to_string().split_once(" at path ") {
        Some((text, _)) => io::Error::new(error.kind(), text),
        None => error,
    }
}

/// Returns what to do about a file or folder that cannot be written because its parent folder is missing.
#[must_use]
pub fn hint_to_write(path: &Path, error: &io::Error) -> Option<String> {
    let folder = parent(path);
    (error.kind() == io::ErrorKind::NotFound && !folder.exists())
        .then(|| format!("create the folder first: mkdir -p {}", folder.display()))
}

/// The mode of files that every user may read.
pub const PUBLIC: u32 = 0o644;

/// The mode of files with keys.
pub const SECRET: u32 = 0o600;

/// A file of a new folder.
pub struct NewFile {
    /// The path inside the folder; missing parent folders are created with mode 0700.
    pub path: PathBuf,
    /// The content.
    pub content: String,
    /// The permissions, before the umask.
    pub mode: u32,
}

impl NewFile {
    /// Describes a file that every user may read.
    pub fn public(path: impl Into<PathBuf>, content: impl Into<String>) -> Self {
        Self { path: path.into(), content: content.into(), mode: PUBLIC }
    }

    /// Describes a file that only its owner may read, such as a key.
    pub fn secret(path: impl Into<PathBuf>, content: impl Into<String>) -> Self {
        Self { path: path.into(), content: content.into(), mode: SECRET }
    }
}

/// Writes a folder with mode 0700 and its files, which appears as a whole. A folder that it replaces disappears as a
/// whole.
pub fn write_folder(folder: &Path, files: &[NewFile], existing: Existing) -> Result<(), Error> {
    let failed = |error: io::Error| Error::system("write", folder, error);
    let occupied = occupied(folder).map_err(failed)?;
    if occupied && existing == Existing::Keep {
        return Err(Error::exists(folder));
    }
    let draft = draft(folder, files).map_err(failed)?;
    if occupied {
        // The kernel exchanges the two, so the name always exists; the draft's destructor removes the old folder.
        renameat_with(CWD, draft.path(), CWD, folder, RenameFlags::EXCHANGE)
            .map_err(|error| failed(error.into()))?;
    } else {
        fs::rename(draft.path(), folder).map_err(failed)?;
        // The temporary name no longer exists, so its destructor has nothing to remove.
        let _ = draft.keep();
    }
    Ok(())
}

/// Writes a file, which appears under its name only when it is complete.
pub fn write_file(path: &Path, content: &[u8], mode: u32, existing: Existing) -> Result<(), Error> {
    let failed = |error| Error::system("write", path, error);
    let mut file = tempfile::Builder::new()
        .prefix(".ccs-")
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(parent(path))
        .map_err(failed)?;
    file.write_all(content).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    persist(file, path, existing)
}

/// Replaces a file and keeps its mode and owner, so that the same users can read it.
pub fn replace_file(path: &Path, content: &[u8]) -> Result<(), Error> {
    let failed = |error| Error::system("replace", path, error);
    let old = fs::metadata(path).map_err(failed)?;
    let mut file = tempfile::Builder::new().prefix(".ccs-").tempfile_in(parent(path)).map_err(failed)?;
    give(file.as_file(), &old).map_err(failed)?;
    file.as_file().set_permissions(old.permissions()).map_err(failed)?;
    file.write_all(content).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    persist(file, path, Existing::Replace)
}

/// Like [`replace_file`], but creates a missing file with mode 0600 and the owner of a folder.
pub fn restore_file(path: &Path, content: &[u8], owner: &Path) -> Result<(), Error> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        _ => return replace_file(path, content),
    }
    restore_folder(parent(path), owner)?;
    let failed = |error| Error::system("write", path, error);
    let owner = fs::metadata(owner).map_err(failed)?;
    let mut file = tempfile::Builder::new()
        .prefix(".ccs-")
        .permissions(Permissions::from_mode(SECRET))
        .tempfile_in(parent(path))
        .map_err(failed)?;
    give(file.as_file(), &owner).map_err(failed)?;
    file.write_all(content).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    persist(file, path, Existing::Replace)
}

/// Creates missing folders with mode 0700 and the owner of another folder.
pub fn restore_folder(folder: &Path, owner: &Path) -> Result<(), Error> {
    let failed = |error| Error::system("make", folder, error);
    let owner = fs::metadata(owner).map_err(failed)?;
    let missing: Vec<_> = folder.ancestors().take_while(|folder| !folder.exists()).collect();
    for folder in missing.iter().rev().filter(|folder| !folder.as_os_str().is_empty()) {
        DirBuilder::new().mode(0o700).create(folder).map_err(failed)?;
        fs::File::open(folder).and_then(|made| give(&made, &owner)).map_err(failed)?;
    }
    Ok(())
}

/// Changes the owner of a new file or folder if it differs.
fn give(made: &fs::File, owner: &fs::Metadata) -> io::Result<()> {
    let now = made.metadata()?;
    if (owner.uid(), owner.gid()) == (now.uid(), now.gid()) {
        return Ok(());
    }
    fchown(made, Some(owner.uid()), Some(owner.gid()))
}

fn persist(file: NamedTempFile, path: &Path, existing: Existing) -> Result<(), Error> {
    let result = match existing {
        Existing::Keep => file.persist_noclobber(path),
        Existing::Replace => file.persist(path),
    };
    match result {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Err(Error::exists(path)),
        Err(error) => Err(Error::system("write", path, error.error)),
    }
}

/// Reads a text file.
pub fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|error| Error::system("read", path, error))
}

fn occupied(folder: &Path) -> io::Result<bool> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_some()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Writes the files into a temporary folder next to the final one.
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
        assert_eq!(refused.to_string(), format!("{} already exists", folder.display()));
        assert_eq!(fs::read_to_string(folder.join("x.key")).unwrap(), "one");
        write_folder(&folder, &files("two"), Existing::Replace).unwrap();
        assert_eq!(fs::read_to_string(folder.join("deep/y.pem")).unwrap(), "two");
        assert!(!folder.join("stray").exists());
        assert_eq!(fs::read_dir(&root).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn a_file_that_is_replaced_keeps_its_mode() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("connection.json");
        for kept in [0o600, 0o640] {
            write_file(&path, b"one", kept, Existing::Replace).unwrap();
            replace_file(&path, b"two").unwrap();
            assert_eq!((fs::read(&path).unwrap().as_slice(), mode(&path)), (b"two".as_slice(), kept));
        }
        let missing = replace_file(&root.path().join("missing"), b"one").unwrap_err();
        assert!(missing.to_string().starts_with("cannot replace "), "{missing}");
        assert_eq!(fs::read_dir(&root).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn a_file_that_is_missing_is_made_with_its_folders() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("chaincode/server/connection.json");
        restore_file(&path, b"one", root.path()).unwrap();
        assert_eq!((fs::read(&path).unwrap().as_slice(), mode(&path)), (b"one".as_slice(), 0o600));
        for folder in ["chaincode", "chaincode/server"] {
            assert_eq!(mode(&root.path().join(folder)), 0o700, "{folder}");
        }
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        restore_file(&path, b"two", root.path()).unwrap();
        assert_eq!((fs::read(&path).unwrap().as_slice(), mode(&path)), (b"two".as_slice(), 0o640));
        let nobody = restore_file(&root.path().join("a/b"), b"", &root.path().join("missing")).unwrap_err();
        assert!(nobody.to_string().starts_with("cannot make "), "{nobody}");
        if rustix::process::geteuid().is_root() {
            let theirs = root.path().join("theirs");
            fs::create_dir(&theirs).unwrap();
            std::os::unix::fs::chown(&theirs, Some(1234), Some(1234)).unwrap();
            restore_file(&theirs.join("deep/f"), b"", &theirs).unwrap();
            for path in ["deep", "deep/f"] {
                assert_eq!(fs::metadata(theirs.join(path)).unwrap().uid(), 1234, "{path}");
            }
        }
    }

    #[test]
    fn a_missing_folder_is_named_and_no_temporary_file() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("nodir");
        let errors = [
            write_file(&folder.join("f"), b"", SECRET, Existing::Keep).unwrap_err(),
            write_folder(&folder.join("f"), &[], Existing::Keep).unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.to_string(), format!("cannot write {}", folder.join("f").display()));
            let Error::System { source, .. } = &error else { panic!("{error}") };
            assert_eq!(source.to_string(), "No such file or directory (os error 2)");
            let hint = format!("create the folder first: mkdir -p {}", folder.display());
            assert_eq!(error.hint(), Some(hint));
        }
    }

    #[test]
    fn a_file_is_replaced_only_when_asked() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("f");
        write_file(&path, b"one", SECRET, Existing::Keep).unwrap();
        assert_eq!(mode(&path), 0o600);
        let refused = write_file(&path, b"two", SECRET, Existing::Keep).unwrap_err();
        assert_eq!(refused.to_string(), format!("{} already exists", path.display()));
        write_file(&path, b"two", PUBLIC, Existing::Replace).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(fs::read_dir(&root).unwrap().count(), 1);
    }
}
