//! Chaincode that the peer's install starts as a process: the contract in Go, on the official shim, dials the peer over TLS.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};

use super::administrator::{Administrator, Definition};
use super::network::Network;
use super::packages::{pack, package_id};
use super::programs::Programs;
use super::sources;
use super::users;
use crate::dev_peer::programs::folder as dev_peer_folder;
use crate::dev_peer::session::Session;
use crate::processes::{logged, running, succeed, wait_until};
use crate::report::Report;

/// How long the old process may live after an upgrade: until the peer sees the block.
const UPGRADE: Duration = Duration::from_secs(30);

/// Within which time no process is left after SIGTERM, and after the peer was killed.
pub(super) const AFTER_SIGTERM: Duration = Duration::from_secs(3);
pub(super) const AFTER_KILL: Duration = Duration::from_secs(10);

/// The chaincode's name in the definitions.
const NAME: &str = "launched";

/// Runs everything on a network of its own.
pub(super) fn run(report: &mut Report, programs: &Programs) -> Result<()> {
    let mut network = Network::start(programs)?;
    fs::write(network.folder().join("builder/launch.yaml"), "platform: process\n")?;
    network.on(report, |report, network| on(report, network))
}

fn on(report: &mut Report, network: &mut Network<'_>) -> Result<()> {
    let administrator = network.administrator()?;
    let first = Package::at_the_top(network.folder(), "launched_1.0")?;
    let next = Package::with_document(network.folder(), "launched_2.0")?;
    report.check("an install, an approval and a commit start the chaincode over TLS", || {
        administrator.install(&first.file)?;
        let definition = Definition { channel: "mychannel", name: NAME, package: &first.id, options: "" };
        administrator.define(&definition)?;
        first.runs_once()
    });
    report.check("it writes and reads", || {
        administrator.writes(NAME)?;
        administrator.reads(NAME)
    });
    report.check("what it writes is in the peer's log, and its key is not", || {
        let log = fs::read_to_string(network.log())?;
        ensure!(log.contains("run launched_1.0: the chaincode runs as process"), "the log does not say it");
        ensure!(!log.contains("PRIVATE KEY"), "the log holds a key");
        Ok(())
    });
    report.check("a chaincode that was killed is started by the next transaction", || {
        let old = first.process()?;
        kill_process(old, Signal::KILL)?;
        first.is_gone_within(old, AFTER_SIGTERM)?;
        administrator.reads(NAME)?;
        first.runs_once()
    });
    upgrade(report, &administrator, [&first, &next]);
    report.check("SIGTERM of the peer leaves no process for longer than 3 s", || {
        network.signal_peer(Signal::TERM)?;
        next.is_gone(AFTER_SIGTERM)?;
        logged(&network.log(), "run launched_2.0: the chaincode was stopped", 1, AFTER_SIGTERM)
    });
    report.check("the peer that is started again starts it again", || {
        network.kill_and_start_peer()?;
        administrator.reads(NAME)?;
        next.runs_once()
    });
    report.check("kill -9 of the peer leaves no process for longer than 10 s", || {
        network.signal_peer(Signal::KILL)?;
        next.is_gone(AFTER_KILL)?;
        wait_until(AFTER_KILL, || Ok(network.launchers().is_empty())).context("run lives on")
    });
    report.check("the peer that was killed starts it again", || {
        network.kill_and_start_peer()?;
        administrator.reads(NAME)?;
        next.runs_once()
    });
    report.check("a package of the type prebuilt is started by its script, and transacts", || {
        let prebuilt = Package::prebuilt(network.folder(), "prebuilt_1.0")?;
        administrator.install(&prebuilt.file)?;
        let definition =
            Definition { channel: "mychannel", name: "prebuilt", package: &prebuilt.id, options: "" };
        administrator.define(&definition)?;
        administrator.writes("prebuilt")?;
        administrator.reads("prebuilt")?;
        prebuilt.runs_once()
    });
    fail(report, network, &administrator);
    users::run(report, network, &administrator)?;
    sources::run(report, network, &administrator)?;
    report.check("kill -9 of the peer and of run leaves no process of chaincode from source", || {
        let builds = builds(network.folder());
        let is_there =
            |process: &Path| fs::read_link(process.join("cwd")).is_ok_and(|at| at.starts_with(&builds));
        ensure!(!running(is_there).is_empty(), "no process runs in {}", builds.display());
        network.kill_launcher()?;
        network.signal_peer(Signal::KILL)?;
        wait_until(AFTER_KILL, || Ok(running(is_there).is_empty()))
            .with_context(|| format!("{:?} live on", running(is_there)))
    });
    Ok(())
}

