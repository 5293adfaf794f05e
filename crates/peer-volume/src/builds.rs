//! The builds of a peer: a folder `LABEL-HASH` for each package, with build-info.json, `bld` and `release`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use ccs_builder::folder::Kind;
use ccs_files::{BuildInfo, PackageId};
use serde::Serialize;

use crate::Error;
use crate::place::Place;

/// The folder of the builds below `peer.fileSystemPath` (Fabric 3.1 `internal/peer/node/start.go`).
pub const FOLDER: [&str; 2] = ["externalbuilder", "builds"];

/// The largest build-info.json that is read, in bytes.
const MAX_BUILD_INFO: u64 = 64 << 10;

/// The build of one package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// The package.
    pub id: PackageId,
    /// The folder.
    pub path: PathBuf,
    /// The name of the builder, or what is missing in the build.
    pub builder: Result<String, String>,
}

/// An entry with a name that a peer does not write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ignored {
    /// Its path.
    pub path: PathBuf,
    /// Why it is ignored.
    pub reason: String,
}

/// The builds of a peer, in the order of their folders.
#[derive(Debug)]
pub struct Builds {
    /// The folder.
    pub place: Place,
    /// The builds.
    pub builds: Vec<Build>,
    /// Other entries.
    pub ignored: Vec<Ignored>,
}

impl Builds {
    /// Reads the folder of the builds.
    pub fn read(place: Place) -> Result<Self, Error> {
        let (mut builds, mut ignored) = (Vec::new(), Vec::new());
        for (name, kind) in place.entries()? {
            let path = place.path().join(&name);
            let reason = match (package_id(&name), kind) {
                (Some(id), Kind::Folder) => {
                    let builder = builder(&place, &id)?;
                    builds.push(Build { id, path, builder });
                    continue;
                }
                (Some(_), _) => "it is not a folder",
                (None, _) => "its name is not LABEL-HASH",
            };
            ignored.push(Ignored { path, reason: reason.to_owned() });
        }
        Ok(Self { place, builds, ignored })
    }

    /// Returns the build of a package, by package ID or label.
    pub fn find(&self, name: &str) -> Result<&Build, Error> {
        /// The number of package IDs in a hint.
        const SHOWN: usize = 5;
        let is_meant = |build: &&Build| build.id.to_string() == name || build.id.label().as_str() == name;
        let meant: Vec<&Build> = self.builds.iter().filter(is_meant).collect();
        let ids = |builds: &mut dyn Iterator<Item = &Build>| builds.map(|build| build.id.clone()).collect();
        match meant[..] {
            [build] => Ok(build),
            [] => Err(Error::NoBuild {
                name: name.to_owned(),
                builds: self.place.path().to_owned(),
                known: ids(&mut self.builds.iter().take(SHOWN)),
            }),
            _ => {
                let ids = ids(&mut meant.iter().copied());
                Err(Error::SeveralBuilds { label: name.to_owned(), ids })
            }
        }
    }
}

/// Returns the folder of the builds, from that of the volume.
#[must_use]
pub fn of_volume(volume: &Path) -> PathBuf {
    FOLDER.iter().fold(volume.to_owned(), |path, name| path.join(name))
}

/// Reads a package ID from the name of a folder, `LABEL-HASH`.
fn package_id(name: &OsStr) -> Option<PackageId> {
    let (label, hash) = name.to_str()?.rsplit_once('-')?;
    Some(PackageId::new(label.parse().ok()?, hash.parse().ok()?))
}

/// Reads the name of the builder, or returns what is missing.
///
/// A peer creates the folder and build-info.json first, then copies `release` and `bld`. If a copy fails or the peer dies, it takes
/// the rest for a build (Fabric 3.1 `core/container/externalbuilder/externalbuilder.go`).
fn builder(builds: &Place, id: &PackageId) -> Result<Result<String, String>, Error> {
    let Some(folder) = builds.below(&[&id.sanitized()])? else {
        return Ok(Err("it has just been deleted".to_owned()));
    };
    let Some(info) = folder.read("build-info.json", MAX_BUILD_INFO)? else {
        return Ok(Err("there is no build-info.json".to_owned()));
    };
    let builder = match BuildInfo::parse(&info.bytes) {
        Ok(info) => info.builder_name,
        Err(error) => return Ok(Err(format!("build-info.json: {error}"))),
    };
    for name in ["release", "bld"] {
        if folder.below(&[name])?.is_none() {
            return Ok(Err(format!("there is no folder {name}")));
        }
    }
    Ok(Ok(builder))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn builds_are_read_and_other_entries_are_named() {
        let root = tempfile::tempdir().unwrap();
        let hash = "ab".repeat(32);
        let folder = |name: &str, info: Option<&str>, parts: &[&str]| {
            let folder = root.path().join(name);
            fs::create_dir(&folder).unwrap();
            if let Some(info) = info {
                fs::write(folder.join("build-info.json"), info).unwrap();
            }
            for part in parts {
                fs::create_dir(folder.join(part)).unwrap();
            }
        };
        let info = Some(r#"{"builder_name":"ccaas_builder"}"#);
        folder(&format!("a-1.0-{hash}"), info, &["bld", "release"]);
        folder(&format!("b-{hash}"), info, &["release"]);
        folder(&format!("c-{hash}"), None, &[]);
        folder(&format!("d-{hash}"), Some("{"), &["bld", "release"]);
        folder("tmp", None, &[]);
        fs::write(root.path().join(format!("e-{hash}")), "").unwrap();
        symlink("tmp", root.path().join(format!("f-{hash}"))).unwrap();
        let builds = Builds::read(Place::open(root.path()).unwrap()).unwrap();
        let read: Vec<_> = builds
            .builds
            .iter()
            .map(|build| (build.id.label().as_str(), build.builder.clone().unwrap_or_else(|reason| reason)))
            .collect();
        assert_eq!(
            read.iter().map(|(label, found)| (*label, found.as_str())).collect::<Vec<_>>(),
            [
                ("a-1.0", "ccaas_builder"),
                ("b", "there is no folder bld"),
                ("c", "there is no build-info.json"),
                ("d", "build-info.json: line 1, column 2: the document ends where a key or '}' should be"),
            ]
        );
        let ignored: Vec<_> = builds
            .ignored
            .iter()
            .map(|entry| (entry.path.file_name().unwrap().to_str().unwrap(), entry.reason.as_str()))
            .collect();
        let [file, link] = [format!("e-{hash}"), format!("f-{hash}")];
        assert_eq!(
            ignored,
            [
                (file.as_str(), "it is not a folder"),
                (link.as_str(), "it is not a folder"),
                ("tmp", "its name is not LABEL-HASH")
            ]
        );
    }
}
