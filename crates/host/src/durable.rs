//! Builds that a peer stores: `<peer.fileSystemPath>/externalbuilder/builds/<sanitized package id>`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ccs_files::{BuildInfo, PackageId};

use crate::builder::ExternalBuilder;
use crate::copy::{self, CopyError};
use crate::error::BuildError;
use crate::scratch::{self, Scratch};

/// Stored build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DurableBuild {
    /// Folder with `build-info.json`, `bld` and `release`.
    pub path: PathBuf,
    /// Name of the builder that made it.
    pub builder: String,
    /// Whether the build existed before.
    pub cached: bool,
}

impl DurableBuild {
    /// Returns the output folder of `build`.
    #[must_use]
    pub fn build_folder(&self) -> PathBuf {
        self.path.join("bld")
    }

    /// Returns the output folder of `release`.
    #[must_use]
    pub fn release_folder(&self) -> PathBuf {
        self.path.join("release")
    }

    /// Returns the released connection.json; [`None`] if there is none, in which case a peer calls `run`.
    #[must_use]
    pub fn connection_file(&self) -> Option<PathBuf> {
        let path = self.release_folder().join("chaincode").join("server").join("connection.json");
        path.exists().then_some(path)
    }
}

/// Returns an existing build. As for a peer, only the existence of its folder counts.
pub(crate) fn find(
    root: &Path,
    id: &PackageId,
    builders: &[ExternalBuilder],
) -> Result<Option<DurableBuild>, BuildError> {
    let path = root.join(id.sanitized());
    match fs::metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(BuildError::Existing { path, error }),
        Ok(_) => {}
    }
    let file = path.join("build-info.json");
    let content = match fs::read(&file) {
        Ok(content) => content,
        Err(error) => return Err(BuildError::NoBuildInfo { file, error }),
    };
    let builder = match BuildInfo::parse(&content) {
        Ok(info) => info.builder_name,
        Err(error) => return Err(BuildError::MalformedBuildInfo { file, error }),
    };
    if !builders.iter().any(|known| known.name == builder) {
        return Err(BuildError::BuilderGone { id: id.clone(), builder });
    }
    Ok(Some(DurableBuild { path, builder, cached: true }))
}

/// Prefix of the names of incomplete builds.
const DRAFT: &str = ".draft-";

/// Removes incomplete builds that a crash has left.
pub(crate) fn remove_drafts(root: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(DRAFT) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

/// Stores the output of the programs.
pub(crate) fn store(
    root: &Path,
    id: &PackageId,
    builder: &ExternalBuilder,
    scratch: &Scratch,
) -> Result<DurableBuild, BuildError> {
    let path = root.join(id.sanitized());
    let failure = |error| BuildError::Persist { path: path.clone(), error };
    fs::create_dir_all(root).map_err(failure)?;
    // A peer fills the folder in place, and after a crash takes an incomplete one for a complete build.
    let draft = scratch::create_unique(root, DRAFT).map_err(failure)?;
    let info = BuildInfo { builder_name: builder.name.clone() };
    let written = scratch::write_new(&draft.join("build-info.json"), &info.to_json(), 0o600)
        .map_err(failure)
        .and_then(|()| copy_outputs(scratch, &draft).map_err(BuildError::Copy))
        .and_then(|()| fs::rename(&draft, &path).map_err(|error| failure(taken(error))));
    if let Err(error) = written {
        let _ = fs::remove_dir_all(&draft);
        return Err(error);
    }
    Ok(DurableBuild { path, builder: builder.name.clone(), cached: false })
}

/// Returns the error for an existing name. The system reports a different one for a folder with content.
fn taken(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::DirectoryNotEmpty { io::ErrorKind::AlreadyExists.into() } else { error }
}

fn copy_outputs(scratch: &Scratch, durable: &Path) -> Result<(), CopyError> {
    copy::copy_folder(&scratch.release(), &durable.join("release"))?;
    copy::copy_folder(&scratch.build(), &durable.join("bld"))
}
