//! Chaincode that the peer dials, as the install of a package starts it: builds that succeed, builds that fail, and what remains.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use xtask_base::processes::wait_until;
use xtask_base::report::Report;
use xtask_base::server_site::ServerSite;
use xtask_base::site::HASH;

use crate::engine::Engine;
use crate::images::{Images, tag};
use crate::launches::{Stage, containers, without_rights};

/// The image with the contract in Go, which a shell starts. The shim serves where a variable says so.
pub const CONTRACT: &str = "everything";

/// The same image, which ignores the TLS settings.
const PLAINTEXT: &str = "plaintext";

/// How long a change may take to be seen.
const CHANGE: Duration = Duration::from_secs(20);

/// The network of the peer in a container.
const NETWORK: &str = "fabric-ccs-test";

/// The container of the builder in it.
const BUILDER: &str = "fabric-ccs-builder";

/// A build that fails.
struct Failing {
    label: &'static str,
    docker: &'static str,
    image: &'static str,
    code: i32,
    says: &'static str,
    /// The same on podman, where it differs.
    podman: Option<&'static str>,
}

const fn failing(
    label: &'static str,
    docker: &'static str,
    image: &'static str,
    code: i32,
    says: &'static str,
) -> Failing {
    Failing { label, docker, image, code, says, podman: None }
}

const FAILING: &[Failing] = &[
    failing("absent", "{pull: never}", "", 44, "the engine does not have the image"),
    failing("commandless", "{}", "commandless", 44, "cannot start the container"),
    failing("foreign", "{}", "foreign", 44, "exec format error"),
    failing("crash", "{}", "crash", 46, "ended by itself with exit status 3; its last line: no license"),
    failing("completed", "{}", "completed", 46, "is it built for the role client?"),
    failing("greedy", "{limits: {memory: 16Mi}}", "greedy", 46, "used more than its 16 MiB of memory")
        .on_podman("exit status 137 and wrote nothing; hint: 137 means SIGKILL; podman may not report"),
    failing("silent", "{start_timeout: LIMIT}", "shell", 47, "did not listen on 127.0.0.1:2"),
    failing("heedless", "{}", PLAINTEXT, 32, "the peer cannot use TLS with 127.0.0.1:2"),
    failing("netless", "{network: absent}", "shell", 24, "absent"),
    failing(
        "reserved",
        "{environment: {CHAINCODE_TLS_KEY: /other}}",
        "shell",
        24,
        "the environment may not set CHAINCODE_TLS_KEY",
    ),
];

/// Loads the images of servers.
pub fn load(images: &mut Images<'_>, contract: &std::path::Path) -> Result<()> {
    let start = "exec /program -peer.address=$CORE_PEER_ADDRESS";
    images.with_program(CONTRACT, contract, start)?;
    images.with_program(PLAINTEXT, contract, &format!("CHAINCODE_TLS_DISABLED=true {start}"))
}

/// Runs every build.
pub fn run(report: &mut Report, stage: &Stage<'_>) {
    report.part("servers that fail", |report| {
        report.check_at_once(FAILING, |case| case.label, |case| case.run(stage));
        report.check("of a build that failed nothing is left", || nothing_is_left(stage));
        Ok(())
    });
    report.part("servers that run", |report| {
        report.check("the container is as the plan says, and is started again when it was killed", || {
            killed(stage)
        });
        report.check("a build that comes again takes over, and one that fails leaves what works", || {
            comes_again(stage)
        });
        report.check("TLS of one side, with a root file system that is only read", || only_read(stage));
        report.check("of the type k8s, in plaintext, by its tag", || in_plaintext(stage));
        report.check("a builder in a container dials by a name", || in_a_container(stage));
        report.check("SIGTERM while it waits leaves nothing", || {
            let site = site(stage, "stopped", "{}", &stage.images.json("shell")?)?;
            site.is_stopped(&mut command(stage, &site), "starts 127.0.0.1:")
        });
        report.check("nothing is left", || nothing_is_left(stage));
        Ok(())
    });
}

impl Failing {
    const fn on_podman(mut self, says: &'static str) -> Self {
        self.podman = Some(says);
        self
    }

