//! The life of a chaincode that Fabric's own peer launches in a container: the contract in Go, on the official shim, over TLS.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;
use xtask_docker::engine::Engine;
use xtask_docker::launches::{Stage, containers, runs_once};
use xtask_docker::servers::CONTRACT;

use crate::fabric::administrator::{Administrator, Definition};
use crate::fabric::network::Network;
use crate::fabric::packages::{of_image, package_id};
use crate::fabric::programs::Programs;
use crate::processes::wait_until;
use crate::report::Report;
use crate::shims::{Role, Shim, deploy};

/// The chaincode's name in the definitions.
const NAME: &str = "launched";

/// How long a change may take until the engine shows it.
const CHANGE: Duration = Duration::from_secs(30);

/// Within which time no container is left after SIGTERM, and after the peer was killed.
const AFTER_SIGTERM: Duration = Duration::from_secs(3);
const AFTER_KILL: Duration = Duration::from_secs(10);

/// Runs everything on a network of its own.
pub(super) fn run(
    report: &mut Report,
    (stage, shims): (&Stage<'_>, &[Shim]),
    programs: &Programs,
) -> Result<()> {
    let mut variables = vec![("CORE_PEER_ID", "peer0.org1.example.com".to_owned())];
    variables.extend(stage.engine.host().map(|host| ("DOCKER_HOST", host.to_owned())));
    let mut network = Network::start_with(programs, variables)?;
    fs::write(network.folder().join("builder/launch.yaml"), "platform: docker\n")?;
    let outcome = network.on(report, |report, network| {
        on(report, stage, network)?;
        let image = |name: &str| stage.images.json(name);
        deploy(report, &network.administrator()?, (network.folder(), Role::Dials), shims, &image);
        Ok(())
    });
    // A peer that was killed with its builder leaves one that has ended, until the next launch of its package.
    remove(report, stage.engine, "client");
    outcome
}

/// Removes the containers of a role, which are known by their label.
pub(super) fn remove(report: &mut Report, engine: &Engine, role: &str) {
    report.check(&format!("what is left in the role {role} is removed by its label"), || {
        let label = format!("label=fabric-ccs/role={role}");
        for container in engine.output(["ps", "--all", "--quiet", "--filter", &label])?.split_whitespace() {
            engine.output(["rm", "--force", "--volumes", container])?;
        }
        Ok(())
    });
}

fn on(report: &mut Report, stage: &Stage<'_>, network: &mut Network<'_>) -> Result<()> {
    let administrator = network.administrator()?;
    let engine = stage.engine;
    let image = stage.images.json(CONTRACT)?;
    let first = Package::make(network.folder(), "launched_1.0", &image)?;
    let next = Package::make(network.folder(), "launched_2.0", &image)?;
    report.check("an install, an approval and a commit start the chaincode over TLS", || {
        administrator.install(&first.file)?;
        let definition = Definition { channel: "mychannel", name: NAME, package: &first.id, options: "" };
        administrator.define(&definition)?;
        runs_once(engine, &first.id)
    });
    report.check("it writes and reads", || {
        administrator.writes(NAME)?;
        administrator.reads(NAME)
    });
    report.check("the log of the peer names the container, and holds no key", || {
        let log = fs::read_to_string(network.log())?;
        let line =
            "run launched_1.0: the chaincode runs in the container dev-peer0.org1.example.com-launched_1.0-";
        ensure!(log.contains(line), "it does not");
        ensure!(!log.contains("PRIVATE KEY"), "the log holds a key");
        Ok(())
    });
    report.check("a container that was killed is started again by the next transaction", || {
        let old = first.container(engine)?;
        engine.output(["kill", &old])?;
        administrator.reads_within(CHANGE, NAME)?;
        runs_once(engine, &first.id)?;
        ensure!(first.container(engine)? != old, "it is the same container");
        Ok(())
    });
    report.check("an upgrade starts the next version, and the old container is gone", || {
        administrator.install(&next.file)?;
        administrator.upgrade(NAME, &next.id)?;
        administrator.reads(NAME)?;
        runs_once(engine, &next.id)?;
        first.is_gone(engine, CHANGE)
    });
    report.check("SIGTERM of the peer leaves no container", || {
        network.signal_peer(Signal::TERM)?;
        next.is_gone(engine, AFTER_SIGTERM)
    });
    report.check("a limit in launch.yaml acts at the next launch", || {
        let settings = "platform: docker\nchaincodes: [{match: {label: 'launched_*'}, docker: {limits: {memory: 128Mi}}}]\n";
        fs::write(network.folder().join("builder/launch.yaml"), settings)?;
        network.kill_and_start_peer()?;
        administrator.reads_within(CHANGE, NAME)?;
        runs_once(engine, &next.id)?;
        let memory = engine.output(["inspect", "--format", "{{.HostConfig.Memory}}", &next.container(engine)?])?;
        ensure!(memory.trim() == "134217728", "the limit is {memory}");
        Ok(())
    });
    die(report, (engine, &administrator, &next), network);
    report.check("a chaincode that ends at once fails the launch at once, with its code", || {
        let broken = Package::make(network.folder(), "broken_1.0", &stage.images.json("crash")?)?;
        administrator.install(&broken.file)?;
        administrator.fails_to_launch(&broken.id, 46)?;
        let log = fs::read_to_string(network.log())?;
        let line = "the chaincode ended by itself with exit status 3; its last line: no license";
        ensure!(log.contains(line), "the log does not say {line}");
        broken.is_gone(engine, CHANGE)
    });
    Ok(())
}

/// Kills the peer, and then the peer with its launcher.
fn die(
    report: &mut Report,
    (engine, administrator, next): (&Engine, &Administrator<'_>, &Package),
    network: &mut Network<'_>,
) {
    report.check("kill -9 of the peer leaves no container", || {
        network.signal_peer(Signal::KILL)?;
        next.is_gone(engine, AFTER_KILL)
    });
    report.check("the peer that was killed starts it again", || {
        network.kill_and_start_peer()?;
        administrator.reads_within(CHANGE, NAME)?;
        runs_once(engine, &next.id)
    });
    report.check("kill -9 of the peer and of the launcher ends the chaincode by itself", || {
        network.kill_launcher()?;
        network.signal_peer(Signal::KILL)?;
        wait_until(AFTER_KILL, || Ok(containers(engine, &next.id, "running")?.is_empty()))
            .context("the container lives on")?;
        ensure!(
            containers(engine, &next.id, "exited")?.len() == 1,
            "no launcher was running to remove the container"
        );
        Ok(())
    });
    report.check("the next peer starts it again, and the older container is gone", || {
        network.kill_and_start_peer()?;
        administrator.reads_within(CHANGE, NAME)?;
        runs_once(engine, &next.id)?;
        ensure!(containers(engine, &next.id, "")?.len() == 1, "the older container is there");
        Ok(())
    });
}

/// A package of the type `k8s`.
struct Package {
    file: PathBuf,
    id: String,
}

impl Package {
    fn make(folder: &Path, label: &str, image: &str) -> Result<Self> {
        let file = of_image(folder, label, image)?;
        Ok(Self { id: package_id(label, &file)?, file })
    }

    /// Returns the container of it that runs.
    fn container(&self, engine: &Engine) -> Result<String> {
        containers(engine, &self.id, "running")?.pop().with_context(|| format!("{} does not run", self.id))
    }

    /// Waits until no container of it is there, and says how long that took.
    fn is_gone(&self, engine: &Engine, limit: Duration) -> Result<()> {
        let start = Instant::now();
        wait_until(limit, || Ok(containers(engine, &self.id, "")?.is_empty())).with_context(|| {
            format!("{} lives on as {:?}", self.id, containers(engine, &self.id, "").ok())
        })?;
        println!(
            "        {} was gone after {:?}",
            self.id.split(':').next().unwrap_or_default(),
            start.elapsed()
        );
        Ok(())
    }
}
