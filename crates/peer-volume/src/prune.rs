//! `ccs prune`: finds and deletes builds and packages that a stopped peer does not need.
//!
//! A peer deletes neither: there is no uninstall, and it takes the rest of an interrupted build for a build for ever (Fabric 3.1
//! `core/container/externalbuilder/externalbuilder.go`). It builds a package without a build again when it starts.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use ccs_files::PackageId;
use serde::Serialize;

use crate::Error;
use crate::builds::{self, Build, Builds, Ignored};
use crate::definitions::Definitions;
use crate::lock::{BuildsLock, PeerStopped};
use crate::packages::{self, Packages};
use crate::place::Place;

/// The beginning of the names of builds that are being deleted, so that a peer does not take the rest for a build.
const DELETED: &str = ".ccs-pruned-";

/// What to look for.
#[derive(Debug)]
pub struct Prune<'a> {
    /// The folder in `peer.fileSystemPath`.
    pub volume: &'a Path,
    /// The definitions; without them and without packages to keep, no package is deleted.
    pub definitions: Option<&'a Definitions>,
    /// Packages that are kept.
    pub keep: &'a [PackageId],
    /// The names of the builders in core.yaml, if known.
    pub builders: Option<&'a [String]>,
    /// Whether to delete.
    pub is_confirmed: bool,
}

/// The document of `ccs prune --json`. Its shape is in `docs/json.md`.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// Builds and packages that are not needed.
    pub garbage: Vec<Garbage>,
    /// Entries with a name that a peer does not write.
    pub ignored: Vec<Ignored>,
    /// Why a deletion failed, which ends the command.
    #[serde(skip)]
    pub failure: Option<Error>,
}

/// What may be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The build of a package.
    Build,
    /// An installed package.
    Package,
}

impl Kind {
    /// Returns the word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Package => "package",
        }
    }
}

/// A build or package that may be deleted.
#[derive(Debug, Serialize)]
pub struct Garbage {
    /// The package.
    pub package_id: String,
    /// What it is.
    pub kind: Kind,
    /// The folder or file.
    pub path: PathBuf,
    /// Why it is not needed.
    pub reason: String,
    /// Whether the peer builds the package again at its next start.
    pub is_rebuilt: bool,
    /// Whether the command has deleted it.
    pub deleted: bool,
    #[serde(skip)]
    name: OsString,
}

/// The content of the folders of a volume.
struct Content {
    builds: Option<Builds>,
    packages: Option<Packages>,
}

