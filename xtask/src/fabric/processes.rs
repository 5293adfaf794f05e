//! Chaincode that the peer's install starts as a process: the contract in Go, on the official shim, dials the peer over TLS.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use rustix::process::{Signal, kill_process};

use super::administrator::{Administrator, Definition};
use super::launched::{AFTER_KILL, AFTER_SIGTERM, Package, UPGRADE, builds};
use super::network::Network;
use super::programs::Programs;
use super::sources;
use super::users;
use crate::dev_peer::session::Session;
use crate::processes::{logged, running, wait_until};
use crate::report::Report;

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
        administrator.deploy("prebuilt", &prebuilt.file, &prebuilt.id)?;
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
        administrator.deploy(NAME, &first.file, &first.id)?;
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
