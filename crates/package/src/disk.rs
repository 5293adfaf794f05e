//! Packages as files and their code as folders: the only place here that touches the disk.

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
use crate::read::{Package, ReadError, VisitError, visit_code};
use crate::write::{WriteError, write};

/// Something went wrong between a package and the disk.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// The file cannot be opened.
    #[error("cannot open {path:?}: {error}")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// The package is not one that a peer would install.
    #[error("{path:?}: {error}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
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
        /// Why not.
        error: WriteError,
    },
    /// A file or folder cannot be created.
    #[error("cannot create {path:?}: {error}")]
    Create {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// There is something under that name.
    #[error("{path:?} exists already")]
    Exists {
        /// The file or folder.
        path: PathBuf,
    },
}

impl DiskError {
    /// Says what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Read { error, .. } | Self::Package(error) => error.hint(),
            Self::Write { error, .. } => error.hint(),
            Self::Exists { .. } => Some("choose another name, or remove it first".to_owned()),
            Self::Open { .. } | Self::Create { .. } => None,
        }
    }
}

/// Reads the package in a file.
pub fn load(path: &Path, limits: &Limits) -> Result<Package, DiskError> {
    let open = |error| DiskError::Open { path: path.to_owned(), error };
    let file = File::open(path).map_err(open)?;
    crate::read::read(BufReader::new(file), limits)
        .map_err(|error| DiskError::Read { path: path.to_owned(), error })
}

/// Writes a package to a file, which appears under its name only when it is complete.
///
/// The file has mode 0600: connection.json may hold a private key.
pub fn save(contents: &PackageContents, path: &Path, existing: Existing) -> Result<PackageId, DiskError> {
    let exists = || DiskError::Exists { path: path.to_owned() };
    // Also checked at the end; here it saves the work.
    if existing == Existing::Keep && path.symlink_metadata().is_ok() {
        return Err(exists());
    }
    let create = |error| DiskError::Create { path: path.to_owned(), error };
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
/// The folder must be absent or empty; it appears with all of its content, or nothing changes. Folders have mode 0700,
/// files the permissions of the archive less the umask. Of two entries with the same path the later one is there, whole;
/// a peer writes it over the earlier one and leaves what that has more of (Fabric 3.1
/// `core/container/externalbuilder/tar.go`).
pub fn unpack_code(source: impl Read, folder: &Path, limits: &Limits) -> Result<Package, DiskError> {
    unpack_chosen(source, folder, limits, |_| true)
}

/// Unpacks the chosen entries of a package's code as [`unpack_code`] does. The others are read and checked, and nothing is
/// written for them.
///
/// A builder reads connection.json and `META-INF` alone, and a package may hold a hundred thousand other files.
pub fn unpack_chosen(
    source: impl Read,
    folder: &Path,
    limits: &Limits,
    mut is_wanted: impl FnMut(&CodeEntry) -> bool,
) -> Result<Package, DiskError> {
    let create = |path: &Path, error| DiskError::Create { path: path.to_owned(), error };
    let draft = draft_of(folder)?;
    let mut seen = Vec::new();
    let visitor = |entry: &CodeEntry, content: &mut dyn Read| {
        if !is_wanted(entry) {
            return Ok(());
        }
        seen.push(entry.clone());
        put(&draft, entry, content).map_err(|error| match code::conflict(&seen) {
            // The disk notices it before the reader does, which looks at all entries at the end.
            Some(path) => DiskError::Package(ReadError::Code(CodeFault::Conflict { path: path.to_owned() })),
            None => create(&folder.join(entry.path()), error),
        })
    };
    let package = visit_code(source, limits, visitor).map_err(|error| match error {
        VisitError::Read(error) => DiskError::Package(error),
        VisitError::Visitor(error) => error,
    })?;
    settle(draft, folder)?;
    Ok(package)
}

/// Unpacks a whole package into a folder, laid out as a peer does for a builder: `metadata/metadata.json` and the code in
/// `src`.
///
/// As with [`unpack_code`] the folder must be absent or empty, and it appears with all of its content or not at all. Only
/// the user can enter it.
pub fn unpack(source: impl Read, folder: &Path, limits: &Limits) -> Result<Package, DiskError> {
    let create = |error| DiskError::Create { path: folder.to_owned(), error };
    let draft = draft_of(folder)?;
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
    settle(draft, folder)?;
    Ok(package)
}

/// Makes a folder beside one that can be created; a fresh folder that only we know holds no links that lead elsewhere.
fn draft_of(folder: &Path) -> Result<TempDir, DiskError> {
    if !is_free(folder).map_err(|error| DiskError::Open { path: folder.to_owned(), error })? {
        return Err(DiskError::Exists { path: folder.to_owned() });
    }
    tempfile::Builder::new()
        .prefix(".ccs-unpack-")
        .permissions(Permissions::from_mode(0o700))
        .tempdir_in(parent(folder))
        .map_err(|error| DiskError::Create { path: folder.to_owned(), error })
}

/// Renames the draft to its final name.
fn settle(draft: TempDir, folder: &Path) -> Result<(), DiskError> {
    // Replaces an empty folder, and fails should it have ceased to be empty.
    fs::rename(draft.path(), folder).map_err(|error| DiskError::Create { path: folder.to_owned(), error })?;
    // Nothing is left under the draft's name that its destructor could remove.
    let _ = draft.keep();
    Ok(())
}

/// Puts one entry under the folder.
fn put(folder: &TempDir, entry: &CodeEntry, content: &mut dyn Read) -> io::Result<()> {
    let path = folder.path().join(entry.path());
    let mut folders = DirBuilder::new();
    folders.recursive(true).mode(0o700);
    if entry.kind() == EntryKind::Directory {
        return folders.create(&path);
    }
    folders.create(parent(&path))?;
    // The mode of the first entry stays, as it does when a peer opens the file a second time.
    let mut file = match OpenOptions::new().write(true).create_new(true).mode(entry.mode()).open(&path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            OpenOptions::new().write(true).truncate(true).open(&path)?
        }
        file => file?,
    };
    io::copy(content, &mut file)?;
    Ok(())
}

/// Returns whether a folder can be created under the name: nothing is there, or an empty folder.
fn is_free(folder: &Path) -> io::Result<bool> {
    match folder.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
        Ok(metadata) if metadata.is_dir() => Ok(fs::read_dir(folder)?.next().is_none()),
        Ok(_) => Ok(false),
    }
}

/// Returns the folder that holds a path; `.` for a bare name.
fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
