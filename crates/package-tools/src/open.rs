//! A package file, read once by the peer's rules.

use std::convert::Infallible;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::Path;
use std::time::SystemTime;

use ccs_builder::context::Surroundings;
use ccs_builder::examine::Inputs;
use ccs_files::PackageId;
use ccs_launch::{binary, image};
use ccs_package::disk::{self, DiskError};
use ccs_package::{CodeEntry, Limits, Package, ReadError, VisitError, Visited};

use crate::error::Error;
use crate::recognize::OtherFile;
use crate::source::{Source, scratch};

/// Files that a launcher reads as a whole.
const LAUNCHED: [&str; 2] = [image::FILE, binary::FILE];

/// A package that a peer would install, with the part of its code that the builder reads.
#[derive(Debug)]
pub struct PackageFile {
    /// The content of the file.
    pub package: Package,
    /// The size of the file in bytes.
    pub bytes: u64,
    /// The part of the code that the builder reads.
    pub source: Source,
}

impl PackageFile {
    /// Reads a package, and unpacks only connection.json and META-INF, up to the builder's limits, and the files that a launcher
    /// reads as a whole.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let (file, bytes) = open(path)?;
        let folder = scratch()?;
        let draft = folder.path().join("src");
        let mut inputs = Inputs::default();
        let is_read = |entry: &CodeEntry| {
            inputs.needs(entry.path()) || LAUNCHED.iter().any(|name| entry.path() == *name)
        };
        let package = disk::unpack_chosen(file, &draft, &Limits::default(), is_read)
            .map_err(|error| disk_error(path, error))?;
        let source = Source::of_draft(folder, &draft, package.id())?;
        Ok(Self { package, bytes, source })
    }
}

/// Computes the package ID of a file, without reading its code.
pub fn package_id(path: &Path) -> Result<PackageId, Error> {
    let (file, _) = open(path)?;
    ccs_package::package_id(BufReader::new(file), &Limits::default()).map_err(|error| refused(path, error))
}

/// Reads the type in a package's metadata.json.
pub fn chaincode_type(path: &Path) -> Result<String, Error> {
    let (file, _) = open(path)?;
    let package = read(path, file, |_, _| Ok(()))?;
    Ok(package.metadata().chaincode_type.clone())
}

/// Unpacks a package into a folder, as a peer does for a builder.
pub fn unpack(path: &Path, folder: &Path) -> Result<Package, Error> {
    let (file, _) = open(path)?;
    disk::unpack(file, folder, &Limits::default()).map_err(|error| disk_error(path, error))
}

fn disk_error(path: &Path, error: DiskError) -> Error {
    match error {
        DiskError::Package(error) => refused(path, error),
        error => Error::Disk(error),
    }
}

/// Reads a package to its end, through a visitor that cannot fail.
pub(crate) fn read(
    path: &Path,
    file: File,
    visitor: impl FnMut(Visited<'_>, &mut dyn Read) -> Result<(), Infallible>,
) -> Result<Package, Error> {
    let package = ccs_package::visit(BufReader::new(file), &Limits::default(), visitor);
    package.map_err(|error| match error {
        VisitError::Read(error) => refused(path, error),
        VisitError::Visitor(never) => match never {},
    })
}

pub(crate) fn refused(path: &Path, error: ReadError) -> Error {
    let path = path.to_owned();
    let other = matches!(error, ReadError::NotGzip(_)).then(|| OtherFile::at(&path)).flatten();
    other.map_or_else(
        || Error::Package { path: path.clone(), error },
        |other| Error::NotAPackage { path: path.clone(), other },
    )
}

/// Opens a file, but not a pipe or device, which would block.
pub(crate) fn open(path: &Path) -> Result<(File, u64), Error> {
    let failed = |source| Error::Open { path: path.to_owned(), source };
    let metadata = fs::metadata(path).map_err(failed)?;
    if !metadata.is_file() {
        return Err(Error::NotAFile(path.to_owned()));
    }
    Ok((File::open(path).map_err(failed)?, metadata.len()))
}

/// Returns example values of the peer's variables, so that fields which use them can be checked.
#[must_use]
pub fn example_peer() -> Vec<(&'static str, String)> {
    [("peer_id", "peer0"), ("msp_id", "Org1MSP"), ("hostname", "peer0")]
        .map(|(name, value)| (name, value.to_owned()))
        .to_vec()
}

/// Returns the surroundings of a builder with a configuration and the peer's variables, but without data of this machine.
#[must_use]
pub fn surroundings(configuration: Option<OsString>, peer: Vec<(&'static str, String)>) -> Surroundings {
    Surroundings { configuration, builder_folder: None, peer, now: SystemTime::now() }
}
