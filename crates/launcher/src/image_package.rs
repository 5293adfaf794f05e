//! Packages with an image, whatever the platform: their files.

use std::path::Path;

use ccs_builder::input;
use ccs_builder::output::Output;
use ccs_launch::image;
use ccs_launch::{ExitCode, Failure};

use crate::order::{Package, of_builder};

/// Reads the file image.json of a package or a build.
pub(crate) fn read_content(folder: &Path) -> Result<Vec<u8>, Failure> {
    input::read(&folder.join(image::FILE), image::MAX_SIZE).map_err(|error| {
        Failure::new(ExitCode::ImageJson, format!("cannot read {}: {error}", image::FILE))
            .with_hint("put it at the top of code.tar.gz")
    })
}

/// Writes what `run` needs of a package.
pub(crate) fn write(package: Package<'_>, content: Vec<u8>) -> Result<(), Failure> {
    let output = Output::new(package.out)
        .file("metadata.json", package.metadata_content)
        .file(image::FILE, content)
        .folder("META-INF", package.meta_inf);
    output.write().map_err(|error| of_builder(&error))
}