    fn run(&self, stage: &Stage<'_>) -> Result<()> {
        let image = match self.image {
            "" => format!(r#"{{"name":"fabric-ccs-test/absent","digest":"sha256:{}"}}"#, "0".repeat(64)),
            name => stage.images.json(name)?,
        };
        // Podman takes its time when ten builds begin at once.
        let limit = if stage.engine.is_podman() { "40s" } else { "6s" };
        let site = site(stage, self.label, &self.docker.replace("LIMIT", limit), &image)?;
        let otherwise = self.podman.filter(|_| stage.engine.is_podman());
        site.fails(&mut command(stage, &site), self.code, otherwise.unwrap_or(self.says)).map(drop)
    }
}

/// Makes a builder with these settings for containers, and a package with an image.
fn site(stage: &Stage<'_>, label: &str, docker: &str, image: &str) -> Result<ServerSite> {
    ServerSite::new(&stage.builder, (label, image), &settings(docker))
}

fn settings(docker: &str) -> String {
    format!("platform: docker\ndocker: {docker}\n")
}

fn command(stage: &Stage<'_>, site: &ServerSite) -> Command {
    let mut command = site.command();
    stage.engine.direct(&mut command);
    command
}

fn builds(stage: &Stage<'_>, site: &ServerSite) -> Result<String> {
    site.builds(&mut command(stage, site))
}

/// Returns the name of the container of a package.
fn container(site: &ServerSite) -> String {
    format!("dev-peer0-{}-{HASH}-ccs", site.label())
}

fn inspect(stage: &Stage<'_>, container: &str, format: &str) -> Result<String> {
    Ok(stage.engine.output(["inspect", "--format", format, container])?.trim().to_owned())
}

fn remove(stage: &Stage<'_>, site: &ServerSite) -> Result<()> {
    stage.engine.output(["rm", "--force", "--volumes", &container(site)]).map(drop)
}

fn nothing_is_left(stage: &Stage<'_>) -> Result<()> {
    let words = ["ps", "--all", "--filter", "label=fabric-ccs/run", "--format", "{{.Names}}"];
    let left = stage.engine.output(words)?;
    ensure!(left.trim().is_empty(), "left: {left}");
    Ok(())
}

/// Checks what a build over mutual TLS has written; returns the address.
fn fits(site: &ServerSite) -> Result<String> {
    let connection = site.connection()?;
    for (key, part) in [
        ("root_cert", "BEGIN CERTIFICATE"),
        ("client_cert", "BEGIN CERTIFICATE"),
        ("client_key", "PRIVATE KEY"),
    ] {
        let value = connection[key].as_str().unwrap_or_default();
        ensure!(value.contains(part), "{key} is {value}");
    }
    let record = site.record()?;
    ensure!(
        record["platform"] == "docker" && record["object"] == container(site).as_str(),
        "launch.json is {record}"
    );
    ensure!(record["address"] == connection["address"], "launch.json is {record}");
    ensure!(record["certificates_end"].as_str().is_some_and(|end| end.starts_with("20")), "{record}");
    Ok(connection["address"].as_str().unwrap_or_default().to_owned())
}

fn killed(stage: &Stage<'_>) -> Result<()> {
    let docker = "{limits: {memory: 256Mi, processes: 50}, environment: {OWN: value}}";
    let site = site(stage, "planned_1.0", docker, &stage.images.json(CONTRACT)?)?;
    let said = builds(stage, &site)?;
    let address = fits(&site)?;
    let port = address.strip_prefix("127.0.0.1:2").with_context(|| format!("the address is {address}"))?;
    let line = format!("the peer will connect to {address} over mutual TLS");
    ensure!(said.contains(&line), "did not say {line}, but {said}");
    let name = container(&site);
    for (format, expected) in [
        ("{{.HostConfig.Memory}} {{.HostConfig.PidsLimit}}", "268435456 50".to_owned()),
        ("{{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}}", without_rights(stage.engine).to_owned()),
        (
            "{{.HostConfig.NetworkMode}} {{.HostConfig.RestartPolicy.Name}} {{len .Mounts}}",
            "bridge unless-stopped 0".to_owned(),
        ),
        (
            r#"{{(index (index .HostConfig.PortBindings "9999/tcp") 0).HostIp}}:{{(index (index .HostConfig.PortBindings "9999/tcp") 0).HostPort}}"#,
            format!("127.0.0.1:2{port}"),
        ),
        (
            r#"{{index .Config.Labels "fabric-ccs/role"}} {{index .Config.Labels "fabric-ccs/workload"}} {{index .Config.Labels "fabric-ccs/address"}}"#,
            format!("server {name} {address}"),
        ),
    ] {
        let found = inspect(stage, &name, format)?;
        ensure!(found == expected, "{format} is {found}");
    }
    let shown = stage.engine.output(["inspect", &name])?;
    ensure!(!shown.contains("PRIVATE KEY"), "the engine shows a key");
    restarts(stage.engine, &name)?;
    ensure!(inspect(stage, &name, "{{.RestartCount}}")? == "1", "it was started otherwise");
    // The same name, port and certificates: what was released fits, and a second build is not needed.
    let connected = || Ok(std::net::TcpStream::connect(&address).is_ok());
    wait_until(CHANGE, connected).context("no listener at the released address")?;
    remove(stage, &site)
}

/// Kills the chaincode in a container, and waits until the engine has started it again.
pub fn restarts(engine: &Engine, container: &str) -> Result<()> {
    let pid = || -> Result<i32> {
        Ok(engine.output(["inspect", "--format", "{{.State.Pid}}", container])?.trim().parse()?)
    };
    let old = pid()?;
    let process = Pid::from_raw(old).context("the container does not run")?;
    kill_process(process, Signal::KILL).context("cannot kill the chaincode")?;
    wait_until(CHANGE, || Ok(!matches!(pid()?, 0) && pid()? != old)).context("it is not started again")
}

fn comes_again(stage: &Stage<'_>) -> Result<()> {
    let site = site(stage, "again_1.0", "{}", &stage.images.json(CONTRACT)?)?;
    builds(stage, &site)?;
    let first = (fits(&site)?, inspect(stage, &container(&site), "{{.Id}}")?);
    let said = builds(stage, &site)?;
    ensure!(said.contains("takes over from the container dev-peer0-again_1.0-"), "{said}");
    let second = (fits(&site)?, inspect(stage, &container(&site), "{{.Id}}")?);
    ensure!(first.0 != second.0 && first.1 != second.1, "{first:?} and {second:?}");
    let package = format!("again_1.0:{HASH}");
    ensure!(containers(stage.engine, &package, "")?.len() == 1, "the older container is there");
    // A third build that cannot succeed.
    std::fs::remove_dir_all(site.path("bld"))?;
    std::fs::create_dir(site.path("bld"))?;
    site.image(&stage.images.json("crash")?)?;
    site.fails(&mut command(stage, &site), 46, "no license")?;
    ensure!(
        inspect(stage, &container(&site), "{{.Id}} {{.State.Running}}")? == format!("{} true", second.1),
        "it is gone"
    );
    ensure!(containers(stage.engine, &package, "")?.len() == 1, "the failed container is there");
    remove(stage, &site)
}

fn only_read(stage: &Stage<'_>) -> Result<()> {
    let image = stage.images.json(CONTRACT)?.replace('}', r#","tls":"server","port":7052}"#);
    let site = site(stage, "read", "{}", &image)?;
    site.builds(command(stage, &site).env("CORE_VM_DOCKER_HOSTCONFIG_READONLYROOTFS", "true"))?;
    let connection = site.connection()?;
    ensure!(connection["client_auth_required"] == false, "it asks for a client");
    ensure!(inspect(stage, &container(&site), "{{len .Mounts}}")? == "1", "the files are not in a volume");
    restarts(stage.engine, &container(&site))?;
    let address = connection["address"].as_str().unwrap_or_default().to_owned();
    wait_until(CHANGE, || Ok(std::net::TcpStream::connect(&address).is_ok()))
        .context("after a start without its files it does not listen")?;
    remove(stage, &site)
}

fn in_plaintext(stage: &Stage<'_>) -> Result<()> {
    let image = format!(r#"{{"name":"{}","role":"server","tls":"none"}}"#, tag(CONTRACT));
    let site = site(stage, "plain", "{allow_tags: true, pull: never}", &image)?;
    site.metadata("k8s")?;
    let said = builds(stage, &site)?;
    let line = format!("the image {} is {}", tag(CONTRACT), stage.images.id(CONTRACT)?);
    ensure!(said.contains(&line) && said.contains("in plaintext"), "{said}");
    ensure!(site.connection()?["tls_required"] == false, "it asks for TLS");
    let record = site.record()?;
    ensure!(record["tls"] == "none" && record.get("certificates_end").is_none(), "{record}");
    remove(stage, &site)
}

/// Builds in a container of the engine, as a peer in a container does.
fn in_a_container(stage: &Stage<'_>) -> Result<()> {
    let socket = stage.engine.host().unwrap_or("unix:///var/run/docker.sock");
    let socket = socket.strip_prefix("unix://").context("the engine listens elsewhere")?;
    let site = site(stage, "inside_1.0", "{}", &stage.images.json(CONTRACT)?)?;
    let builder = stage.builder.parent().context("the builder is in a folder")?;
    let build = |network: &str| {
        // Without --rm: podman would not report the exit status.
        let mut command =
            stage.engine.docker(["run", "--name", BUILDER, "--user", "0", "--network", network]);
        for (from, to) in [
            (site.folder().to_string_lossy(), site.folder().to_string_lossy()),
            (builder.to_string_lossy(), builder.to_string_lossy()),
            (socket.into(), "/var/run/docker.sock".into()),
        ] {
            command.args(["--volume", &format!("{from}:{to}")]);
        }
        command.args(["--env", "CORE_PEER_ID=peer0", &tag("shell")]).args(site.words());
        command
    };
    let nameless = if stage.engine.is_podman() { "podman" } else { "bridge" };
    let says = format!("the network {nameless} of the engine has no names");
    let failed = site.fails(&mut build("bridge"), 24, &says);
    stage.engine.output(["rm", "--force", BUILDER])?;
    failed?;
    stage.engine.output(["network", "create", NETWORK])?;
    let said = site.builds(&mut build(NETWORK));
    stage.engine.output(["rm", "--force", BUILDER])?;
    let outcome = said.and_then(|_| {
        let address = fits(&site)?;
        ensure!(
            address.starts_with("ccs-inside10-") && address.ends_with(":9999"),
            "the address is {address}"
        );
        // Podman reports the mode of every network as bridge.
        let format = "{{len .HostConfig.PortBindings}}{{range $name, $_ := .NetworkSettings.Networks}} {{$name}}{{end}}";
        let ports = inspect(stage, &container(&site), format)?;
        ensure!(ports == format!("0 {NETWORK}"), "ports and networks are {ports}");
        remove(stage, &site)
    });
    let removed = stage.engine.output(["network", "rm", NETWORK]);
    outcome.and(removed.map(drop))
}
