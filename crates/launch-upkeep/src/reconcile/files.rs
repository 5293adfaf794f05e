//! The files of a build that change with its chaincode: launch.json, and connection.json in the build and where the peer reads it.

use std::fs;
use std::path::PathBuf;

use ccs_files::Connection;
use ccs_launch::record::{self, Record};
use ccs_launch::{ExitCode, Failure};

use crate::builds::Build;

/// The files of a build.
pub(super) struct Files<'a> {
    build: &'a Build,
}

impl<'a> Files<'a> {
    pub(super) fn of(build: &'a Build) -> Self {
        Self { build }
    }

    /// Returns where the build and the peer have connection.json.
    fn connections(&self) -> [PathBuf; 2] {
        [
            self.build.folder.join("connection.json"),
            self.build.release.join("chaincode/server/connection.json"),
        ]
    }

    /// Reads how the peer dials; none if that is not known.
    pub(super) fn connection(&self) -> Option<Connection> {
        self.connections()
            .iter()
            .rev()
            .find_map(|path| Connection::parse(&fs::read(path).ok()?).ok().map(|(connection, _)| connection))
    }

    /// Tells whether the peer reads what the build has.
    pub(super) fn is_released(&self) -> bool {
        let [built, released] = self.connections().map(|path| fs::read(path).ok());
        built.is_some() && built == released
    }

    /// Replaces connection.json, first where the peer reads it. Mode and owner stay.
    pub(super) fn write_connection(&self, connection: &Connection) -> Result<(), Failure> {
        let content = connection.to_json();
        self.connections().iter().rev().try_for_each(|path| replace(path, &content))
    }

    /// Replaces launch.json.
    pub(super) fn write_record(&self, record: &Record) -> Result<(), Failure> {
        let path = self.build.folder.join(record::FILE);
        let content = serde_json::to_vec(record).map_err(|error| {
            Failure::new(ExitCode::InputOutput, format!("cannot write {}: {error}", path.display()))
        })?;
        replace(&path, &content)
    }
}

fn replace(path: &std::path::Path, content: &[u8]) -> Result<(), Failure> {
    ccs_disk::replace_file(path, content).map_err(|error| {
        let reason = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        Failure::new(ExitCode::InputOutput, format!("{error}{reason}"))
            .with_hint("run as the user of the peer, or as root, with the peer's builds mounted for writing")
    })
}
