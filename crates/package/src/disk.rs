//! Reads and writes packages as files and their code as folders. Only this module accesses the disk.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, BufReader, BufWriter, Read, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

pub use ccs_disk::Existing;
use ccs_files::PackageId;
use tempfile::{NamedTempFile, TempDir};

use crate::code::{self, CodeEntry, CodeFault, EntryKind};
use crate::contents::PackageContents;
use crate::limits::Limits;
use crate::read::{Package, ReadError, VisitError, visit_archive, visit_code};
use crate::write::{WriteError, write};

/// The error of loading, saving or unpacking a package.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// The file cannot be opened.
    #[error("cannot open {path:?}: {error}")]
    Open {
        /// The file.
        path: PathBuf,
        /// The reason.
        error: io::Error,
    },
    /// A peer would reject the package.
    #[error("{path:?}: {error}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The fault.
        error: ReadError,
    },
    /// The package cannot be unpacked.
    #[error(transparent)]
    Package(#[from] ReadError),
    /// The package cannot be written.
    #[error("{path:?}: {error}")]
    Write {
        /// The file.
        path: PathBuf,
        /// The reason.
        error: WriteError,
    },
    /// A file or folder cannot be created.
    #[error("cannot create {path:?}: {error}")]
    Create {
        /// The file or folder.
        path: PathBuf,
        /// The reason.
        error: io::Error,
    },
    /// The file or folder already exists.
    #[error("{path:?} already exists")]
    Exists {
        /// The file or folder.
        path: PathBuf,
    },
}

impl DiskError {
    /// Returns what to do about the error.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Read { error, .. } | Self::Package(error) => error.hint(),
            Self::Write { error, .. } => error.hint(),
            Self::Exists { .. } => Some("choose another name, or remove it first".to_owned()),
            Self::Create { path, error } => ccs_disk::hint_to_write(path, error),
            Self::Open { .. } => None,
        }
    }
}

/// Reads a package from a file.
pub fn load(path: &Path, limits: &Limits) -> Result<Package, DiskError> {
    let open = |error| DiskError::Open { path: path.to_owned(), error };
    let file = File::open(path).map_err(open)?;
    crate::read::read(BufReader::new(file), limits)
        .map_err(|error| DiskError::Read { path: path.to_owned(), error })
}

/// Writes a package to a file, which appears under its name only when it is complete.
///
/// The file has mode 0600, because connection.json may contain a private key.
pub fn save(contents: &PackageContents, path: &Path, existing: Existing) -> Result<PackageId, DiskError> {
    let exists = || DiskError::Exists { path: path.to_owned() };
    // The save checks this again at the end; this early check avoids useless work.
    if existing == Existing::Keep && path.symlink_metadata().is_ok() {
        return Err(exists());
    }
    let create = |error| DiskError::Create { path: path.to_owned(), error: ccs_disk::reason(error) };
    let mut file = NamedTempFile::with_prefix_in(".ccs-package-", parent(path)).map_err(create)?;
    let write_error = |error| DiskError::Write { path: path.to_owned(), error };
    let mut sink = BufWriter::new(file.as_file_mut());
    let id = write(contents, &mut sink).map_err(write_error)?;
    sink.flush().map_err(|error| write_error(error.into()))?;
    drop(sink);
    file.as_file().sync_all().map_err(|error| write_error(error.into()))?;
    match existing {
        Existing::Keep => file.persist_noclobber(path).map_err(|error| match error.error.kind() {
            io::ErrorKind::AlreadyExists => exists(),
            _ => create(error.error),
        })?,
        Existing::Replace => file.persist(path).map_err(|error| create(error.error))?,
    };
    Ok(id)
}

/// Unpacks the code of a package into a folder, as a peer does before it calls a builder.
///
/// The folder must be absent or empty; either it appears with all of its content, or nothing changes. Folders have
/// mode 0700, and files have the permissions of the archive less the umask. A later entry replaces an earlier one with
/// the same path. A peer only overwrites its beginning and keeps the rest of a longer file (Fabric 3.1
/// `core/container/externalbuilder/tar.go`).
pub fn unpack_code(source: impl Read, folder: &Path, limits: &Limits) -> Result<Package, DiskError> {
    unpack_chosen(source, folder, limits, |_| true)
}

/// Unpacks the selected entries of a package's code like [`unpack_code`]. The others are read and checked, but not
/// written.
///
/// A builder reads only connection.json and `META-INF`, but a package may contain a hundred thousand other files.
pub fn unpack_chosen(
    source: impl Read,
    folder: &Path,
    limits: &Limits,
    mut is_wanted: impl FnMut(&CodeEntry) -> bool,
) -> Result<Package, DiskError> {
    let draft = Draft::of(folder)?;
    let mut seen = Vec::new();
    let visitor = |entry: &CodeEntry, content: &mut dyn Read| {
        if is_wanted(entry) { draft.put(&mut seen, entry, content) } else { Ok(()) }
    };
    let package = visit_code(source, limits, visitor).map_err(disk_error)?;
    draft.settle()?;
    Ok(package)
}

