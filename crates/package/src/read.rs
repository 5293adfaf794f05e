//! Reads a package in one pass, in constant memory except for its names.

mod code_walk;
mod error;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ccs_files::{PackageHash, PackageId, PackageMetadata};
use sha2::{Digest as _, Sha256};

pub use error::ReadError;

use crate::archive::Member;
use crate::archive::fault::Failure;
use crate::code::{CodeEntry, EntryKind};
use crate::header::{EntryHeader, GzipHeader};
use crate::layer::{self, Cause, CompressedArchive, Counted};
use crate::limits::{Layer, LimitExceeded, Limits, Tally};
use crate::shown::shown;
use code_walk::CodeWalk;

/// A package that a peer would install.
#[derive(Clone, Debug)]
pub struct Package {
    id: PackageId,
    metadata: PackageMetadata,
    metadata_bytes: Vec<u8>,
    gzip: GzipHeader,
    members: Vec<EntryHeader>,
    code_gzip: GzipHeader,
    entries: Vec<CodeEntry>,
    warnings: Vec<Warning>,
}

impl Package {
    /// Returns the package ID, as a peer computes it.
    #[must_use]
    pub fn id(&self) -> &PackageId {
        &self.id
    }

    /// Returns the parsed `metadata.json`.
    #[must_use]
    pub fn metadata(&self) -> &PackageMetadata {
        &self.metadata
    }

    /// Returns the bytes of `metadata.json` that builders receive.
    #[must_use]
    pub fn metadata_bytes(&self) -> &[u8] {
        &self.metadata_bytes
    }

    /// Returns the gzip header of the package or of its `code.tar.gz`.
    #[must_use]
    pub fn gzip(&self, layer: Layer) -> &GzipHeader {
        match layer {
            Layer::Package => &self.gzip,
            Layer::Code => &self.code_gzip,
        }
    }

    /// Returns the headers of the outer archive, in its order.
    #[must_use]
    pub fn members(&self) -> &[EntryHeader] {
        &self.members
    }

    /// Returns the entries of `code.tar.gz` in its order; a later one overrides an earlier one with the same path.
    #[must_use]
    pub fn code_entries(&self) -> &[CodeEntry] {
        &self.entries
    }

    /// Returns the warnings: properties that a peer accepts but that are probably mistakes.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

/// A property of a package that a peer accepts but that is probably a mistake.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// A file in the outer archive that peers ignore.
    #[error("the package holds {name:?}, which a peer ignores")]
    Ignored {
        /// The file.
        name: String,
    },
    /// One of the two files occurs more than once.
    #[error(
        "the package holds {name} more than once: a peer validates the last one but builds from the first one"
    )]
    Duplicate {
        /// The file.
        name: &'static str,
    },
}

/// The reason why a visit to the code of a package ended early.
#[derive(Debug, thiserror::Error)]
pub enum VisitError<E> {
    /// The package cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The visitor returned an error.
    #[error("{0}")]
    Visitor(E),
}

/// A file or folder of a package that a visitor sees.
#[derive(Clone, Copy, Debug)]
pub enum Visited<'a> {
    /// An entry of `code.tar.gz`.
    Code(&'a CodeEntry),
    /// A file in the outer archive besides `metadata.json` and `code.tar.gz`, which a peer ignores.
    Ignored(&'a EntryHeader),
}

/// The function that is called with each file or folder and its content.
pub(crate) type Visitor<'a, E> = dyn FnMut(Visited<'_>, &mut dyn Read) -> Result<(), E> + 'a;

/// Reads a package and makes all the checks of a peer that installs and unpacks it.
pub fn read(source: impl Read, limits: &Limits) -> Result<Package, ReadError> {
    visit_code(source, limits, |_, _| Ok::<(), Infallible>(())).map_err(|error| match error {
        VisitError::Read(error) => error,
        VisitError::Visitor(never) => match never {},
    })
}

/// Reads a package like [`read()`] and calls the visitor with each entry of its code and the entry's content.
///
/// The visitor sees entries in the order of the archive, before the rest of the package is checked: if an error is
/// returned, its work must be undone. It need not read all of the content.
pub fn visit_code<E>(
    source: impl Read,
    limits: &Limits,
    mut visitor: impl FnMut(&CodeEntry, &mut dyn Read) -> Result<(), E>,
) -> Result<Package, VisitError<E>> {
    visit(source, limits, |visited, content| match visited {
        Visited::Code(entry) => visitor(entry, content),
        Visited::Ignored(_) => Ok(()),
    })
}

