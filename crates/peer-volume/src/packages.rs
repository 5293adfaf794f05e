//! The installed packages of a peer: `lifecycle/chaincodes/LABEL.HASH.tar.gz`.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use ccs_builder::folder::Kind;
use ccs_files::PackageId;

use crate::Error;
use crate::builds::Ignored;
use crate::place::Place;

/// The folder below `peer.fileSystemPath` (Fabric 3.1 `internal/peer/node/start.go`).
pub const FOLDER: [&str; 2] = ["lifecycle", "chaincodes"];

/// The end of the name of a package file (Fabric 3.1 `core/chaincode/persistence/persistence.go`).
const SUFFIX: &str = ".tar.gz";

/// An installed package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// The package.
    pub id: PackageId,
    /// The name of its file.
    pub name: OsString,
    /// The file.
    pub path: PathBuf,
}

/// The installed packages, in the order of their files.
#[derive(Debug)]
pub struct Packages {
    /// The folder.
    pub place: Place,
    /// The packages.
    pub packages: Vec<Installed>,
    /// Other entries.
    pub ignored: Vec<Ignored>,
}

impl Packages {
    /// Reads the folder of the packages.
    pub fn read(place: Place) -> Result<Self, Error> {
        let (mut packages, mut ignored) = (Vec::new(), Vec::new());
        for (name, kind) in place.entries()? {
            let path = place.path().join(&name);
            let reason = match (package_id(&name), kind) {
                (Some(id), Kind::File) => {
                    packages.push(Installed { id, name, path });
                    continue;
                }
                (Some(_), _) => "it is not a file",
                (None, _) => "its name is not LABEL.HASH.tar.gz",
            };
            ignored.push(Ignored { path, reason: reason.to_owned() });
        }
        Ok(Self { place, packages, ignored })
    }

    /// Returns whether a package is installed.
    #[must_use]
    pub fn has(&self, id: &PackageId) -> bool {
        self.packages.iter().any(|package| package.id == *id)
    }
}

fn package_id(name: &OsStr) -> Option<PackageId> {
    let (label, hash) = name.to_str()?.strip_suffix(SUFFIX)?.rsplit_once('.')?;
    Some(PackageId::new(label.parse().ok()?, hash.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_may_contain_dots() {
        let hash = "ab".repeat(32);
        let id = |name: &str| package_id(OsStr::new(name)).map(|id| id.to_string());
        assert_eq!(id(&format!("basic_1.0.{hash}.tar.gz")), Some(format!("basic_1.0:{hash}")));
        for other in [format!("{hash}.tar.gz"), format!("basic.{hash}"), "basic.tar.gz".to_owned()] {
            assert_eq!(id(&other), None, "{other}");
        }
    }
}
