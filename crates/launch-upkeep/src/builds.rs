//! The builds of a peer: `externalbuilder/builds` below its `fileSystemPath`, with a folder `LABEL-HASH` for each package.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use ccs_files::{PackageId, PackageMetadata};
use ccs_launch::record::{self, Record};
use ccs_launch::{ExitCode, Failure};

/// The new name of launch.json after its server was deleted, so that `reconcile` does not create the server again.
pub const REMOVED: &str = "launch.json.removed";

/// The largest such file, in bytes.
const MAX_RECORD: u64 = 64 << 10;

/// The build of one package.
#[derive(Clone, Debug)]
pub struct Build {
    /// The package ID.
    pub package_id: String,
    /// The type in metadata.json; empty if the file is missing.
    pub chaincode_type: String,
    /// BLD.
    pub folder: PathBuf,
    /// The release output.
    pub release: PathBuf,
    /// The chaincode that the install has started, if any.
    pub record: Option<Record>,
    /// Whether that chaincode was deleted.
    pub is_removed: bool,
}

/// The builds of a peer, and those that could not be read.
#[derive(Clone, Debug, Default)]
pub struct Builds {
    /// The builds, by their package IDs.
    pub builds: Vec<Build>,
    /// Why builds are missing.
    pub warnings: Vec<String>,
}

impl Builds {
    /// Reads the folder of builds.
    pub fn read(folder: &Path) -> Result<Self, Failure> {
        let cannot = |error: std::io::Error| {
            Failure::new(ExitCode::InputOutput, format!("cannot read {}: {error}", folder.display())).with_hint(
                "the peer has its builds in externalbuilder/builds below peer.fileSystemPath of core.yaml",
            )
        };
        let mut found = Self::default();
        for entry in fs::read_dir(folder).map_err(cannot)? {
            let entry = entry.map_err(cannot)?;
            let Some(id) = entry.file_name().to_str().and_then(PackageId::from_sanitized) else { continue };
            match Build::read(id.to_string(), &entry.path()) {
                Ok(build) => found.builds.push(build),
                Err(reason) => found.warnings.push(reason),
            }
        }
        found.builds.sort_by(|one, other| one.package_id.cmp(&other.package_id));
        Ok(found)
    }

    /// Returns the build of a package.
    #[must_use]
    pub fn of(&self, package_id: &str) -> Option<&Build> {
        self.builds.iter().find(|build| build.package_id == package_id)
    }
}

impl Build {
    fn read(package_id: String, path: &Path) -> Result<Self, String> {
        let folder = path.join("bld");
        let is_removed = folder.join(REMOVED).exists();
        let record = record(&folder.join(record::FILE))?;
        let metadata = fs::read(folder.join("metadata.json")).ok();
        let metadata = metadata.and_then(|content| PackageMetadata::parse(&content).ok());
        Ok(Self {
            package_id,
            chaincode_type: metadata.map(|metadata| metadata.chaincode_type).unwrap_or_default(),
            folder,
            release: path.join("release"),
            is_removed: is_removed && record.is_none(),
            record,
        })
    }
}

fn record(path: &Path) -> Result<Option<Record>, String> {
    let cannot = |reason: String| format!("cannot read {}: {reason}", path.display());
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(cannot(error.to_string())),
        Ok(metadata) if metadata.len() > MAX_RECORD => return Err(cannot("it is too large".to_owned())),
        Ok(_) => {}
    }
    let content = fs::read(path).map_err(|error| cannot(error.to_string()))?;
    serde_json::from_slice(&content).map(Some).map_err(|error| cannot(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_are_known_by_the_names_of_their_folders() {
        let folder = tempfile::tempdir().unwrap();
        let hash = "ab".repeat(32);
        let build = |label: &str, record: Option<&str>| {
            let bld = folder.path().join(format!("{label}-{hash}/bld"));
            fs::create_dir_all(&bld).unwrap();
            fs::write(bld.join("metadata.json"), format!(r#"{{"type":"ccaas","label":"{label}"}}"#)).unwrap();
            if let Some(record) = record {
                fs::write(bld.join("launch.json"), record).unwrap();
            }
            bld
        };
        build(
            "b-1.0",
            Some(
                r#"{"platform":"kubernetes","namespace":"hlf","object":"ccs-b10-x","image":"i","port":9999,"tls":"mutual",
                    "settings":"00","certificates_end":"2036-01-01T00:00:00Z"}"#,
            ),
        );
        fs::write(build("a_1", None).join(REMOVED), "{}").unwrap();
        build("c", Some("no JSON"));
        fs::create_dir(folder.path().join("tmp")).unwrap();
        let builds = Builds::read(folder.path()).unwrap();
        let ids: Vec<_> = builds.builds.iter().map(|build| build.package_id.clone()).collect();
        assert_eq!(ids, [format!("a_1:{hash}"), format!("b-1.0:{hash}")]);
        assert!(builds.builds[0].is_removed && builds.builds[0].record.is_none());
        assert_eq!(builds.of(&ids[1]).unwrap().record.as_ref().unwrap().object, "ccs-b10-x");
        assert_eq!(builds.builds[1].chaincode_type, "ccaas");
        assert_eq!(builds.warnings.len(), 1);
        assert!(builds.warnings[0].contains("launch.json: expected ident"), "{:?}", builds.warnings);
    }

    #[test]
    fn a_folder_that_is_missing_is_named_with_what_is_meant() {
        let failure = Builds::read(Path::new("/missing/builds")).unwrap_err();
        assert_eq!(failure.code(), ExitCode::InputOutput);
        assert!(failure.line().contains("cannot read /missing/builds: "), "{}", failure.line());
        assert!(failure.line().contains("hint: the peer has its builds in "), "{}", failure.line());
    }
}