/// Visits a package like [`visit_code`], and also the files that a peer ignores.
pub fn visit<E>(
    source: impl Read,
    limits: &Limits,
    mut visitor: impl FnMut(Visited<'_>, &mut dyn Read) -> Result<(), E>,
) -> Result<Package, VisitError<E>> {
    Walk::new(limits, Some(&mut visitor)).run(source)
}

/// Visits an archive within the code of a package, by the rules for the code itself: files and folders, within the limits, and no path
/// that leads outside. [`ReadError::within`] names the archive in errors.
pub fn visit_archive<E>(
    source: impl Read,
    limits: &Limits,
    mut visitor: impl FnMut(&CodeEntry, &mut dyn Read) -> Result<(), E>,
) -> Result<(), VisitError<E>> {
    let mut each = |visited: Visited<'_>, content: &mut dyn Read| match visited {
        Visited::Code(entry) => visitor(entry, content),
        Visited::Ignored(_) => Ok(()),
    };
    CodeWalk::unpack(source, limits, &mut each)?.finish().map_err(ReadError::Code)?;
    Ok(())
}

/// Returns the first bytes of a file in an archive within the code of a package; [`None`] if the archive has no such file. Reads the
/// whole archive, by the rules of [`visit_archive`].
pub fn archived_head(
    source: impl Read,
    limits: &Limits,
    path: &Path,
    length: u64,
) -> Result<Option<Vec<u8>>, ReadError> {
    let mut head = None;
    let visited = visit_archive(source, limits, |entry, content| {
        if entry.path() == path && entry.kind() == EntryKind::File {
            let mut bytes = Vec::new();
            // A fault of the archive ends the visit, too.
            let _ = content.take(length).read_to_end(&mut bytes);
            head = Some(bytes);
        }
        Ok::<(), Infallible>(())
    });
    match visited {
        Ok(()) => Ok(head),
        Err(VisitError::Read(error)) => Err(error),
        Err(VisitError::Visitor(never)) => match never {},
    }
}

/// The SHA-256 of each file of a package's code, by path; a later file overrides an earlier one with the same path.
pub type Digests = BTreeMap<PathBuf, [u8; 32]>;

/// Reads a package like [`read()`] and computes the digest of each file of its code, so that two packages can be
/// compared without unpacking them.
pub fn digests(source: impl Read, limits: &Limits) -> Result<(Package, Digests), ReadError> {
    let mut digests = Digests::new();
    let package = visit_code(source, limits, |entry, content| {
        if entry.kind() == EntryKind::File {
            let mut hashing = Hashing::new(content);
            io::copy(&mut hashing, &mut io::sink())?;
            digests.insert(entry.path().to_owned(), hashing.digest.finalize().into());
        }
        Ok(())
    });
    match package {
        Ok(package) => Ok((package, digests)),
        Err(VisitError::Read(error)) => Err(error),
        Err(VisitError::Visitor(error)) => Err(ReadError::Io(error)),
    }
}

/// Computes the package ID like `peer lifecycle chaincode calculatepackageid`, without reading `code.tar.gz`.
pub fn package_id(source: impl Read, limits: &Limits) -> Result<PackageId, ReadError> {
    match Walk::<Infallible>::new(limits, None).run(source) {
        Ok(package) => Ok(package.id),
        Err(VisitError::Read(error)) => Err(error),
        Err(VisitError::Visitor(never)) => match never {},
    }
}

/// The state of a walk through one package.
struct Walk<'a, E> {
    limits: &'a Limits,
    visitor: Option<&'a mut Visitor<'a, E>>,
    gzip: GzipHeader,
    members: Vec<EntryHeader>,
    metadata: Option<PackageMetadata>,
    metadata_bytes: Option<Vec<u8>>,
    code: Option<CodeWalk>,
    warnings: Vec<Warning>,
}

/// The bytes of the package file, hashed as they are read.
type Source<R> = Counted<Hashing<R>>;

impl<'a, E> Walk<'a, E> {
    fn new(limits: &'a Limits, visitor: Option<&'a mut Visitor<'a, E>>) -> Self {
        Self {
            limits,
            visitor,
            gzip: GzipHeader::default(),
            members: Vec::new(),
            metadata: None,
            metadata_bytes: None,
            code: None,
            warnings: Vec::new(),
        }
    }

    fn run(mut self, source: impl Read) -> Result<Package, VisitError<E>> {
        let exceeded = LimitExceeded::FileBytes { limit: self.limits.file_bytes };
        let mut source = Counted::new(Hashing::new(source), self.limits.file_bytes, exceeded);
        self.members(&mut source)?;
        // A peer hashes the whole file, including data after the end of its archive.
        io::copy(&mut source, &mut io::sink()).map_err(source_error)?;
        Ok(self.finish(source.into_inner().hash())?)
    }