impl Prune<'_> {
    /// Finds unused builds and packages, and deletes them if this is confirmed.
    pub fn run(&self) -> Result<Outcome, Error> {
        let volume = Place::open(self.volume)?;
        let _stopped = PeerStopped::check(&volume)?;
        let builds = volume.below(&builds::FOLDER)?;
        let _lock = builds.as_ref().map(BuildsLock::take).transpose()?;
        let content = Content {
            builds: builds.map(Builds::read).transpose()?,
            packages: volume.below(&packages::FOLDER)?.map(Packages::read).transpose()?,
        };
        self.check(&content)?;
        let mut garbage = self.garbage(&content);
        let failure = if self.is_confirmed { content.delete(&mut garbage).err() } else { None };
        Ok(Outcome { garbage, ignored: content.ignored(), failure })
    }

    /// Rejects a volume without packages, in which each build would be garbage, and a package to keep that is not installed: with a
    /// wrong ID, the command would delete the package that was meant.
    fn check(&self, content: &Content) -> Result<(), Error> {
        let has_builds = content.builds.as_ref().is_some_and(|builds| !builds.builds.is_empty());
        if has_builds && content.packages.is_none() {
            return Err(Error::NoPackages(self.volume.to_owned()));
        }
        match self.keep.iter().find(|id| !content.has_package(id)) {
            Some(id) => Err(Error::NotInstalled { id: id.clone(), volume: self.volume.to_owned() }),
            None => Ok(()),
        }
    }

    fn garbage(&self, content: &Content) -> Vec<Garbage> {
        let ignored = content.builds.iter().flat_map(|builds| &builds.ignored);
        // First, because the deletion of a build needs the name of its rest.
        let rests = ignored.filter_map(rest);
        let builds = content.builds.iter().flat_map(|builds| &builds.builds);
        let builds = builds.filter_map(|build| {
            let reason = self.reason_of_build(content, build)?;
            let is_rebuilt = content.has_package(&build.id) && !self.is_unused(&build.id);
            let name = build.id.sanitized().into();
            Some(garbage(build.id.to_string(), Kind::Build, (name, build.path.clone()), reason, is_rebuilt))
        });
        let packages = content.packages.iter().flat_map(|packages| &packages.packages);
        let packages = packages.filter(|package| self.is_unused(&package.id)).map(|package| {
            let place = (package.name.clone(), package.path.clone());
            garbage(package.id.to_string(), Kind::Package, place, UNUSED.to_owned(), false)
        });
        rests.chain(builds).chain(packages).collect()
    }

    fn reason_of_build(&self, content: &Content, build: &Build) -> Option<String> {
        if !content.has_package(&build.id) {
            return Some("the peer has no package of it".to_owned());
        }
        if self.is_unused(&build.id) {
            return Some(UNUSED.to_owned());
        }
        match (&build.builder, self.builders) {
            (Err(reason), _) => Some(format!("it is incomplete: {reason}")),
            (Ok(name), Some(builders)) if !builders.contains(name) => {
                Some(format!("its builder {name:?} is not in core.yaml"))
            }
            _ => None,
        }
    }

    fn is_unused(&self, id: &PackageId) -> bool {
        let is_known = self.definitions.is_some() || !self.keep.is_empty();
        let is_referred = self.definitions.is_some_and(|definitions| !definitions.is_unused(&id.to_string()));
        is_known && !is_referred && !self.keep.contains(id)
    }
}

/// The reason for a package that no definition needs, and for its build.
const UNUSED: &str = "no given definition and no --keep names the package";

fn garbage(
    package_id: String,
    kind: Kind,
    (name, path): (OsString, PathBuf),
    reason: String,
    is_rebuilt: bool,
) -> Garbage {
    Garbage { package_id, kind, path, reason, is_rebuilt, deleted: false, name }
}

impl Content {
    fn has_package(&self, id: &PackageId) -> bool {
        self.packages.as_ref().is_some_and(|packages| packages.has(id))
    }

    /// Returns the entries that are not touched.
    fn ignored(&self) -> Vec<Ignored> {
        let builds = self.builds.iter().flat_map(|builds| &builds.ignored);
        let packages = self.packages.iter().flat_map(|packages| &packages.ignored);
        builds.filter(|entry| rest(entry).is_none()).chain(packages).cloned().collect()
    }

    /// Deletes builds first: without its package, a build is found again, and a package without a build is built again.
    fn delete(&self, garbage: &mut [Garbage]) -> Result<(), Error> {
        for found in garbage {
            let place = match found.kind {
                Kind::Build => self.builds.as_ref().map(|builds| &builds.place),
                Kind::Package => self.packages.as_ref().map(|packages| &packages.place),
            };
            let Some(place) = place else { continue };
            match found.kind {
                Kind::Build if !found.name.as_encoded_bytes().starts_with(DELETED.as_bytes()) => {
                    let hidden: OsString = [OsStr::new(DELETED), &found.name].into_iter().collect();
                    place.rename(&found.name, &hidden)?;
                    place.delete(&hidden)?;
                }
                Kind::Build | Kind::Package => place.delete(&found.name)?,
            }
            found.deleted = true;
        }
        Ok(())
    }
}

/// Returns the rest of a build whose deletion was interrupted; [`None`] for other entries.
fn rest(entry: &Ignored) -> Option<Garbage> {
    let name = entry.path.file_name()?;
    let build = name.to_str()?.strip_prefix(DELETED)?;
    let id = PackageId::from_sanitized(build).map_or_else(|| build.to_owned(), |id| id.to_string());
    let reason = "an earlier ccs prune was interrupted".to_owned();
    Some(garbage(id, Kind::Build, (name.to_owned(), entry.path.clone()), reason, false))
}

#[cfg(test)]
mod tests;
