//! The ID of a package during its build.

use std::path::Path;

use ccs_files::{PackageId, PackageMetadata};
use ccs_launch::{ExitCode, Failure};

/// Returns the package ID, from the name of the folder that the peer has created for this build.
pub(crate) fn package_id(source: &Path, metadata: &PackageMetadata) -> Result<String, Failure> {
    let absolute = std::path::absolute(source).unwrap_or_default();
    let folder = absolute.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    let id = folder.and_then(PackageId::from_scratch_folder);
    let id = id.filter(|id| id.label().as_str() == metadata.label).ok_or_else(|| {
        Failure::new(
            ExitCode::Usage,
            format!(
                "{} is not in a folder fabric-{}-HASH, so the package ID is not known",
                source.display(),
                metadata.label
            ),
        )
        .with_hint("a peer calls build with such a folder")
    })?;
    Ok(id.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_is_known_by_the_folder_of_the_peer() {
        let metadata = |label: &str| PackageMetadata {
            chaincode_type: "ccaas".to_owned(),
            label: label.to_owned(),
            path: String::new(),
        };
        let hash = "ab".repeat(32);
        let source = format!("/tmp/fabric-basic-{hash}123/src");
        let id = package_id(Path::new(&source), &metadata("basic")).unwrap();
        assert_eq!(id, format!("basic:{hash}"));
        for (source, label) in [("/tmp/src", "basic"), (source.as_str(), "other")] {
            let failure = package_id(Path::new(source), &metadata(label)).unwrap_err();
            assert_eq!(failure.code(), ExitCode::Usage);
        }
    }
}