    fn members<R: Read>(&mut self, source: &mut Source<R>) -> Result<(), VisitError<E>> {
        let (gzip, mut package) =
            layer::open(source, Layer::Package, self.limits).map_err(|cause| match cause {
                Cause::Gzip(fault) => ReadError::NotGzip(fault),
                cause => package_error(cause, None),
            })?;
        self.gzip = gzip;
        let mut tally = Tally::new(Layer::Package, self.limits);
        while let Some(member) = package.next().map_err(|failure| package_failure(failure, None))? {
            tally.admit(&member).map_err(ReadError::Limit)?;
            if member.flag != b'0' {
                return Err(ReadError::NotRegular { name: shown(&member.name), flag: member.flag }.into());
            }
            self.file(&member, &mut package)?;
            self.members.push(member);
        }
        Ok(())
    }

    fn file<R: Read>(
        &mut self,
        member: &Member,
        package: &mut CompressedArchive<R>,
    ) -> Result<(), VisitError<E>> {
        let name = shown(&member.name);
        let unreadable = |error| package_failure(Failure::Io(error), Some(name.clone()));
        match member.name.as_slice() {
            b"metadata.json" => {
                let mut content = Vec::new();
                package.read_to_end(&mut content).map_err(unreadable)?;
                let parsed = PackageMetadata::parse(&content).map_err(ReadError::Metadata)?;
                if self.metadata.replace(parsed).is_some() {
                    self.warnings.push(Warning::Duplicate { name: "metadata.json" });
                }
                self.metadata_bytes.get_or_insert(content);
            }
            b"code.tar.gz" => self.code(package)?,
            _ => {
                self.warnings.push(Warning::Ignored { name: name.clone() });
                if let Some(visitor) = &mut self.visitor {
                    code_walk::visit_ignored(member, package, &name, *visitor)?;
                }
            }
        }
        io::copy(package, &mut io::sink()).map_err(unreadable)?;
        Ok(())
    }

    fn code<R: Read>(&mut self, package: &mut CompressedArchive<R>) -> Result<(), VisitError<E>> {
        let walk = match &mut self.visitor {
            None => CodeWalk::default(),
            Some(visitor) if self.code.is_none() => CodeWalk::unpack(package, self.limits, *visitor)?,
            Some(_) => CodeWalk::check(package, self.limits)?,
        };
        match &mut self.code {
            None => self.code = Some(walk),
            Some(first) => {
                first.fault = first.fault.take().or(walk.fault);
                self.warnings.push(Warning::Duplicate { name: "code.tar.gz" });
            }
        }
        Ok(())
    }

    /// Reports the first error in the peer's order: code missing, metadata missing, label, code.
    fn finish(self, hash: PackageHash) -> Result<Package, ReadError> {
        let nearest = |wanted: &str| {
            self.warnings.iter().find_map(|warning| match warning {
                Warning::Ignored { name } if name.ends_with(wanted) => Some(name.clone()),
                _ => None,
            })
        };
        let Some(code) = self.code else { return Err(ReadError::NoCode { nearest: nearest("code.tar.gz") }) };
        let (Some(metadata), Some(metadata_bytes)) = (self.metadata, self.metadata_bytes) else {
            return Err(ReadError::NoMetadata { nearest: nearest("metadata.json") });
        };
        let label = metadata
            .label
            .parse()
            .map_err(|error| ReadError::Label { error, label: metadata.label.clone() })?;
        let code_gzip = code.gzip.clone();
        let entries = code.finish().map_err(ReadError::Code)?;
        Ok(Package {
            id: PackageId::new(label, hash),
            metadata,
            metadata_bytes,
            gzip: self.gzip,
            members: self.members,
            code_gzip,
            entries,
            warnings: self.warnings,
        })
    }
}

/// Converts a failure of the outer archive to an error.
fn package_failure(failure: Failure, reading: Option<String>) -> ReadError {
    match failure {
        Failure::Tar(fault) => ReadError::Damaged { fault: fault.into(), reading },
        Failure::Io(error) => package_error(Cause::of(error), reading),
    }
}

fn package_error(cause: Cause, reading: Option<String>) -> ReadError {
    match cause {
        Cause::Below(error) => source_error(error),
        Cause::Limit(limit) => ReadError::Limit(limit),
        Cause::Gzip(fault) => ReadError::Damaged { fault: fault.into(), reading },
    }
}

/// Converts a failure of the source to an error.
fn source_error(error: io::Error) -> ReadError {
    match error.downcast::<LimitExceeded>() {
        Ok(limit) => ReadError::Limit(limit),
        Err(error) => ReadError::Io(error),
    }
}

/// A reader that hashes all bytes it returns.
struct Hashing<R> {
    inner: R,
    digest: Sha256,
}

impl<R> Hashing<R> {
    fn new(inner: R) -> Self {
        Self { inner, digest: Sha256::new() }
    }

    fn hash(self) -> PackageHash {
        PackageHash::from_digest(self.digest.finalize().into())
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.digest.update(&buffer[..count]);
        Ok(count)
    }
}
