//! `ccs rebind`: changes how a peer dials installed chaincode.
//!
//! A peer reads `release/chaincode/server/connection.json` each time it launches the chaincode (Fabric 3.1
//! `core/container/externalbuilder/instance.go`). It does not read `bld/connection.json` again, which gets the same content so that
//! the two agree. Each file is replaced by a rename: a reader sees the old or the new content, also after a crash.

mod change;
mod edit;

use std::path::PathBuf;
use std::time::SystemTime;

use ccs_builder::limits::MAX_CONNECTION;
use ccs_builder::{Warning, check};
use ccs_files::Connection;
use ccs_launch::record;
use serde::Serialize;

pub use self::change::Change;
pub use self::edit::{Client, Edit, Whole};
use crate::Error;
use crate::builds::{Build, Builds};
use crate::lock::BuildsLock;
use crate::place::{Content, Place};

/// The name that the documentation and `ccs-builder install` give to the builder; it is that of Fabric's own builder too, whose
/// connection.json has the same rules.
pub const BUILDER: &str = "ccaas_builder";

/// The name of the file.
const FILE: &str = "connection.json";

/// The name of the former file.
const FORMER: &str = "connection.json.before";

/// The folder of the file in a release.
const SERVER: [&str; 3] = ["release", "chaincode", "server"];

/// A change of a build.
#[derive(Debug)]
pub struct Rebind<'a> {
    /// The folder of the builds.
    pub builds: PathBuf,
    /// The package ID or label.
    pub package: &'a str,
    /// Names of builders in addition to [`BUILDER`].
    pub builders: &'a [String],
    /// The change of connection.json.
    pub edit: &'a Edit,
    /// Whether to write nothing.
    pub is_trial: bool,
    /// The time at which certificates must be valid.
    pub now: SystemTime,
}

/// The document of `ccs rebind --json`. Its shape is in `docs/json.md`.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// The package.
    pub package_id: String,
    /// The address in the new file.
    pub address: String,
    /// The file that the peer reads.
    pub file: PathBuf,
    /// The fields that differ.
    pub changes: Vec<Change>,
    /// The files that were written, or would be.
    pub written: Vec<PathBuf>,
    /// Whether the files were written.
    pub done: bool,
    /// What works but is probably a mistake.
    pub warnings: Vec<String>,
}

/// A connection.json of a build.
struct Copy {
    place: Place,
    former: Option<Content>,
}

impl Rebind<'_> {
    /// Checks the new connection.json with the checks of an install, and writes it.
    pub fn run(&self) -> Result<Outcome, Error> {
        let place = Place::open(&self.builds)?;
        let lock = if self.is_trial { None } else { Some(BuildsLock::take(&place)?) };
        let builds = Builds::read(place)?;
        let build = builds.find(self.package)?;
        let [released, other] = self.copies(&builds.place, build)?;
        let path = released.place.path().join(FILE);
        let Some(former) = &released.former else {
            return Err(Error::NoConnection {
                id: build.id.clone(),
                path: PathBuf::from_iter(SERVER).join(FILE),
            });
        };
        let mut warnings = Vec::new();
        let current = match Connection::parse(&former.bytes) {
            Ok((connection, _)) => connection,
            Err(error) if self.edit.whole.is_some() => {
                warnings.push(format!("the former file is not valid: {error}"));
                Connection::default()
            }
            Err(error) => return Err(Error::Connection { path, error, is_current: true }),
        };
        let (new, found) = self.edit.apply(&current)?;
        let new = checked(new, found, self.now, &mut warnings)?;
        // The peer reads the key as owner or by group; no other user may.
        let allowed = if new.client_key.is_empty() { 0o777 } else { 0o770 };
        let content = Content { bytes: new.to_json(), ..former.clone() };
        let mut outcome = Outcome {
            package_id: build.id.to_string(),
            address: new.address.clone(),
            file: path,
            changes: change::between(&current, &new),
            written: Vec::new(),
            done: lock.is_some(),
            warnings,
        };
        // The release first: it is the file that counts.
        for copy in [&released, &other] {
            if copy.former.as_ref().is_some_and(|former| former.bytes == content.bytes) {
                continue;
            }
            outcome.written.push(copy.place.path().join(FILE));
            if !self.is_trial {
                copy.replace(&content, allowed)?;
            }
        }
        Ok(outcome)
    }

    /// Reads both files of a build, unless another program is responsible for them.
    fn copies(&self, builds: &Place, build: &Build) -> Result<[Copy; 2], Error> {
        let id = || build.id.clone();
        let builder = build.builder.clone().map_err(|reason| Error::Incomplete { id: id(), reason })?;
        if builder != BUILDER && !self.builders.contains(&builder) {
            return Err(Error::OtherBuilder { id: id(), builder });
        }
        let folder = build.id.sanitized();
        let bld = builds.below(&[&folder, "bld"])?;
        let bld =
            bld.ok_or_else(|| Error::Incomplete { id: id(), reason: "there is no folder bld".to_owned() })?;
        if bld.read(record::FILE, MAX_CONNECTION)?.is_some() {
            return Err(Error::Launched { id: id(), builds: builds.path().to_owned() });
        }
        let names: Vec<&str> = std::iter::once(folder.as_str()).chain(SERVER).collect();
        let server = builds
            .below(&names)?
            .ok_or_else(|| Error::NoConnection { id: id(), path: PathBuf::from_iter(SERVER).join(FILE) })?;
        Ok([Copy::read(server)?, Copy::read(bld)?])
    }
}

impl Copy {
    fn read(place: Place) -> Result<Self, Error> {
        let former = place.read(FILE, MAX_CONNECTION)?;
        Ok(Self { place, former })
    }

    /// Keeps the former file, and then replaces it. The file keeps its owner and those bits of its mode that are allowed.
    fn replace(&self, content: &Content, allowed: u32) -> Result<(), Error> {
        self.place.delete_drafts()?;
        let mut content = content.clone();
        if let Some(former) = &self.former {
            content = Content { bytes: content.bytes, ..former.clone() };
            // It may contain a key, also if every user could read the former file.
            self.place.write(FORMER, &Content { mode: 0o600, ..former.clone() })?;
        }
        content.mode &= allowed;
        self.place.write(FILE, &content)
    }
}

/// Checks a connection as `build` does after it has rendered the templates.
fn checked(
    mut connection: Connection,
    mut found: Vec<Warning>,
    now: SystemTime,
    warnings: &mut Vec<String>,
) -> Result<Connection, Error> {
    found.extend(check::unused_tls(&connection));
    check::check(&mut connection, now, &mut found)?;
    check::check_size(&connection)?;
    warnings.extend(found.iter().map(ToString::to_string));
    Ok(connection)
}

#[cfg(test)]
mod tests;
