//! Builds that a peer keeps: `<peer.fileSystemPath>/externalbuilder/builds/<sanitised package id>`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ccs_files::{BuildInfo, PackageId};

use crate::builder::ExternalBuilder;
use crate::copy::{self, CopyError};
use crate::error::BuildError;
use crate::scratch::{self, Scratch};

/// A build that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DurableBuild {
    /// The folder with `build-info.json`, `bld` and `release`.
    pub path: PathBuf,
    /// The builder that made it.
    pub builder: String,
    /// Whether it was found rather than made.
    pub cached: bool,
}

impl DurableBuild {
    /// Returns the folder that `build` filled.
    #[must_use]
    pub fn build_folder(&self) -> PathBuf {
        self.path.join("bld")
    }

    /// Returns the folder that `release` filled.
    #[must_use]
    pub fn release_folder(&self) -> PathBuf {
        self.path.join("release")
    }

    /// Returns the released connection.json; [`None`] when there is none, and a peer would call `run`.
    #[must_use]
    pub fn connection_file(&self) -> Option<PathBuf> {
        let path = self.release_folder().join("chaincode").join("server").join("connection.json");
        path.exists().then_some(path)
    }
}

/// Finds a build; that its folder exists is all that counts, as for a peer.
pub(crate) fn find(
    root: &Path,
    id: &PackageId,
    builders: &[ExternalBuilder],
) -> Result<Option<DurableBuild>, BuildError> {
    let path = root.join(id.sanitised());
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

/// How the name of a build begins that is not whole yet.
const DRAFT: &str = ".draft-";

/// Removes the builds that a crash has left unfinished.
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

/// Keeps what the programs made.
pub(crate) fn store(
    root: &Path,
    id: &PackageId,
    builder: &ExternalBuilder,
    scratch: &Scratch,
) -> Result<DurableBuild, BuildError> {
    let path = root.join(id.sanitised());
    let failure = |error| BuildError::Persist { path: path.clone(), error };
    fs::create_dir_all(root).map_err(failure)?;
    // A peer fills the folder in its place, and after a crash takes the part that is there for a complete build.
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

/// Returns the error of a name that is taken, which for a folder with content is another one.
fn taken(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::DirectoryNotEmpty { io::ErrorKind::AlreadyExists.into() } else { error }
}

fn copy_outputs(scratch: &Scratch, durable: &Path) -> Result<(), CopyError> {
    copy::copy_folder(&scratch.release(), &durable.join("release"))?;
    copy::copy_folder(&scratch.build(), &durable.join("bld"))
}
