//! The three programs that a peer calls, as functions.

mod build;
mod detect;
mod release;

use std::path::Path;

use ccs_files::PackageMetadata;

pub(crate) use build::read_connection;
pub use build::{Prepared, build, prepare};
pub use detect::detect;
pub use release::release;

use crate::Error;
use crate::input;

/// Reads metadata.json in a folder; also returns its bytes.
pub fn read_metadata(folder: &Path) -> Result<(PackageMetadata, Vec<u8>), Error> {
    let path = folder.join("metadata.json");
    let content = input::read(&path, input::MAX_SMALL)
        .map_err(|source| Error::MetadataUnreadable { path: path.clone(), source })?;
    let metadata = PackageMetadata::parse(&content).map_err(|error| Error::Metadata { path, error })?;
    Ok((metadata, content))
}
