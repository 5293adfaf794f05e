//! A package file, read by the peer's rules and unpacked as a peer unpacks it.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use ccs_builder::ExitCode;
use ccs_builder::context::Surroundings;
use ccs_builder::examine::Inputs;
use ccs_files::PackageId;
use ccs_package::disk::{self, DiskError};
use ccs_package::{CodeEntry, Limits, Package, ReadError};
use tempfile::TempDir;

use crate::failure::{Failure, refusal};

/// A package that a peer would install, with its code, or the part of it that a builder reads, in a folder that goes with this
/// value.
pub(crate) struct PackageFile {
    /// What the file says.
    pub(crate) package: Package,
    /// The size of the file in bytes.
    pub(crate) bytes: u64,
    source: PathBuf,
    _folder: TempDir,
}

impl PackageFile {
    /// Reads a package, and unpacks what a builder reads.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        Self::open_checked(path)?.map_err(|error| refused(path, error))
    }

    /// Reads a package, and unpacks its whole code.
    pub(crate) fn open_whole(path: &Path) -> Result<Self, Failure> {
        Self::open_chosen(path, |_| true)?.map_err(|error| refused(path, error))
    }

    /// Opens a package as [`PackageFile::open`] does, and tells one that is refused from a file that cannot be opened.
    pub(crate) fn open_checked(path: &Path) -> Result<Result<Self, DiskError>, Failure> {
        let mut inputs = Inputs::default();
        Self::open_chosen(path, |entry| inputs.needs(entry.path()))
    }

    fn open_chosen(
        path: &Path,
        is_wanted: impl FnMut(&CodeEntry) -> bool,
    ) -> Result<Result<Self, DiskError>, Failure> {
        let (file, bytes) = open(path)?;
        let folder = tempfile::tempdir().map_err(|error| scratch_failure(&error))?;
        let draft = folder.path().join("src");
        let package = match disk::unpack_chosen(file, &draft, &Limits::default(), is_wanted) {
            Ok(package) => package,
            Err(error) => return Ok(Err(error)),
        };
        let source = source_folder(folder.path(), package.id());
        source
            .parent()
            .map_or(Ok(()), fs::create_dir)
            .and_then(|()| fs::rename(&draft, &source))
            .map_err(|error| scratch_failure(&error))?;
        Ok(Ok(Self { package, bytes, source, _folder: folder }))
    }

    /// Gives the folder with the code, named as a peer names it.
    pub(crate) fn source(&self) -> &Path {
        &self.source
    }
}

fn refused(path: &Path, error: DiskError) -> Failure {
    match error {
        DiskError::Package(error) => read_failure(path, &error),
        error => error.into(),
    }
}

/// Gives the place for a package's source inside a folder: the name of the folder around it is how a builder knows the
/// package ID.
pub(crate) fn source_folder(folder: &Path, id: &PackageId) -> PathBuf {
    folder.join(id.scratch_folder()).join("src")
}

/// What a peer could pass on to the builder: examples, so that the fields that use it can be checked.
pub(crate) fn example_peer() -> Vec<(&'static str, String)> {
    [("peer_id", "peer0"), ("msp_id", "Org1MSP"), ("hostname", "peer0")]
        .map(|(name, value)| (name, value.to_owned()))
        .to_vec()
}

/// Opens a file, and nothing that would make one wait: a pipe or a device.
pub(crate) fn open(path: &Path) -> Result<(File, u64), Failure> {
    let failure = |message: String| Failure::new(message).with_code(ExitCode::InputOutput);
    let cannot_open = |error| failure(format!("cannot open {}: {error}", path.display()));
    let metadata = fs::metadata(path).map_err(cannot_open)?;
    if !metadata.is_file() {
        return Err(failure(format!("{} is not a file", path.display())));
    }
    Ok((File::open(path).map_err(cannot_open)?, metadata.len()))
}

/// Fails because a peer refuses the package in a file.
pub(crate) fn read_failure(path: &Path, error: &ReadError) -> Failure {
    Failure::new(format!("{}: {error}", path.display())).hint(error.hint()).with_number(refusal(error))
}

/// Fails because a temporary folder cannot be made or filled.
pub(crate) fn scratch_failure(error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot unpack into a temporary folder: {error}"))
        .hint("TMPDIR names the folder that is used".to_owned())
        .with_code(ExitCode::InputOutput)
}

/// The world of a builder that knows a configuration and what a peer passes on, and nothing of this machine.
pub(crate) fn surroundings(
    configuration: Option<OsString>,
    peer: Vec<(&'static str, String)>,
) -> Surroundings {
    Surroundings { configuration, builder_folder: None, peer, now: SystemTime::now() }
}
