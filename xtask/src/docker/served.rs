//! The life of a chaincode that the install starts in a container and Fabric's own peer dials: the contract in Go, on the official
//! shim, over mutual TLS. Each package contains connection.json and image.json, so that it works with any builder.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use xtask_docker::engine::Engine;
use xtask_docker::launches::{Stage, containers};
use xtask_docker::servers::{CONTRACT, restarts};

use crate::fabric::administrator::{Administrator, Definition, installing};
use crate::fabric::network::Network;
use crate::fabric::programs::Programs;
use crate::fabric::served::{ELSEWHERE, Served};
use crate::processes::wait_until;
use crate::report::Report;
use crate::shims::{Role, Shim, deploy};

use super::peer::remove;
use super::upkeep::Upkeep;

/// The chaincode's name in the definitions.
const NAME: &str = "served";

/// How long a change may take until it is seen.
const CHANGE: Duration = Duration::from_secs(40);

/// How long a peer may take to build its packages when it starts.
const BUILDS: Duration = Duration::from_mins(2);

const SETTINGS: &str = "platform: docker
docker: {pull: never, limits: {memory: 512Mi}}
";

/// Runs everything on a network of its own.
pub(super) fn run(
    report: &mut Report,
    (stage, shims): (&Stage<'_>, &[Shim]),
    programs: &Programs,
) -> Result<()> {
    let mut variables = vec![("CORE_PEER_ID", "peer0.org1.example.com".to_owned())];
    variables.extend(stage.engine.host().map(|host| ("DOCKER_HOST", host.to_owned())));
    let mut network = Network::start_with(programs, variables)?;
    let outcome = network.on(report, |report, network| {
        on(report, stage, network)?;
        let image = |name: &str| stage.images.json(name);
        deploy(report, &network.administrator()?, (network.folder(), Role::IsDialed), shims, &image);
        Ok(())
    });
    remove(report, stage.engine, "server");
    outcome
}

fn on(report: &mut Report, stage: &Stage<'_>, network: &mut Network<'_>) -> Result<()> {
    let administrator = network.administrator()?;
    let engine = stage.engine;
    let image = stage.images.json(CONTRACT)?;
    let package = |label: &str| Served::make(network.folder(), label, &image);
    let (first, next) = (package("served_1.0")?, package("served_2.0")?);
    fs::write(settings(network), SETTINGS)?;
    report.check("an install starts the chaincode", || {
        let start = Instant::now();
        administrator.install(&first.file)?;
        println!("        the install took {:.1} s", start.elapsed().as_secs_f64());
        first.container(engine)?;
        let connection = first.released(network)?;
        let address = connection["address"].as_str().unwrap_or_default();
        ensure!(address.starts_with("127.0.0.1:2"), "the address is {address}");
        ensure!(connection["client_auth_required"] == true, "TLS is not mutual");
        Ok(())
    });
    report.check("an approval and a commit, and it writes and reads over TLS", || {
        let definition = Definition { channel: "mychannel", name: NAME, package: &first.id, options: "" };
        administrator.define(&definition)?;
        administrator.writes(NAME)?;
        administrator.reads(NAME)
    });
    report.check("the log of the peer holds no key", || {
        let log = fs::read_to_string(network.log())?;
        ensure!(log.contains("over mutual TLS"), "the log does not say how it is dialed");
        ensure!(!log.contains("PRIVATE KEY"), "the log holds a key");
        Ok(())
    });
    report.check(
        "a chaincode that was killed is started by the engine, and the next transaction dials",
        || {
            let container = first.container(engine)?;
            restarts(engine, &container)?;
            let start = Instant::now();
            administrator.reads_within(CHANGE, NAME)?;
            println!("        it answered {:.1} s after it was started", start.elapsed().as_secs_f64());
            ensure!(first.container(engine)? == container, "it is another container");
            Ok(())
        },
    );
    report.check("an upgrade starts the next version, and the old one stays", || {
        administrator.install(&next.file)?;
        administrator.upgrade(NAME, &next.id)?;
        administrator.reads_within(CHANGE, NAME)?;
        first.container(engine)?;
        next.container(engine).map(drop)
    });
    let upkeep = Upkeep {
        engine,
        administrator: &administrator,
        folder: network.folder(),
        name: NAME,
        settings: SETTINGS,
    };
    upkeep.run(report, [&first.id, &next.id]);
    is_not_started(report, (stage, &administrator), network)?;
    starts_again(report, (engine, &administrator), [&first, &next], network);
    report.check("a server in plaintext writes and reads", || {
        let plain = Served::make(network.folder(), "plain_1.0", &image.replace('}', r#","tls":"none"}"#))?;
        administrator.deploy("plain", &plain.file, &plain.id)?;
        ensure!(plain.released(network)?["tls_required"] == false, "it asks for TLS");
        Ok(())
    });
    Ok(())
}

/// Returns the file of the operator's settings.
fn settings(network: &Network<'_>) -> PathBuf {
    network.folder().join("builder/launch.yaml")
}

/// Installs packages whose chaincode cannot, or is not to be started.
fn is_not_started(
    report: &mut Report,
    (stage, administrator): (&Stage<'_>, &Administrator<'_>),
    network: &Network<'_>,
) -> Result<()> {
    let absent = format!(r#"{{"name":"fabric-ccs-test/absent","digest":"sha256:{}"}}"#, "0".repeat(64));
    let missing = Served::make(network.folder(), "missing_1.0", &absent)?;
    let broken = Served::make(network.folder(), "broken_1.0", &stage.images.json("crash")?)?;
    let off = Served::make(network.folder(), "off_1.0", &absent)?;
    for (what, package, code) in [
        ("an image that is missing fails the install with its code, and nothing is left", &missing, 44),
        ("a chaincode that ends fails the install with its code, and nothing is left", &broken, 46),
    ] {
        report.check(what, || {
            let text = format!("'ccs-builder' failed: exit status {code}");
            administrator.expect_failure(&installing(&package.file), &text)?;
            let left = containers(stage.engine, &package.id, "")?;
            ensure!(left.is_empty(), "left: {left:?}");
            Ok(())
        });
    }
    report.check("if launching is off, the peer dials the address in connection.json", || {
        fs::write(settings(network), "platform: none\n")?;
        administrator.install(&off.file)?;
        let connection = off.released(network)?;
        ensure!(connection["address"] == ELSEWHERE, "the peer will dial {}", connection["address"]);
        ensure!(containers(stage.engine, &off.id, "")?.is_empty(), "it was started");
        Ok(())
    });
    Ok(())
}

/// Starts the peer again, with its builds and without them.
fn starts_again(
    report: &mut Report,
    (engine, administrator): (&Engine, &Administrator<'_>),
    [first, next]: [&Served; 2],
    network: &mut Network<'_>,
) {
    report.check("a peer that was killed dials what runs", || {
        fs::write(settings(network), SETTINGS)?;
        let before = (first.container(engine)?, next.container(engine)?);
        network.kill_and_start_peer()?;
        administrator.reads_within(CHANGE, NAME)?;
        ensure!((first.container(engine)?, next.container(engine)?) == before, "others run");
        Ok(())
    });
    report.check("a peer that has lost its builds takes over what runs, and starts what does not", || {
        let old = first.container(engine)?;
        engine.output(["rm", "--force", &next.container(engine)?])?;
        for package in [first, next] {
            let build = network.released(&package.label)?;
            fs::remove_dir_all(build.parent().context("a release is in a build")?)?;
        }
        network.kill_and_start_peer()?;
        administrator.reads_within(BUILDS, NAME)?;
        // The peer builds both at once, and while a build takes over, two containers run.
        wait_until(CHANGE, || Ok(first.container(engine).is_ok_and(|container| container != old)))
            .context("the first is not taken over")?;
        next.container(engine)?;
        let log = fs::read_to_string(network.log())?;
        let line = "takes over from the container dev-peer0.org1.example.com-served_";
        ensure!(log.contains(&format!("build served_1.0: {line}1.0-")), "the log does not say {line}");
        ensure!(!log.contains(&format!("{line}2.0-")), "the next one was still there");
        Ok(())
    });
}

impl Served {
    /// Returns the only container of it, which runs.
    fn container(&self, engine: &Engine) -> Result<String> {
        let found = containers(engine, &self.id, "")?;
        let running = containers(engine, &self.id, "running")?;
        ensure!(found.len() == 1 && found == running, "{} has {found:?}, {running:?} run", self.label);
        Ok(found.concat())
    }
}
