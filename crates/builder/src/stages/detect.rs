//! `detect SRC METADATA`: decides whether this builder handles the package.

use std::path::Path;

use super::read_metadata;
use crate::Error;
use crate::report::Report;

/// Returns whether the package is chaincode as a service. Prints nothing for other packages, because the
/// peer asks each builder.
pub fn detect(metadata_folder: &Path, report: &mut Report) -> Result<bool, Error> {
    let (metadata, _) = read_metadata(metadata_folder)?;
    report.set_label(&metadata.label);
    Ok(metadata.is_chaincode_as_a_service())
}
