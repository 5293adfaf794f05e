//! Access to folders by handle, so that a program that replaces a checked name with a link cannot redirect
//! the access.
//!
//! Every name is looked up in an open folder, and symbolic links are not followed.

use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, mkdirat, openat, readlinkat, renameat, statat};

/// The mode of every new file that is not a program: connection.json may contain a private key.
pub(crate) const FILE_MODE: u32 = 0o600;

/// The mode of every new program.
pub(crate) const PROGRAM_MODE: u32 = 0o700;

/// The mode of every new folder.
pub(crate) const FOLDER_MODE: u32 = 0o700;

/// The kind of a folder's entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// A pipe, socket or device.
    Other,
}

impl Kind {
    /// Returns its name with an article.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::File => "a file",
            Self::Folder => "a folder",
            Self::Link => "a symbolic link",
            Self::Other => "a pipe, socket or device",
        }
    }
}

impl From<FileType> for Kind {
    fn from(found: FileType) -> Self {
        match found {
            FileType::RegularFile => Self::File,
            FileType::Directory => Self::Folder,
            FileType::Symlink => Self::Link,
            _ => Self::Other,
        }
    }
}

/// An open folder.
#[derive(Debug)]
pub struct Folder(File);

impl Folder {
    /// Opens a folder by its path, which may contain links.
    pub fn open(path: &Path) -> io::Result<Self> {
        let flags = (OFlags::DIRECTORY | OFlags::NONBLOCK).bits().cast_signed();
        OpenOptions::new().read(true).custom_flags(flags).open(path).map(Self)
    }

    /// Opens a subfolder.
    pub fn folder(&self, name: &OsStr) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(Self(openat(&self.0, name, flags, Mode::empty())?.into()))
    }

    /// Opens a file in this folder for reading, without blocking on a pipe.
    pub fn file(&self, name: &OsStr) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(openat(&self.0, name, flags, Mode::empty())?.into())
    }

    /// Returns the kind of an entry, or [`None`] if it does not exist.
    pub(crate) fn kind(&self, name: &OsStr) -> io::Result<Option<Kind>> {
        match statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) => Ok(Some(FileType::from_raw_mode(found.st_mode).into())),
            Err(rustix::io::Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Iterates over the entries.
    pub fn entries(&self) -> io::Result<impl Iterator<Item = io::Result<(OsString, Kind)>>> {
        let entries = Dir::read_from(&self.0)?;
        Ok(entries.filter_map(|entry| {
            let entry = match entry {
                Ok(entry) if matches!(entry.file_name().to_bytes(), b"." | b"..") => return None,
                Ok(entry) => entry,
                Err(error) => return Some(Err(error.into())),
            };
            let name = OsStr::from_bytes(entry.file_name().to_bytes()).to_owned();
            let kind = match entry.file_type() {
                // Some file systems do not report the kind with the name.
                FileType::Unknown => self.kind(&name).map(|kind| kind.unwrap_or(Kind::Other)),
                found => Ok(found.into()),
            };
            Some(kind.map(|kind| (name, kind)))
        }))
    }

    /// Creates a subfolder, which must not exist, and opens it.
    pub(crate) fn make_folder(&self, name: &OsStr) -> io::Result<Self> {
        mkdirat(&self.0, name, Mode::from_raw_mode(FOLDER_MODE))?;
        let made = self.folder(name)?;
        // The umask may have cleared some bits.
        made.0.set_permissions(Permissions::from_mode(FOLDER_MODE))?;
        Ok(made)
    }

    /// Creates a file in this folder, which must not exist.
    pub(crate) fn write(&self, name: &OsStr, content: &[u8], mode: u32) -> io::Result<()> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(openat(&self.0, name, flags, Mode::from_raw_mode(mode))?);
        file.set_permissions(Permissions::from_mode(mode))?;
        file.write_all(content)
    }

    /// Creates a file below this folder, with any missing folders of its path.
    pub(crate) fn write_below(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let mut names = names(path)?;
        let file = names.pop().ok_or(io::ErrorKind::InvalidInput)?;
        let mut folders: Vec<Self> = Vec::new();
        for name in names {
            let parent = folders.last().unwrap_or(self);
            let next = match parent.folder(name) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => parent.make_folder(name),
                found => found,
            };
            folders.push(next?);
        }
        folders.last().unwrap_or(self).write(file, content, FILE_MODE)
    }

    /// Moves an entry of this folder into another folder; returns false if the entry does not exist.
    pub(crate) fn rename(&self, name: &OsStr, to: &Self, new_name: &OsStr) -> io::Result<bool> {
        match renameat(&self.0, name, &to.0, new_name) {
            Ok(()) => Ok(true),
            Err(rustix::io::Errno::NOENT) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns whether a path refers to this folder.
    pub(crate) fn is_at(&self, path: &Path) -> io::Result<bool> {
        let (own, other) = (self.0.metadata()?, path.metadata()?);
        Ok((own.dev(), own.ino()) == (other.dev(), other.ino()))
    }

    /// Reads where a symbolic link in this folder leads.
    pub fn link(&self, name: &OsStr) -> io::Result<PathBuf> {
        let target = readlinkat(&self.0, name, Vec::new())?;
        Ok(PathBuf::from(OsStr::from_bytes(target.as_bytes())))
    }

    /// Returns the handle.
    #[must_use]
    pub fn handle(&self) -> &File {
        &self.0
    }
}

/// Splits a relative path into names; rejects `..` and the like.
pub(crate) fn names(path: &Path) -> io::Result<Vec<&OsStr>> {
    path.components()
        .map(|component| match component {
            Component::Normal(name) => Ok(name),
            _ => Err(io::ErrorKind::InvalidInput.into()),
        })
        .collect()
}
