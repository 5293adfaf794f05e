//! Writes the files of a build with an image, for any platform.

use ccs_builder::output::Output;
use ccs_launch::{Failure, image};

use crate::order::{Package, of_builder};

/// Writes the files of a package that `run` reads.
pub(crate) fn write(package: Package<'_>, content: Vec<u8>) -> Result<(), Failure> {
    let output = Output::new(package.out)
        .file("metadata.json", package.metadata_content)
        .file(image::FILE, content)
        .folder("META-INF", package.meta_inf);
    output.write().map_err(|error| of_builder(&error))
}
