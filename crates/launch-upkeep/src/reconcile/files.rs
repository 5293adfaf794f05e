//! The files of a build that change with its chaincode: launch.json, and connection.json in the build and in the release.

use std::fs;
use std::path::{Path, PathBuf};

use ccs_files::Connection;
use ccs_launch::record::{self, Record};
use ccs_launch::{ExitCode, Failure};
use rustix::fs::{Access, access};

use crate::builds::Build;

/// The files of a build.
pub(super) struct Files<'a> {
    build: &'a Build,
}

impl<'a> Files<'a> {
    pub(super) fn of(build: &'a Build) -> Self {
        Self { build }
    }

    /// Returns the paths of connection.json in the build and in the release.
    fn connections(&self) -> [PathBuf; 2] {
        [
            self.build.folder.join("connection.json"),
            self.build.release.join("chaincode/server/connection.json"),
        ]
    }

    /// Reads the current connection.json; [`None`] if it cannot be read.
    pub(super) fn connection(&self) -> Option<Connection> {
        self.connections()
            .iter()
            .rev()
            .find_map(|path| Connection::parse(&fs::read(path).ok()?).ok().map(|(connection, _)| connection))
    }

    /// Tells whether the peer reads the same connection.json as the build contains.
    pub(super) fn is_released(&self) -> bool {
        let [built, released] = self.connections().map(|path| fs::read(path).ok());
        built.is_some() && built == released
    }

    /// Before the platform changes, creates missing files as far as possible, and checks that the others can be written.
    pub(super) fn prepare(&self) -> Result<(), Failure> {
        let paths = self.connections();
        let contents = paths.each_ref().map(|path| fs::read(path).ok());
        for (path, other) in paths.iter().zip(contents.iter().rev()) {
            let folder = path.parent().unwrap_or(&self.build.folder);
            ccs_disk::restore_folder(folder, &self.build.folder).map_err(|error| cannot(&error))?;
            access(folder, Access::WRITE_OK | Access::EXEC_OK).map_err(|errno| {
                let source = std::io::Error::from(errno);
                cannot(&ccs_disk::Error::system("write", path, source))
            })?;
            if let Some(other) = other.as_ref().filter(|_| !path.exists()) {
                self.restore(path, other)?;
            }
        }
        Ok(())
    }

    /// Replaces connection.json, first in the release, and keeps mode and owner. It creates a missing file.
    pub(super) fn write_connection(&self, connection: &Connection) -> Result<(), Failure> {
        let content = connection.to_json();
        self.connections().iter().rev().try_for_each(|path| self.restore(path, &content))
    }

    /// Replaces launch.json.
    pub(super) fn write_record(&self, record: &Record) -> Result<(), Failure> {
        let path = self.build.folder.join(record::FILE);
        let content = serde_json::to_vec(record).map_err(|error| {
            Failure::new(ExitCode::InputOutput, format!("cannot write {}: {error}", path.display()))
        })?;
        self.restore(&path, &content)
    }

    fn restore(&self, path: &Path, content: &[u8]) -> Result<(), Failure> {
        ccs_disk::restore_file(path, content, &self.build.folder).map_err(|error| cannot(&error))
    }
}

fn cannot(error: &ccs_disk::Error) -> Failure {
    let reason = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    Failure::new(ExitCode::InputOutput, format!("{error}{reason}"))
        .with_hint("run as the user of the peer, or as root, with the peer's builds mounted for writing")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_connection_that_is_missing_comes_back_before_anything_changes() {
        let root = tempfile::tempdir().unwrap();
        let build = Build {
            package_id: "a:00".to_owned(),
            chaincode_type: "ccaas".to_owned(),
            folder: root.path().join("bld"),
            release: root.path().join("release"),
            record: None,
            is_removed: false,
        };
        fs::create_dir(&build.folder).unwrap();
        let files = Files::of(&build);
        // If both files are missing, the folders for both exist.
        files.prepare().unwrap();
        assert!(build.release.join("chaincode/server").is_dir() && files.connection().is_none());
        let connection = Connection { address: "ccs-a:9999".to_owned(), ..Connection::default() };
        files.write_connection(&connection).unwrap();
        for path in files.connections() {
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            fs::remove_file(&path).unwrap();
            assert!(!files.is_released());
            files.prepare().unwrap();
            assert!(files.is_released(), "{} is missing", path.display());
        }
        fs::remove_dir_all(&build.release).unwrap();
        fs::write(&build.release, "").unwrap();
        let line = files.prepare().unwrap_err().line();
        assert!(
            line.contains("cannot make ") && line.contains("hint: run as the user of the peer"),
            "{line}"
        );
    }
}
