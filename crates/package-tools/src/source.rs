//! A package's source in a temporary folder, as a peer unpacks it for a builder.

use std::fs;
use std::path::{Path, PathBuf};

use ccs_files::PackageId;
use tempfile::TempDir;

use crate::error::Error;

/// The source of a package, in a folder that is removed with this value.
#[derive(Debug)]
pub struct Source {
    path: PathBuf,
    _folder: TempDir,
}

impl Source {
    /// Writes files, by their paths relative to the source.
    pub fn of_files<'a>(
        id: Option<&PackageId>,
        files: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) -> Result<Self, Error> {
        let folder = scratch()?;
        let path = id.map_or_else(|| folder.path().join("src"), |id| source_folder(folder.path(), id));
        fs::create_dir_all(&path).map_err(Error::Scratch)?;
        for (name, content) in files {
            let file = path.join(name);
            let parent = file.parent().unwrap_or(&path);
            fs::create_dir_all(parent).and_then(|()| fs::write(&file, content)).map_err(Error::Scratch)?;
        }
        Ok(Self { path, _folder: folder })
    }

    /// Renames the unpacked folder `draft` in a temporary folder to the name that a peer uses.
    pub(crate) fn of_draft(folder: TempDir, draft: &Path, id: &PackageId) -> Result<Self, Error> {
        let path = source_folder(folder.path(), id);
        path.parent()
            .map_or(Ok(()), fs::create_dir)
            .and_then(|()| fs::rename(draft, &path))
            .map_err(Error::Scratch)?;
        Ok(Self { path, _folder: folder })
    }

    /// Returns the folder with the files.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns an error of the builder with the paths of files as they are in the source.
    #[must_use]
    pub fn refused(&self, error: &ccs_builder::Error) -> Error {
        match Error::builder(error) {
            Error::Builder { message, hint, code } => {
                Error::Builder { message: self.relative(&message), hint, code }
            }
            error => error,
        }
    }

    /// Shortens the paths of this source in a message of the builder.
    #[must_use]
    pub fn relative(&self, message: &str) -> String {
        message.replace(&format!("{}/", self.path.display()), "")
    }
}

/// Makes a temporary folder.
pub(crate) fn scratch() -> Result<TempDir, Error> {
    tempfile::tempdir().map_err(Error::Scratch)
}

/// Returns the path of a package's source inside a folder. A builder reads the package ID from the name of the parent folder.
fn source_folder(folder: &Path, id: &PackageId) -> PathBuf {
    folder.join(id.scratch_folder()).join("src")
}
