//! The folder of a peer, for one test.

use std::fs;
use std::path::PathBuf;

/// What a peer keeps below `peer.fileSystemPath`.
pub(crate) struct Volume(tempfile::TempDir);

/// The connection.json of a new build.
pub(crate) const CONNECTION: &str =
    r#"{"address":"old.example.com:9999","tls_required":false,"client_auth_required":false}"#;

impl Volume {
    /// Makes the folder of a stopped peer.
    pub(crate) fn new() -> Self {
        let volume = Self(tempfile::tempdir().unwrap());
        for folder in ["ledgersData/fileLock", "externalbuilder/builds", "lifecycle/chaincodes"] {
            fs::create_dir_all(volume.path(folder)).unwrap();
        }
        fs::write(volume.path("ledgersData/fileLock/LOCK"), "").unwrap();
        volume
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Returns the options that name the folder.
    pub(crate) fn option(&self) -> [&str; 2] {
        ["--peer-volume", self.0.path().to_str().unwrap()]
    }

    /// Returns the ID of a package.
    pub(crate) fn id(label: &str) -> String {
        format!("{label}:{}", "ab".repeat(32))
    }

    /// Installs a package without building it.
    pub(crate) fn package(&self, label: &str) {
        let file = Self::id(label).replace(':', ".");
        fs::write(self.path(&format!("lifecycle/chaincodes/{file}.tar.gz")), "a package").unwrap();
    }

    /// Makes a build, and returns its folder.
    pub(crate) fn build(&self, label: &str, builder: &str) -> PathBuf {
        let folder = self.path("externalbuilder/builds").join(Self::id(label).replace(':', "-"));
        for part in ["release/chaincode/server", "bld"] {
            fs::create_dir_all(folder.join(part)).unwrap();
            fs::write(folder.join(part).join("connection.json"), CONNECTION).unwrap();
        }
        fs::write(folder.join("build-info.json"), format!(r#"{{"builder_name":"{builder}"}}"#)).unwrap();
        folder
    }

    /// Replaces what differs between runs in the output of a command.
    pub(crate) fn steady(&self, text: &str) -> String {
        text.replace(self.0.path().to_str().unwrap(), "DIR").replace(&"ab".repeat(32), "[hash]")
    }
}
