//! Folders that a failed build removes.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use ccs_launch::Failure;
use ccs_launch_process::tree;

/// A folder that is removed when it is dropped, unless it is kept.
pub(crate) struct Folder {
    path: PathBuf,
    is_kept: bool,
}

impl Folder {
    /// Makes an empty folder.
    pub(crate) fn make(path: PathBuf) -> Result<Self, Failure> {
        let made = DirBuilder::new().mode(0o700).create(&path);
        made.map_err(|error| Failure::system("make", &path, error))?;
        Ok(Self { path, is_kept: false })
    }

    /// Makes a copy of a folder.
    pub(crate) fn copy(from: &Path, path: PathBuf) -> Result<Self, Failure> {
        let copy = Self { path, is_kept: false };
        tree::copy(from, &copy.path)?;
        Ok(copy)
    }

    /// Returns its path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps the folder.
    pub(crate) fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}
