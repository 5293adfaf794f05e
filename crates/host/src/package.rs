//! A package as the host needs it.

use std::path::Path;

use ccs_files::PackageId;

use crate::copy;

/// What the host needs of a package.
pub struct PackageSource<'a> {
    /// Names the scratch folder and the durable build.
    pub id: &'a PackageId,
    /// The bytes of `metadata.json`, which builders get unchanged.
    pub metadata: &'a [u8],
    /// Puts the content of `code.tar.gz` into the folder it is given, which exists and is empty.
    pub unpack: Unpack<'a>,
}

/// Fills a source folder.
pub type Unpack<'a> = Box<dyn FnOnce(&Path) -> Result<(), UnpackError> + Send + 'a>;

/// Why a source folder could not be filled.
pub type UnpackError = Box<dyn std::error::Error + Send + Sync>;

impl<'a> PackageSource<'a> {
    /// Takes the source from a folder, which is copied.
    #[must_use]
    pub fn from_folder(id: &'a PackageId, metadata: &'a [u8], source: &'a Path) -> Self {
        let unpack = move |target: &Path| copy::copy_folder(source, target).map_err(UnpackError::from);
        Self { id, metadata, unpack: Box::new(unpack) }
    }
}
