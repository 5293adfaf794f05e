//! The scratch folder of one build.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use ccs_files::PackageId;

use crate::error::BuildError;
use crate::package::{Unpack, UnpackError};

/// Folder `fabric-<sanitized package id><random digits>` with four subfolders. Removed on drop.
pub(crate) struct Scratch {
    path: PathBuf,
}

impl Scratch {
    /// Creates the folders, each with mode 0700.
    pub(crate) fn create(temporary: &Path, id: &PackageId) -> Result<Self, BuildError> {
        let failure = |path: &Path, error| BuildError::Scratch { path: path.to_owned(), error };
        let path = create_unique(temporary, &format!("fabric-{}", id.sanitized()))
            .map_err(|error| failure(temporary, error))?;
        let scratch = Self { path };
        for folder in [scratch.source(), scratch.metadata(), scratch.build(), scratch.release()] {
            create_private(&folder).map_err(|error| failure(&folder, error))?;
        }
        Ok(scratch)
    }

    /// Writes source and metadata.
    pub(crate) fn fill(&self, metadata: &[u8], unpack: Unpack<'_>) -> Result<(), BuildError> {
        unpack(&self.source()).map_err(|error: UnpackError| BuildError::Unpack(error.to_string()))?;
        let path = self.metadata().join("metadata.json");
        write_new(&path, metadata, 0o700).map_err(|error| BuildError::Scratch { path, error })
    }

    pub(crate) fn source(&self) -> PathBuf {
        self.path.join("src")
    }

    pub(crate) fn metadata(&self) -> PathBuf {
        self.path.join("metadata")
    }

    pub(crate) fn build(&self) -> PathBuf {
        self.path.join("bld")
    }

    pub(crate) fn release(&self) -> PathBuf {
        self.path.join("release")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // There is nothing to do on failure; a peer only logs it.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Creates a folder whose name ends with random digits, like Go's `os.MkdirTemp`.
pub(crate) fn create_unique(parent: &Path, prefix: &str) -> io::Result<PathBuf> {
    const ATTEMPTS: usize = 100;
    for _ in 0..ATTEMPTS {
        let random = getrandom::u32().map_err(io::Error::other)?;
        let path = parent.join(format!("{prefix}{random}"));
        match create_private(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            result => return result.map(|()| path),
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("no free name in {ATTEMPTS} attempts")))
}

/// Creates a folder with mode 0700. Fails if it exists.
pub(crate) fn create_private(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().mode(0o700).create(path)
}

/// Writes a new file. Fails if it exists.
pub(crate) fn write_new(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?.write_all(content)
}
