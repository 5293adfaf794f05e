//! The input of the host: a package.

use std::path::Path;

use ccs_files::PackageId;

use crate::copy;

/// Package to build.
pub struct PackageSource<'a> {
    /// Package ID, used in the names of the scratch folder and the durable build.
    pub id: &'a PackageId,
    /// Bytes of `metadata.json`, which builders receive unchanged.
    pub metadata: &'a [u8],
    /// Unpacks `code.tar.gz` into the given folder, which exists and is empty.
    pub unpack: Unpack<'a>,
}

/// Function that fills a source folder.
pub type Unpack<'a> = Box<dyn FnOnce(&Path) -> Result<(), UnpackError> + Send + 'a>;

/// Error from filling a source folder.
pub type UnpackError = Box<dyn std::error::Error + Send + Sync>;

impl<'a> PackageSource<'a> {
    /// Creates a package whose source is copied from a folder.
    #[must_use]
    pub fn from_folder(id: &'a PackageId, metadata: &'a [u8], source: &'a Path) -> Self {
        let unpack = move |target: &Path| copy::copy_folder(source, target).map_err(UnpackError::from);
        Self { id, metadata, unpack: Box::new(unpack) }
    }
}
