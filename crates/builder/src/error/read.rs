//! Errors when reading a file of a package.

use std::io;

/// The reason why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file does not exist.
    #[error("there is no such file")]
    Missing,
    /// It is a folder, a pipe, a device or a socket.
    #[error("it is not a file")]
    NotAFile,
    /// It is larger than the limit, in bytes.
    #[error("it is larger than {0} bytes")]
    TooLarge(u64),
    /// A folder exceeds a limit.
    #[error("{0}")]
    Limit(String),
    /// The system reported an error.
    #[error(transparent)]
    System(io::Error),
}
