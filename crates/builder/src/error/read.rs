//! Why a file of a package cannot be read.

use std::io;

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
    /// A folder holds more than allowed.
    #[error("{0}")]
    Limit(String),
    /// The system says no.
    #[error(transparent)]
    System(io::Error),
}
