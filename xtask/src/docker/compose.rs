//! A network in containers, like Fabric's test network with Compose: orderer and peer have names in their own network, and the peer has
//! the engine's socket. The chaincode is in the same network, for both roles.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use xtask_docker::engine::Engine;
use xtask_docker::images::tag;
use xtask_docker::launches::{Stage, containers, runs_once};
use xtask_docker::servers::CONTRACT;

use crate::fabric::administrator::{Administrator, Definition};
use crate::fabric::layout::{
    ORDERER_LOG, PEER_LOG, administrator, join_orderer, join_peer, lay_out, orderer_environment,
    peer_environment, released,
};
use crate::fabric::packages::{of_image, pack, package_id};
use crate::fabric::programs::Programs;
use crate::fabric::served::Served;
use crate::processes::{end_of, logged, wait_until};
use crate::report::Report;

use super::peer::remove;

/// The network of the engine, and the names in it.
const NETWORK: &str = "fabric-ccs-compose";
const ORDERER: &str = "orderer.example.com";
const PEER: &str = "peer0.org1.example.com";

/// How long a change may take until it is seen.
const CHANGE: Duration = Duration::from_secs(40);

/// Runs everything.
pub(super) fn run(report: &mut Report, stage: &Stage<'_>, programs: &Programs) -> Result<()> {
    let compose = Compose::start(stage.engine, programs)?;
    let before = report.tally().failed;
    let outcome = on(report, stage, &compose);
    if outcome.is_err() || report.tally().failed > before {
        println!("  --- the end of the peer's log\n  {}", end_of(&compose.folder.path().join(PEER_LOG)));
    }
    for role in ["client", "server"] {
        remove(report, stage.engine, role);
    }
    outcome
}

