//! Writes packages whose bytes depend only on their content (`docs/decisions/0003-reproducible-packages.md`).

mod gzip;
mod tar;

use std::io::{self, Write};

use ccs_files::{PackageHash, PackageId};
use sha2::{Digest as _, Sha256};

use crate::contents::PackageContents;
use tar::Owner;

/// The reason why a package cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The output failed.
    #[error("the package cannot be written: {0}")]
    Io(io::Error),
    /// A file is too large for the archive.
    #[error("{path:?} of {size} bytes is too large for a package")]
    TooLarge {
        /// The file.
        path: String,
        /// Its size in bytes.
        size: u64,
    },
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl WriteError {
    /// Returns what to do about the error.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Io(_) => None,
            Self::TooLarge { .. } => Some("a peer accepts packages of up to 100 MiB".to_owned()),
        }
    }
}

/// Writes a package and returns its ID. The same content results in the same bytes on every machine and in every
/// release.
///
/// Entries look like those of `peer lifecycle chaincode package`: mode 0100644, no times, no folders, owner 500 in
/// `code.tar.gz` and 0 in the outer archive (Fabric 3.1 `internal/peer/lifecycle/chaincode/package.go`). Nothing is
/// compressed, so the size of `code.tar.gz` is known in advance, and no memory is needed beyond the contents.
pub fn write(contents: &PackageContents, sink: impl Write) -> Result<PackageId, WriteError> {
    let mut package = gzip::Stored::new(Hashing { sink, digest: Sha256::new() })?;
    tar::append(&mut package, "metadata.json", &contents.metadata().to_json(), Owner::Package)?;
    let code_size = code_size(contents);
    tar::begin(&mut package, "code.tar.gz", code_size, Owner::Package)?;
    let mut code = gzip::Stored::new(&mut package)?;
    for (path, content) in contents.files() {
        tar::append(&mut code, path, content, Owner::Code)?;
    }
    tar::end(&mut code)?;
    code.finish()?;
    tar::pad(&mut package, code_size)?;
    tar::end(&mut package)?;
    let mut hashing = package.finish()?;
    hashing.flush()?;
    let hash = PackageHash::from_digest(hashing.digest.finalize().into());
    Ok(PackageId::new(contents.label().clone(), hash))
}

/// Returns the size of `code.tar.gz` in bytes.
fn code_size(contents: &PackageContents) -> u64 {
    let entries: u64 =
        contents.files().map(|(path, content)| tar::entry_size(path, content.len() as u64)).sum();
    gzip::stored_size(entries + tar::END_SIZE)
}

/// A writer that hashes all bytes written.
struct Hashing<W> {
    sink: W,
    digest: Sha256,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let count = self.sink.write(buffer)?;
        self.digest.update(&buffer[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}