/// Does on the development peer, with its state in a folder, what is particular to launching.
pub(super) fn on_development_peer(
    report: &mut Report,
    administrator: &Administrator<'_>,
    (folder, session): (&Path, &mut Session),
) -> Result<()> {
    let builds = session.state().join("externalbuilder/builds");
    let first = Package { builds: builds.clone(), ..Package::at_the_top(folder, "launched_1.0")? };
    let next = Package { builds, ..Package::with_document(folder, "launched_2.0")? };
    report.check("a package with a program is launched when it is committed", || {
        administrator.install(&first.file)?;
        let definition = Definition { channel: "mychannel", name: NAME, package: &first.id, options: "" };
        administrator.define(&definition)?;
        administrator.writes(NAME)?;
        administrator.reads(NAME)?;
        first.runs_once()
    });
    upgrade(report, administrator, [&first, &next]);
    report.check("a peer that was killed launches it when it starts again", || {
        session.start_again()?;
        next.runs_once()
    });
    Ok(())
}

fn upgrade(report: &mut Report, administrator: &Administrator<'_>, [first, next]: [&Package; 2]) {
    report.check("an upgrade starts the next version, and stops the first one", || {
        administrator.install(&next.file)?;
        administrator.upgrade(NAME, &next.id)?;
        administrator.reads(NAME)?;
        next.runs_once()?;
        first.is_gone(UPGRADE)
    });
}

/// Installs packages whose launch or build fails.
fn fail(report: &mut Report, network: &Network<'_>, administrator: &Administrator<'_>) {
    report.check("a chaincode that ends at once fails the launch at once, with its code", || {
        let broken = Package::script(network.folder(), "broken_1.0", "echo no license >&2; exit 3")?;
        administrator.install(&broken.file)?;
        administrator.fails_to_launch(&broken.id, 46)?;
        let log = fs::read_to_string(network.log())?;
        let line = "the chaincode ended by itself with exit status 3; its last line: no license";
        ensure!(log.contains(line), "the log does not say {line}");
        Ok(())
    });
    report.check("a package for another platform is refused, and the log says why", || {
        let foreign = Package::foreign(network.folder(), "foreign_1.0")?;
        let words = super::administrator::installing(&foreign.file);
        administrator.expect_failure(&words, "external builder 'ccs-builder' failed: exit status 22")?;
        let log = fs::read_to_string(network.log())?;
        ensure!(log.contains("binary.json: there is no program for linux/"), "the log does not say why");
        Ok(())
    });
}

/// A package of the type `binary`.
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
    fn with_document(folder: &Path, label: &str) -> Result<Self> {
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

    /// Makes a package with a script, which is no chaincode.
    pub(super) fn script(folder: &Path, label: &str, script: &str) -> Result<Self> {
        Self::make(folder, label, |source| {
            let path = source.join("chaincode");
            fs::write(&path, format!("#!/bin/sh\n{script}\n"))?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
            Ok(vec!["chaincode"])
        })
    }

    /// Makes a package for a platform that no peer has.
    fn foreign(folder: &Path, label: &str) -> Result<Self> {
        Self::make(folder, label, |source| {
            fs::write(source.join("binary.json"), r#"{"plan9/amd64":{"file":"chaincode"}}"#)?;
            Ok(vec!["binary.json"])
        })
    }

    /// Makes a package as fabric-builders documents it: an archive with the contract and a script that starts it.
    fn prebuilt(folder: &Path, label: &str) -> Result<Self> {
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

    fn is_gone_within(&self, process: Pid, limit: Duration) -> Result<()> {
        wait_until(limit, || Ok(!self.processes().contains(&process))).context("it lives on")
    }
}

/// Returns where the peer of a network keeps what was built.
fn builds(network: &Path) -> PathBuf {
    network.join("production/externalbuilder/builds")
}

/// Returns the contract in Go, as `cargo xtask fabric` has built it.
fn contract() -> PathBuf {
    dev_peer_folder().join("contracts/go/target/everything")
}
