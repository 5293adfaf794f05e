//! Reads single files of a package with a limit, and only if they are files.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// The most that connection.json may hold, in bytes: room for thousands of certificates.
pub const MAX_CONNECTION: u64 = 16 * 1024 * 1024;

/// The most that metadata.json, config.json or an index may hold, in bytes.
pub const MAX_SMALL: u64 = 1024 * 1024;

/// A file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is nothing of that name.
    #[error("there is no such file")]
    Missing,
    /// It is a folder, a pipe, a device or a socket.
    #[error("it is not a file")]
    NotAFile,
    /// It is larger than allowed.
    #[error("it is larger than {0} bytes")]
    TooLarge(u64),
    /// The system says no.
    #[error(transparent)]
    System(io::Error),
}

/// Reads a whole file of at most `limit` bytes.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    // Opening a pipe would wait for its other end, so look first.
    let metadata = std::fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => ReadError::Missing,
        _ => ReadError::System(error),
    })?;
    if !metadata.is_file() {
        return Err(ReadError::NotAFile);
    }
    let mut content = Vec::new();
    let file = File::open(path).map_err(ReadError::System)?;
    file.take(limit + 1).read_to_end(&mut content).map_err(ReadError::System)?;
    if content.len() as u64 > limit { Err(ReadError::TooLarge(limit)) } else { Ok(content) }
}