/// Unpacks an archive within the code of a package as [`unpack_code`] unpacks the code.
pub fn unpack_archive(source: impl Read, folder: &Path, limits: &Limits) -> Result<(), DiskError> {
    let draft = Draft::of(folder)?;
    let mut seen = Vec::new();
    visit_archive(source, limits, |entry, content| draft.put(&mut seen, entry, content))
        .map_err(disk_error)?;
    draft.settle()
}

fn disk_error(error: VisitError<DiskError>) -> DiskError {
    match error {
        VisitError::Read(error) => DiskError::Package(error),
        VisitError::Visitor(error) => error,
    }
}

/// Unpacks a whole package into a folder, in the layout that a peer uses for a builder: `metadata/metadata.json`, and
/// the code in `src`.
///
/// As with [`unpack_code`], the folder must be absent or empty, and it appears with all of its content or not at all.
/// Only its owner can enter it.
pub fn unpack(source: impl Read, folder: &Path, limits: &Limits) -> Result<Package, DiskError> {
    let create = |error| DiskError::Create { path: folder.to_owned(), error };
    let draft = Draft::of(folder)?;
    let package = unpack_code(source, &draft.path().join("src"), limits).map_err(|error| match error {
        DiskError::Create { path, error } => {
            let place = path.strip_prefix(draft.path()).map_or_else(|_| path.clone(), |it| folder.join(it));
            DiskError::Create { path: place, error }
        }
        error => error,
    })?;
    let metadata = draft.path().join("metadata");
    DirBuilder::new().mode(0o700).create(&metadata).map_err(create)?;
    fs::write(metadata.join("metadata.json"), package.metadata_bytes()).map_err(create)?;
    draft.settle()?;
    Ok(package)
}

/// A temporary folder next to the final one. Its name is unpredictable, so it cannot contain links of another process.
struct Draft<'a> {
    folder: &'a Path,
    draft: TempDir,
}

impl<'a> Draft<'a> {
    fn of(folder: &'a Path) -> Result<Self, DiskError> {
        if !is_free(folder).map_err(|error| DiskError::Open { path: folder.to_owned(), error })? {
            return Err(DiskError::Exists { path: folder.to_owned() });
        }
        let draft = tempfile::Builder::new()
            .prefix(".ccs-unpack-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(parent(folder))
            .map_err(|error| DiskError::Create { path: folder.to_owned(), error })?;
        Ok(Self { folder, draft })
    }

    fn path(&self) -> &Path {
        self.draft.path()
    }

    /// Writes an entry into the draft, and adds it to those that were seen.
    fn put(
        &self,
        seen: &mut Vec<CodeEntry>,
        entry: &CodeEntry,
        content: &mut dyn Read,
    ) -> Result<(), DiskError> {
        seen.push(entry.clone());
        put(&self.draft, entry, content).map_err(|error| match code::conflict(seen) {
            // The disk detects the conflict before the reader, which checks all entries at the end.
            Some(path) => DiskError::Package(ReadError::Code(CodeFault::Conflict { path: path.to_owned() })),
            None => DiskError::Create { path: self.folder.join(entry.path()), error },
        })
    }

    /// Renames the draft to its final name.
    fn settle(self) -> Result<(), DiskError> {
        // Replaces an empty folder, and fails if it is no longer empty.
        fs::rename(self.draft.path(), self.folder)
            .map_err(|error| DiskError::Create { path: self.folder.to_owned(), error })?;
        // The temporary name no longer exists, so its destructor has nothing to remove.
        let _ = self.draft.keep();
        Ok(())
    }
}

/// Writes one entry to the folder.
fn put(folder: &TempDir, entry: &CodeEntry, content: &mut dyn Read) -> io::Result<()> {
    let path = folder.path().join(entry.path());
    let mut folders = DirBuilder::new();
    folders.recursive(true).mode(0o700);
    if entry.kind() == EntryKind::Directory {
        return folders.create(&path);
    }
    folders.create(parent(&path))?;
    // The mode of the first entry is kept, as when a peer opens the file a second time.
    let mut file = match OpenOptions::new().write(true).create_new(true).mode(entry.mode()).open(&path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            OpenOptions::new().write(true).truncate(true).open(&path)?
        }
        file => file?,
    };
    io::copy(content, &mut file)?;
    Ok(())
}

/// Returns whether a folder can be created under the name: nothing exists there, or only an empty folder.
fn is_free(folder: &Path) -> io::Result<bool> {
    match folder.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
        Ok(metadata) if metadata.is_dir() => Ok(fs::read_dir(folder)?.next().is_none()),
        Ok(_) => Ok(false),
    }
}

/// Returns the parent folder of a path; `.` for a bare name.
fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
