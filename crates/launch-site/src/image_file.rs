//! image.json of a package or a build.

use std::path::Path;

use ccs_builder::input;
use ccs_launch::image::{FILE, MAX_SIZE};
use ccs_launch::{ExitCode, Failure};

/// Reads the file image.json in a folder.
pub fn read(folder: &Path) -> Result<Vec<u8>, Failure> {
    input::read(&folder.join(FILE), MAX_SIZE).map_err(|error| {
        Failure::new(ExitCode::ImageJson, format!("cannot read {FILE}: {error}"))
            .with_hint("put it at the top of code.tar.gz")
    })
}
