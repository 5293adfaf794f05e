//! Reads single regular files of a package, up to a limit.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::OFlags;

pub use crate::error::ReadError;
pub use crate::limits::MAX_CONNECTION;

/// The limit for metadata.json, config.json and each index, in bytes.
pub const MAX_SMALL: u64 = 1024 * 1024;

/// Reads a whole file of at most `limit` bytes.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    // Opening a device may have side effects, so check the kind first.
    let metadata = std::fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => ReadError::Missing,
        _ => ReadError::System(error),
    })?;
    if !metadata.is_file() {
        return Err(ReadError::NotAFile);
    }
    // A pipe that has replaced the file meanwhile must not block.
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(ReadError::System)?;
    read_file(file, limit)
}

/// Reads an open file of at most `limit` bytes.
pub fn read_file(file: File, limit: u64) -> Result<Vec<u8>, ReadError> {
    if !file.metadata().map_err(ReadError::System)?.is_file() {
        return Err(ReadError::NotAFile);
    }
    let mut content = Vec::new();
    file.take(limit + 1).read_to_end(&mut content).map_err(ReadError::System)?;
    if content.len() as u64 > limit { Err(ReadError::TooLarge(limit)) } else { Ok(content) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_does_not_block() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &pipe,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::from_raw_mode(0o600),
            0,
        )
        .unwrap();
        assert_eq!(read(&pipe, 10).unwrap_err().to_string(), "it is not a file");
        // Simulates a pipe that replaces a file after the check.
        let opened = crate::folder::Folder::open(folder.path()).unwrap().file("pipe".as_ref()).unwrap();
        assert_eq!(read_file(opened, 10).unwrap_err().to_string(), "it is not a file");
    }
}
