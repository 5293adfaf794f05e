//! A builder's folder, an unpacked package of the type `ccaas`, and calls of `build`, all as on a peer.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use crate::processes::{Finished, Running, finish, logged, succeed};
use crate::site::HASH;

/// The time limit for a build.
const BUILD: Duration = Duration::from_mins(2);

/// The time limit for a build to print a text, and to exit after SIGTERM.
const CHANGE: Duration = Duration::from_secs(40);

/// A builder's folder, and a package as unpacked by a peer.
pub struct ServerSite {
    folder: TempDir,
    label: String,
}

impl ServerSite {
    /// Makes a builder from the programs in one folder with these settings, and a package with an image.
    pub fn new(builder: &Path, (label, image): (&str, &str), settings: &str) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("server-").tempdir()?;
        let site = Self { folder, label: label.to_owned() };
        for name in ["bin", "bld", "metadata"] {
            fs::create_dir(site.path(name))?;
        }
        symlink(builder.with_file_name("ccs-launcher"), site.path("bin/run"))?;
        for name in ["build", "release"] {
            symlink(builder, site.path("bin").join(name))?;
        }
        site.settings(settings)?;
        site.metadata("ccaas")?;
        fs::create_dir_all(site.source())?;
        site.image(image)?;
        Ok(site)
    }

    /// Replaces launch.yaml.
    pub fn settings(&self, settings: &str) -> Result<()> {
        Ok(fs::write(self.path("launch.yaml"), settings)?)
    }

    /// Replaces metadata.json by one with the given type.
    pub fn metadata(&self, chaincode_type: &str) -> Result<()> {
        let metadata = format!(r#"{{"type":"{chaincode_type}","label":"{}"}}"#, self.label);
        Ok(fs::write(self.path("metadata/metadata.json"), metadata)?)
    }

    /// Replaces image.json.
    pub fn image(&self, image: &str) -> Result<()> {
        Ok(fs::write(self.source().join("image.json"), image)?)
    }

    /// Returns the root folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the label of the package.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Returns a path in the folder.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns the source, in a folder with a peer's name for the package.
    fn source(&self) -> PathBuf {
        self.path(&format!("fabric-{}-{HASH}123/src", self.label))
    }

    /// Returns the command line of a build, as on a peer.
    #[must_use]
    pub fn words(&self) -> [PathBuf; 4] {
        [self.path("bin/build"), self.source(), self.path("metadata"), self.path("bld")]
    }

    /// Returns the command of a build, as on a peer.
    #[must_use]
    pub fn command(&self) -> Command {
        let [program, folders @ ..] = self.words();
        let mut command = Command::new(program);
        command.args(folders).env("CORE_PEER_ID", "peer0");
        command
    }

    /// Runs a build that must exit with a code, print a text, and write no output; returns its messages.
    pub fn fails(&self, command: &mut Command, code: i32, text: &str) -> Result<String> {
        let start = Instant::now();
        let Finished { status, stderr, .. } = finish(command, BUILD)?;
        ensure!(status.code() == Some(code), "ended with {status}, not {code}, and said {stderr}");
        ensure!(stderr.contains(text), "did not say {text}, but {stderr}");
        ensure!(fs::read_dir(self.path("bld"))?.next().is_none(), "something was written");
        println!("        {}: {code} after {:.1} s", self.label, start.elapsed().as_secs_f64());
        Ok(stderr)
    }

    /// Runs a build that must succeed, and a release; returns the messages of the build.
    pub fn builds(&self, command: &mut Command) -> Result<String> {
        let start = Instant::now();
        let Finished { status, stderr, .. } = finish(command, BUILD)?;
        ensure!(status.success(), "ended with {status}, and said {stderr}");
        ensure!(!stderr.contains("PRIVATE KEY"), "said a key");
        println!("        {}: built after {:.1} s", self.label, start.elapsed().as_secs_f64());
        let mut release = Command::new(self.path("bin/release"));
        succeed(release.args([self.path("bld"), self.path("release")]), BUILD)?;
        let released = fs::read(self.path("release/chaincode/server/connection.json"))?;
        ensure!(released == fs::read(self.path("bld/connection.json"))?, "something else is released");
        Ok(stderr)
    }

    /// Returns the connection.json of a build.
    pub fn connection(&self) -> Result<Value> {
        self.built("connection.json")
    }

    /// Returns the launch.json of a build.
    pub fn record(&self) -> Result<Value> {
        self.built("launch.json")
    }

    fn built(&self, name: &str) -> Result<Value> {
        Ok(serde_json::from_slice(&fs::read(self.path("bld").join(name))?)?)
    }

    /// Runs a build that never becomes ready, waits until it prints a text, and stops it like a peer that shuts down.
    pub fn is_stopped(&self, command: &mut Command, text: &str) -> Result<()> {
        let log = self.path("log");
        let running = Running::start(command, &log)?;
        logged(&log, text, 1, CHANGE)?;
        let start = Instant::now();
        let status = running.terminate(CHANGE)?;
        let said = fs::read_to_string(&log)?;
        ensure!(status.code() == Some(48), "ended with {status}, and said {said}");
        println!("        gone {:?} after SIGTERM", start.elapsed());
        Ok(())
    }
}
