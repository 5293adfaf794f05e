//! Packages whose chaincode the peer launches as a process, and the processes of each.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::process::Pid;

use super::packages::{pack, package_id};
use crate::dev_peer::programs::folder as dev_peer_folder;
use crate::processes::{running, succeed, wait_until};

/// How long the old process may live after an upgrade: until the peer sees the block.
pub(super) const UPGRADE: Duration = Duration::from_secs(30);

/// How long a process may live after SIGTERM of the peer.
pub(super) const AFTER_SIGTERM: Duration = Duration::from_secs(3);

/// How long a process may live after SIGKILL of the peer.
pub(super) const AFTER_KILL: Duration = Duration::from_secs(10);

/// A package of the type `binary` or `prebuilt`.
pub(super) struct Package {
    pub(super) file: PathBuf,
    pub(super) id: String,
    /// Where the programs of this network's chaincode are: another network may run the same package at the same time.
    pub(super) builds: PathBuf,
}

impl Package {
    /// Makes a package with the contract as `chaincode` at the top.
    pub(super) fn at_the_top(folder: &Path, label: &str) -> Result<Self> {
        Self::make(folder, label, |source| {
            fs::copy(contract(), source.join("chaincode"))?;
            Ok(vec!["chaincode"])
        })
    }

    /// Makes a package whose document names the contract for this platform.
    pub(super) fn with_document(folder: &Path, label: &str) -> Result<Self> {
        Self::make(folder, label, |source| {
            fs::create_dir(source.join("programs"))?;
            fs::copy(contract(), source.join("programs/everything"))?;
            let program = r#"{"file":"programs/everything"}"#;
            let document = format!(
                r#"{{"linux/amd64":{program},"linux/arm64":{program},"args":["-peer.address","{{peer_address}}"]}}"#
            );
            fs::write(source.join("binary.json"), document)?;
            Ok(vec!["binary.json", "programs"])
        })
    }

    /// Makes a package with a script, which is not a chaincode.
    pub(super) fn script(folder: &Path, label: &str, script: &str) -> Result<Self> {
        Self::make(folder, label, |source| {
            let path = source.join("chaincode");
            fs::write(&path, format!("#!/bin/sh\n{script}\n"))?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
            Ok(vec!["chaincode"])
        })
    }

    /// Makes a package for a platform that no peer has.
    pub(super) fn foreign(folder: &Path, label: &str) -> Result<Self> {
        Self::make(folder, label, |source| {
            fs::write(source.join("binary.json"), r#"{"plan9/amd64":{"file":"chaincode"}}"#)?;
            Ok(vec!["binary.json"])
        })
    }

    /// Makes a package as fabric-builders documents it: an archive with the contract and a script that starts it.
    pub(super) fn prebuilt(folder: &Path, label: &str) -> Result<Self> {
        Self::make_typed(folder, label, "prebuilt", |source| {
            let archive = source.join("archive");
            fs::create_dir(&archive)?;
            fs::copy(contract(), archive.join("everything"))?;
            fs::write(archive.join("start.sh"), "exec ./everything -peer.address=\"$CORE_PEER_ADDRESS\"\n")?;
            let words = ["czf", "prebuilt.tgz", "-C", "archive", "."];
            succeed(Command::new("tar").args(words).current_dir(source), UPGRADE)?;
            Ok(vec!["prebuilt.tgz"])
        })
    }

    fn make(
        folder: &Path,
        label: &str,
        write: impl FnOnce(&Path) -> Result<Vec<&'static str>>,
    ) -> Result<Self> {
        Self::make_typed(folder, label, "binary", write)
    }

    fn make_typed(
        folder: &Path,
        label: &str,
        chaincode_type: &str,
        write: impl FnOnce(&Path) -> Result<Vec<&'static str>>,
    ) -> Result<Self> {
        let source = folder.join(format!("source-{label}"));
        fs::create_dir(&source)?;
        fs::write(
            source.join("metadata.json"),
            format!(r#"{{"type":"{chaincode_type}","label":"{label}"}}"#),
        )?;
        let members = write(&source)?;
        let file = pack(&source, &members)?;
        Ok(Self { id: package_id(label, &file)?, file, builds: builds(folder) })
    }

    /// Returns the processes of the chaincode: those of a program in this peer's builds that have the package's ID.
    fn processes(&self) -> Vec<Pid> {
        let variable = format!("CORE_CHAINCODE_ID_NAME={}", self.id);
        running(|process| {
            let is_built_here =
                fs::read_link(process.join("exe")).is_ok_and(|program| program.starts_with(&self.builds));
            is_built_here
                && fs::read(process.join("environ")).is_ok_and(|environment| {
                    environment.split(|byte| *byte == 0).any(|entry| entry == variable.as_bytes())
                })
        })
    }

    pub(super) fn process(&self) -> Result<Pid> {
        self.processes().first().copied().with_context(|| format!("no process of {} runs", self.id))
    }

    /// Waits until exactly one process of it runs.
    pub(super) fn runs_once(&self) -> Result<()> {
        wait_until(UPGRADE, || Ok(self.processes().len() == 1))
            .with_context(|| format!("{} runs as {:?}", self.id, self.processes()))
    }

    /// Waits until no process of it runs, and says how long that took.
    pub(super) fn is_gone(&self, limit: Duration) -> Result<()> {
        let start = Instant::now();
        wait_until(limit, || Ok(self.processes().is_empty()))
            .with_context(|| format!("{} lives on as {:?}", self.id, self.processes()))?;
        println!(
            "        {} was gone after {:?}",
            self.id.split(':').next().unwrap_or_default(),
            start.elapsed()
        );
        Ok(())
    }

    pub(super) fn is_gone_within(&self, process: Pid, limit: Duration) -> Result<()> {
        wait_until(limit, || Ok(!self.processes().contains(&process))).context("it lives on")
    }
}

/// Returns where the peer of a network keeps what was built.
pub(super) fn builds(network: &Path) -> PathBuf {
    network.join("production/externalbuilder/builds")
}

/// Returns the contract in Go, as `cargo xtask fabric` has built it.
fn contract() -> PathBuf {
    dev_peer_folder().join("contracts/go/target/everything")
}
