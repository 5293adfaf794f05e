//! The builds of a peer: a folder `LABEL-HASH` for each package, with build-info.json, `bld` and `release`.

use std::path::{Path, PathBuf};

use ccs_builder::folder::Kind;
use ccs_builder::report::chain;
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

/// An entry that a peer does not write, or that cannot be read as a build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ignored {
    /// Its path.
    pub path: PathBuf,
    /// Why it is ignored.
    pub reason: String,
}

impl Ignored {
    /// Returns the package, if the name is that of a build.
    fn id(&self) -> Option<PackageId> {
        PackageId::from_sanitized(self.path.file_name()?.to_str()?)
    }
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
            let reason = match (name.to_str().and_then(PackageId::from_sanitized), kind) {
                (Some(id), Kind::Folder) => {
                    match builder(&place, &id) {
                        Ok(builder) => {
                            builds.push(Build { id, path, builder });
                            continue;
                        }
                        // Commands on the other builds go on.
                        Err(error) => chain(&error),
                    }
                }
                (Some(_), _) => "it is not a folder".to_owned(),
                (None, _) => "its name is not LABEL-HASH".to_owned(),
            };
            ignored.push(Ignored { path, reason });
        }
        Ok(Self { place, builds, ignored })
    }

    /// Returns the build of a package, by package ID or label.
    pub fn find(&self, name: &str) -> Result<&Build, Error> {
        /// The number of package IDs in a hint.
        const SHOWN: usize = 5;
        let is_meant = |id: &PackageId| id.to_string() == name || id.label().as_str() == name;
        let meant: Vec<&Build> = self.builds.iter().filter(|build| is_meant(&build.id)).collect();
        let ids = |builds: &mut dyn Iterator<Item = &Build>| builds.map(|build| build.id.clone()).collect();
        match meant[..] {
            [build] => Ok(build),
            [] => {
                let mut ignored = self.ignored.iter();
                let unusable = ignored.find(|it| it.id().is_some_and(|id| is_meant(&id))).cloned();
                Err(unusable.map_or_else(
                    || Error::NoBuild {
                        name: name.to_owned(),
                        builds: self.place.path().to_owned(),
                        known: ids(&mut self.builds.iter().take(SHOWN)),
                    },
                    |Ignored { path, reason }| Error::Unusable { path, reason },
                ))
            }
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
        folder(&format!("g-{hash}"), Some(&" ".repeat((64 << 10) + 1)), &["bld", "release"]);
        folder(&format!("h-{hash}"), info, &["release"]);
        symlink("release", root.path().join(format!("h-{hash}/bld"))).unwrap();
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
        let [file, link, large, linked] = ["e", "f", "g", "h"].map(|label| format!("{label}-{hash}"));
        let shown = root.path().display();
        let is_large = format!("cannot read {shown}/{large}/build-info.json: it is larger than 65536 bytes");
        let is_linked = format!("cannot read {shown}/{linked}/bld: it is a symbolic link or not a folder");
        assert_eq!(
            ignored,
            [
                (file.as_str(), "it is not a folder"),
                (link.as_str(), "it is not a folder"),
                (large.as_str(), is_large.as_str()),
                (linked.as_str(), is_linked.as_str()),
                ("tmp", "its name is not LABEL-HASH")
            ]
        );
        assert_eq!(builds.find("a-1.0").unwrap().id.label().as_str(), "a-1.0");
        let refused = builds.find("g").unwrap_err();
        assert_eq!(refused.to_string(), format!("{shown}/{large} cannot be used: {is_large}"));
        assert!(refused.hint().unwrap().starts_with("run as the user of the peer"), "{refused}");
    }
}
