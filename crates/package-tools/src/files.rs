//! The files of a package: in the package file, or in a folder.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ccs_builder::input::{self, ReadError};
use ccs_files::PackageHash;
use ccs_package::Visited;
use sha2::{Digest as _, Sha256};

use crate::error::Error;
use crate::open::{self, PackageFile};

/// How many bytes at the beginning of a program to read, for its processor and other data.
const HEAD: u64 = 64;

/// The size of the read buffer.
const BLOCK: usize = 64 << 10;

/// The files of a package.
pub(crate) enum Files<'a> {
    /// Those of a package file.
    Package(&'a Path, &'a PackageFile),
    /// Those in a folder.
    Folder(&'a Path),
}

/// Data about a program, without its content.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    /// Its first bytes.
    pub(crate) head: Vec<u8>,
    /// Its size in bytes.
    pub(crate) size: u64,
    /// Its SHA-256.
    pub(crate) sha256: PackageHash,
}

impl Files<'_> {
    /// Reads a whole small file; a missing one is not an error.
    pub(crate) fn read(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, ReadError> {
        let folder = match self {
            Self::Package(_, package) => package.source.path(),
            Self::Folder(folder) => folder,
        };
        match input::read(&folder.join(name), limit) {
            Ok(content) => Ok(Some(content)),
            Err(ReadError::Missing) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Tells whether a file or folder exists at a path.
    pub(crate) fn has(&self, place: &str) -> bool {
        match self {
            Self::Package(_, package) => {
                package.package.code_entries().iter().any(|entry| entry.path().starts_with(place))
            }
            Self::Folder(folder) => folder.join(place).exists(),
        }
    }

    /// Passes a file of any size to a function; [`None`] if the file is missing.
    pub(crate) fn look_at<T>(
        &self,
        name: &str,
        mut look: impl FnMut(&mut dyn Read) -> T,
    ) -> Result<Option<T>, Error> {
        match self {
            Self::Folder(folder) => {
                let path = folder.join(name);
                if !path.is_file() {
                    return Ok(None);
                }
                let mut file = File::open(&path).map_err(|error| Error::read(&path, error))?;
                Ok(Some(look(&mut file)))
            }
            Self::Package(path, _) => {
                let mut found = None;
                let (file, _) = open::open(path)?;
                let visitor = |visited: Visited<'_>, content: &mut dyn Read| {
                    if let Visited::Code(entry) = visited
                        && entry.path() == Path::new(name)
                    {
                        found = Some(look(content));
                    }
                    Ok::<(), Infallible>(())
                };
                open::read(path, file, visitor)?;
                Ok(found)
            }
        }
    }

    /// Passes files of any size to a function, without missing ones.
    pub(crate) fn facts(&self, wanted: &BTreeSet<PathBuf>) -> Result<BTreeMap<PathBuf, Facts>, Error> {
        let mut found = BTreeMap::new();
        match self {
            Self::Folder(folder) => {
                for name in wanted {
                    let path = folder.join(name);
                    if path.is_file() {
                        let facts = File::open(&path).and_then(Facts::read);
                        found.insert(name.clone(), facts.map_err(|error| Error::read(&path, error))?);
                    }
                }
            }
            Self::Package(path, _) => {
                let (file, _) = open::open(path)?;
                let visitor = |visited: Visited<'_>, content: &mut dyn Read| {
                    if let Visited::Code(entry) = visited
                        && wanted.contains(entry.path())
                        // The reader itself reports an incomplete archive.
                        && let Ok(facts) = Facts::read(content)
                    {
                        found.insert(entry.path().to_owned(), facts);
                    }
                    Ok::<(), Infallible>(())
                };
                open::read(path, file, visitor)?;
            }
        }
        Ok(found)
    }
}

impl Facts {
    fn read(mut content: impl Read) -> io::Result<Self> {
        let mut head = Vec::new();
        content.by_ref().take(HEAD).read_to_end(&mut head)?;
        let (mut digest, mut size) = (Sha256::new_with_prefix(&head), head.len() as u64);
        let mut block = vec![0; BLOCK];
        loop {
            let count = content.read(&mut block)?;
            if count == 0 {
                break;
            }
            digest.update(&block[..count]);
            size += count as u64;
        }
        Ok(Self { head, size, sha256: PackageHash::from_digest(digest.finalize().into()) })
    }
}