fn on(report: &mut Report, stage: &Stage<'_>, compose: &Compose<'_>) -> Result<()> {
    let (engine, folder) = (stage.engine, compose.folder.path());
    let administrator = compose.administrator()?;
    let image = stage.images.json(CONTRACT)?;
    let file = of_image(folder, "launched_1.0", &image)?;
    let launched = package_id("launched_1.0", &file)?;
    let served = Served::make(folder, "served_1.0", &image)?;
    report.check("chaincode that dials joins the peer's network, and dials its name", || {
        administrator.deploy("launched", &file, &launched)?;
        runs_once(engine, &launched)?;
        let container = containers(engine, &launched, "running")?.concat();
        let found = engine.output(["inspect", "--format", NETWORKS_AND_VARIABLES, &container])?;
        ensure!(found.starts_with(&format!("{NETWORK} [")), "networks and variables are {found}");
        ensure!(found.contains(&format!("CORE_PEER_ADDRESS={PEER}:7052")), "variables are {found}");
        Ok(())
    });
    report.check("the peer dials chaincode that the install has started by its alias", || {
        administrator.deploy("served", &served.file, &served.id)?;
        let connection =
            fs::read_to_string(released(folder, &served.label)?.join("chaincode/server/connection.json"))?;
        ensure!(connection.contains(r#""address":"ccs-served10-"#), "another address is released");
        let container = containers(engine, &served.id, "running")?.concat();
        let found = engine.output(["inspect", "--format", NETWORKS_AND_VARIABLES, &container])?;
        ensure!(found.starts_with(&format!("{NETWORK} [")), "networks and variables are {found}");
        Ok(())
    });
    report.check("chaincode as deployCCAAS of the test network starts it", || {
        as_in_test_network(engine, folder, &administrator)
    });
    report.check("docker stop of the peer leaves no container that dials, and the one that it dials", || {
        engine.output(["stop", "--time", "30", &compose.peer])?;
        ensure!(containers(engine, &launched, "")?.is_empty(), "the chaincode that dials is there");
        ensure!(
            containers(engine, &served.id, "running")?.len() == 1,
            "the chaincode that is dialed is gone"
        );
        Ok(())
    });
    report.check("the peer starts again, and both answer", || {
        engine.output(["start", &compose.peer])?;
        let administrator = compose.administrator()?;
        administrator.reads_within(CHANGE, "served")?;
        administrator.reads_within(CHANGE, "launched")?;
        runs_once(engine, &launched)
    });
    report.check("docker kill of the peer ends chaincode that dials, and the next peer removes it", || {
        let old = containers(engine, &launched, "running")?.concat();
        engine.output(["kill", &compose.peer])?;
        wait_until(CHANGE, || Ok(containers(engine, &launched, "running")?.is_empty()))
            .context("the container lives on")?;
        engine.output(["start", &compose.peer])?;
        compose.administrator()?.reads_within(CHANGE, "launched")?;
        let found = containers(engine, &launched, "")?;
        ensure!(found.len() == 1 && found.concat() != old, "{found:?} are there, and {old} was");
        Ok(())
    });
    Ok(())
}

/// What is asked of a container of chaincode.
const NETWORKS_AND_VARIABLES: &str =
    "{{range $name, $network := .NetworkSettings.Networks}}{{$name}} {{end}}{{.Config.Env}}";

/// Does what `network.sh deployCCAAS` does: a package whose address has the peer's name, and a container of that name, started after the
/// install with the package's ID (fabric-samples `test-network/scripts/deployCCAAS.sh`).
fn as_in_test_network(engine: &Engine, folder: &Path, administrator: &Administrator<'_>) -> Result<()> {
    const NAME: &str = "basic";
    let source = folder.join("source-basic");
    fs::create_dir(&source)?;
    fs::write(source.join("metadata.json"), r#"{"type":"ccaas","label":"basic_1.0"}"#)?;
    let connection =
        r#"{"address":"{{.peername}}_basic_ccaas:9999","dial_timeout":"10s","tls_required":false}"#;
    fs::write(source.join("connection.json"), connection)?;
    let file = pack(&source, &["connection.json"])?;
    let id = package_id("basic_1.0", &file)?;
    administrator.install(&file)?;
    let variables = [
        "CHAINCODE_SERVER_ADDRESS=0.0.0.0:9999".to_owned(),
        format!("CHAINCODE_ID={id}"),
        format!("CORE_CHAINCODE_ID_NAME={id}"),
    ];
    let mut words = vec!["run", "--rm", "--detach", "--name", "peer0org1_basic_ccaas", "--network", NETWORK];
    words.extend(variables.iter().flat_map(|variable| ["--env", variable.as_str()]));
    let image = tag(CONTRACT);
    words.push(&image);
    let container = engine.output(words)?;
    let definition = Definition { channel: "mychannel", name: NAME, package: &id, options: "" };
    let outcome = administrator
        .define(&definition)
        .and_then(|()| administrator.writes(NAME))
        .and_then(|()| administrator.reads(NAME));
    engine.output(["rm", "--force", container.trim()])?;
    outcome
}

/// Containers of orderer and peer in a network. All of them are removed when this is dropped.
struct Compose<'a> {
    engine: &'a Engine,
    programs: &'a Programs,
    folder: TempDir,
    /// The IDs of the containers.
    orderer: String,
    peer: String,
}

impl<'a> Compose<'a> {
    fn start(engine: &'a Engine, programs: &'a Programs) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("compose-").tempdir()?;
        lay_out(programs, folder.path(), &format!("{ORDERER}:7050"))?;
        fs::write(
            folder.path().join("builder/launch.yaml"),
            "platform: docker\ndocker: {pull: never, limits: {memory: 512Mi}}\n",
        )?;
        for log in [ORDERER_LOG, PEER_LOG] {
            fs::write(folder.path().join(log), "")?;
        }
        engine.output(["network", "create", NETWORK])?;
        let mut compose = Self { engine, programs, folder, orderer: String::new(), peer: String::new() };
        if let Err(error) = compose.join() {
            let ends = [ORDERER_LOG, PEER_LOG].map(|log| end_of(&compose.folder.path().join(log)));
            return Err(error.context(ends.join("\n")));
        }
        Ok(compose)
    }

    /// Starts orderer and peer, and joins both to the channels.
    fn join(&mut self) -> Result<()> {
        self.orderer = self.start_orderer()?;
        let admin_address = self.published(&self.orderer, 7053)?;
        // The engine accepts connections to a port before the orderer listens on it.
        logged(&self.folder.path().join(ORDERER_LOG), "Beginning to serve requests", 1, CHANGE)?;
        join_orderer(self.programs, self.folder.path(), &admin_address)?;
        self.peer = self.start_peer()?;
        logged(&self.folder.path().join(PEER_LOG), "Started peer with ID", 1, CHANGE)?;
        join_peer(&self.administrator()?, self.folder.path())
    }

    fn start_orderer(&self) -> Result<String> {
        let mut variables = orderer_environment(self.folder.path());
        for (name, value) in [
            ("ORDERER_GENERAL_LISTENADDRESS", "0.0.0.0"),
            ("ORDERER_GENERAL_LISTENPORT", "7050"),
            ("ORDERER_ADMIN_LISTENADDRESS", "0.0.0.0:7053"),
        ] {
            variables.push((name, value.to_owned()));
        }
        let command = format!("orderer >>{ORDERER_LOG} 2>&1");
        self.container(
            ORDERER,
            &command,
            &variables,
            &["--publish", "127.0.0.1::7050", "--publish", "127.0.0.1::7053"],
        )
    }

    /// Starts the peer with the variables that the test network has for it.
    fn start_peer(&self) -> Result<String> {
        const SOCKET: &str = "/host/var/run/docker.sock";
        let host = self.engine.host().unwrap_or("unix:///var/run/docker.sock");
        let socket = host.strip_prefix("unix://").context("the engine listens elsewhere")?;
        let further =
            vec![("CORE_PEER_ID", PEER.to_owned()), ("CORE_VM_ENDPOINT", format!("unix://{SOCKET}"))];
        let mut variables = peer_environment(self.folder.path(), &further);
        variables.extend(further);
        for (name, value) in [
            ("CORE_PEER_LISTENADDRESS", "0.0.0.0:7051"),
            ("CORE_PEER_CHAINCODELISTENADDRESS", "0.0.0.0:7052"),
            ("CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG", r#"{"peername":"peer0org1"}"#),
            // Else it would take the address of the container, which the certificate does not have.
            ("CORE_PEER_ADDRESSAUTODETECT", "false"),
        ] {
            variables.push((name, value.to_owned()));
        }
        for name in ["CORE_PEER_ADDRESS", "CORE_PEER_GOSSIP_BOOTSTRAP", "CORE_PEER_GOSSIP_EXTERNALENDPOINT"] {
            variables.push((name, format!("{PEER}:7051")));
        }
        variables.push(("CORE_PEER_CHAINCODEADDRESS", format!("{PEER}:7052")));
        let volume = format!("{socket}:{SOCKET}");
        let command = format!("peer node start >>{PEER_LOG} 2>&1");
        self.container(PEER, &command, &variables, &["--publish", "127.0.0.1::7051", "--volume", &volume])
    }

    /// Starts one of Fabric's programs under a name; returns the container's ID. The network's folder has the same path inside.
    fn container(
        &self,
        name: &str,
        command: &str,
        variables: &[(&'static str, String)],
        options: &[&str],
    ) -> Result<String> {
        let at = |path: &Path| format!("{0}:{0}", path.display());
        let folder = self.folder.path();
        let mut docker = self.engine.docker(["run", "--detach", "--user", "0", "--tmpfs", "/tmp:exec"]);
        docker.args(["--name", name, "--network", NETWORK]).args(options);
        docker.arg("--volume").arg(at(folder)).arg("--volume").arg(at(self.programs.folder()) + ":ro");
        docker
            .arg("--workdir")
            .arg(folder)
            .arg("--env")
            .arg(format!("FABRIC_CFG_PATH={}", self.programs.folder().display()));
        for (name, value) in variables {
            docker.arg("--env").arg(format!("{name}={value}"));
        }
        let command = format!("exec {}/{command}", self.programs.folder().display());
        docker.args([&tag("shell"), "/bin/busybox", "sh", "-c", &command]);
        Ok(xtask_docker::engine::output(&mut docker)?.trim().to_owned())
    }

    /// Returns where a port of a container is on the host.
    fn published(&self, container: &str, port: u16) -> Result<String> {
        let found = self.engine.output(["port", container, &port.to_string()])?;
        Ok(found.lines().next().context("the port is not published")?.to_owned())
    }

    /// Returns the administrator. A container that is started again has another port.
    fn administrator(&self) -> Result<Administrator<'a>> {
        let peer = self.published(&self.peer, 7051)?;
        let orderer = self.published(&self.orderer, 7050)?;
        administrator(self.programs, self.folder.path(), (&peer, &orderer))
    }
}

impl Drop for Compose<'_> {
    fn drop(&mut self) {
        for container in [&self.peer, &self.orderer] {
            if !container.is_empty() {
                let _ = self.engine.output(["rm", "--force", "--volumes", container]);
            }
        }
        let _ = self.engine.output(["network", "rm", NETWORK]);
    }
}
