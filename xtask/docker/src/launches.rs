//! Launches without a peer: each error of an engine, what remains after it, and how a launch is stopped.

use std::net::TcpListener;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use xtask_base::processes::wait_until;
use xtask_base::report::Report;
use xtask_base::site::{HASH, Launch, Site};

use crate::engine::Engine;
use crate::images::{Images, tag};

/// How long a launch may take to end after SIGTERM.
const AFTER_SIGTERM: Duration = Duration::from_secs(3);

/// How long a change may take to become visible.
const CHANGE: Duration = Duration::from_secs(20);

/// A digest that no image has.
const NOTHING: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// The surroundings of the checks.
pub struct Stage<'a> {
    /// The engine.
    pub engine: &'a Engine,
    /// The static builder, next to the launcher.
    pub builder: PathBuf,
    /// Its images.
    pub images: Images<'a>,
}

/// A launch that fails.
struct Failing {
    label: &'static str,
    docker: &'static str,
    image: Picture,
    code: i32,
    says: &'static str,
    /// The same on podman, where it differs.
    podman: Option<(i32, &'static str)>,
}

/// The image of a launch.
#[derive(Clone, Copy)]
enum Picture {
    /// An existing image, by its ID.
    Of(&'static str),
    /// The content of image.json.
    Json(&'static str),
}

const SHELL: &str = "shell";

const fn failing(
    label: &'static str,
    docker: &'static str,
    image: Picture,
    code: i32,
    says: &'static str,
) -> Failing {
    Failing { label, docker, image, code, says, podman: None }
}

impl Failing {
    const fn on_podman(mut self, code: i32, says: &'static str) -> Self {
        self.podman = Some((code, says));
        self
    }
}

const ABSENT: &str = r#"{"name":"fabric-ccs-test/absent","digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000"}"#;
const REFUSED: &str = r#"{"name":"127.0.0.1:9/absent","digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000"}"#;

/// Every error of an engine that occurs within a minute.
const FAILING: &[Failing] = &[
    failing("missing", "{pull: never}", Picture::Json(ABSENT), 44, "the engine does not have the image"),
    failing(
        "unreachable",
        "{start_timeout: 3s}",
        Picture::Json(REFUSED),
        47,
        "the container did not run within 3 s",
    ),
    failing(
        "misnamed",
        "{}",
        Picture::Json(
            r#"{"name":"UPPER/Case","digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000"}"#,
        ),
        44,
        "invalid reference format",
    )
    .on_podman(44, "repository name must be lowercase"),
    failing("tagged", "{}", Picture::Json(r#"{"name":"basic:1.0"}"#), 21, "must contain 'name' and 'digest'"),
    failing("crash", "{}", Picture::Of("crash"), 46, "chaincode crash: no license"),
    failing(
        "completed",
        "{}",
        Picture::Of("completed"),
        46,
        "ended by itself with exit status 0 and wrote nothing",
    ),
    failing("commandless", "{}", Picture::Of("commandless"), 44, "cannot start the container"),
    failing("foreign", "{}", Picture::Of("foreign"), 44, "exec format error"),
    failing(
        "greedy",
        "{limits: {memory: 16Mi}}",
        Picture::Of("greedy"),
        46,
        "was killed, since it used more than its 16 MiB of memory,",
    )
    .on_podman(46, "exit status 137 and wrote nothing; hint: 137 means SIGKILL; podman may not report"),
    failing("netless", "{network: absent}", Picture::Of(SHELL), 24, "network absent not found")
        .on_podman(24, "unable to find network with name or ID absent"),
    failing("tiny", "{limits: {memory: 1Mi}}", Picture::Of(SHELL), 24, "cannot create the container")
        .on_podman(24, "cannot start the container: "),
    failing(
        "nowhere",
        "{host: 'unix:///nowhere/docker.sock'}",
        Picture::Of(SHELL),
        41,
        "cannot speak to the engine at unix:///nowhere/docker.sock (docker.host in launch.yaml): Socket not found",
    ),
    failing("nobody", "{host: 'tcp://127.0.0.1:9'}", Picture::Of(SHELL), 41, "Connection refused"),
];

/// Loads the images.
pub fn load(images: &mut Images<'_>) -> Result<()> {
    /// The beginning of a program for a processor that does not exist.
    const FOREIGN: &[u8] = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\xff\xfe\x01\0\0\0";
    images.shell(SHELL, "echo started; exec /bin/busybox sleep 600")?;
    images.shell("crash", "echo no license; exit 3")?;
    images.shell("completed", "exit 0")?;
    images.shell("greedy", "exec /bin/busybox tail /dev/zero")?;
    images.shell(
        "chatty",
        "/bin/busybox head -c 200000 /dev/zero | /bin/busybox tr '\\0' x; echo; echo end >&2; exit 1",
    )?;
    images.without_program("commandless")?;
    images.command("foreign", FOREIGN)
}

/// Runs every launch.
pub fn run(report: &mut Report, stage: &Stage<'_>) {
    report.part("launches that fail", |report| {
        report.check_at_once(FAILING, |case| case.label, |case| case.run(stage));
        report.check("a failed launch leaves nothing behind", || nothing_is_left(stage));
        Ok(())
    });
    report.part("launches that run", |report| {
        report.check("the container is as the plan says, and gone after SIGTERM", || as_planned(stage));
        report.check("certificates are uploaded into a read-only root file system", || only_read(stage));
        report.check("an image by its tag, if the operator allows it", || by_tag(stage));
        report.check("a long line is cut, and both outputs are passed on", || long_lines(stage));
        report.check("SIGTERM while it waits for the engine", || {
            stopped_early(
                stage,
                "{host: 'unix:///nowhere/docker.sock'}",
                &stage.images.json(SHELL)?,
                "waits for the engine",
            )
        });
        report.check("SIGTERM while the image is pulled", || {
            // It accepts connections, but never answers.
            let registry = TcpListener::bind("127.0.0.1:0")?;
            let image = format!(r#"{{"name":"{}/hangs","digest":"{NOTHING}"}}"#, registry.local_addr()?);
            stopped_early(stage, "{}", &image, "pulls the image")
        });
        report.check("an image is pulled by its digest, with credentials", || pulled(stage));
        report.check("a second launch replaces the first, which ends quietly", || replaced(stage));
        report.check("a container that is removed ends the launch", || removed(stage));
        report.check("nothing is left", || nothing_is_left(stage));
        Ok(())
    });
}

impl Failing {
    fn run(&self, stage: &Stage<'_>) -> Result<()> {
        let image = match self.image {
            Picture::Of(name) => stage.images.json(name)?,
            Picture::Json(text) => text.to_owned(),
        };
        let otherwise = self.podman.filter(|_| stage.engine.is_podman());
        let (code, says) = otherwise.unwrap_or((self.code, self.says));
        site(stage, self.label, self.docker, &image)?.fails(code, says).map(drop)
    }
}

/// Makes a builder with these settings for containers, and a built package with an image.
fn site(stage: &Stage<'_>, label: &str, docker: &str, image: &str) -> Result<Site> {
    let settings = format!("platform: docker\ndocker: {docker}\n");
    let site = Site::new(
        &stage.builder.with_file_name("ccs-launcher"),
        (label, image),
        &settings,
        "127.0.0.1:7052",
    )?;
    Ok(match stage.engine.host() {
        Some(host) => site.with("DOCKER_HOST", host),
        None => site,
    })
}

/// Returns the name of the container of a launch.
fn container(site: &Site) -> String {
    format!("dev-peer0-{}-{HASH}-ccs", site.label())
}

/// Launches, and waits until the container runs.
pub(crate) fn runs(site: &Site) -> Result<Launch> {
    let launch = site.launch("meta")?;
    launch.says("the chaincode runs in the container")?;
    Ok(launch)
}

fn inspect(stage: &Stage<'_>, site: &Site, format: &str) -> Result<String> {
    let name = container(site);
    Ok(stage.engine.output(["inspect", "--format", format, &name])?.trim().to_owned())
}

/// Stops a launch, and checks that its container is gone.
pub(crate) fn stops(stage: &Stage<'_>, site: &Site, launch: Launch) -> Result<()> {
    let time = launch.stop()?;
    println!("        gone {time:?} after SIGTERM");
    ensure!(time < AFTER_SIGTERM, "it took {time:?}");
    ensure!(inspect(stage, site, "{{.Id}}").is_err(), "the container is there");
    Ok(())
}

fn nothing_is_left(stage: &Stage<'_>) -> Result<()> {
    let words = ["ps", "--all", "--filter", "label=fabric-ccs/run", "--format", "{{.Names}}"];
    let left = stage.engine.output(words)?;
    ensure!(left.trim().is_empty(), "left: {left}");
    Ok(())
}

/// What an engine reports when all capabilities are dropped, and no process may get further ones: podman names each.
pub(crate) fn without_rights(engine: &Engine) -> &'static str {
    if engine.is_podman() {
        "[AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP SETUID SYS_CHROOT] \
         [no-new-privileges]"
    } else {
        "[ALL] [no-new-privileges]"
    }
}

fn as_planned(stage: &Stage<'_>) -> Result<()> {
    let docker = "{limits: {memory: 64Mi, cpus: 0.5, processes: 50}, environment: {OWN: value}}";
    let site = site(stage, "planned_1.0", docker, &stage.images.json(SHELL)?)?;
    let launch = runs(&site)?;
    launch.says("chaincode planned_1.0: started")?;
    for (format, expected) in [
        (
            "{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}}",
            "67108864 500000000 50",
        ),
        ("{{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}}", without_rights(stage.engine)),
        ("{{.HostConfig.NetworkMode}} {{.HostConfig.RestartPolicy.Name}} {{len .Mounts}}", "host no 0"),
        (
            r#"{{index .Config.Labels "fabric-ccs/peer-id"}} {{index .Config.Labels "fabric-ccs/role"}}"#,
            "peer0 client",
        ),
    ] {
        let found = inspect(stage, &site, format)?;
        ensure!(found == expected, "{format} is {found}");
    }
    let inside = |words: &[&str]| -> Result<String> {
        let name = container(&site);
        let words = [&["exec", name.as_str(), "/bin/busybox"], words].concat();
        Ok(stage.engine.output(words)?.trim().to_owned())
    };
    let environment = inside(&["env"])?;
    for line in ["OWN=value", "CORE_PEER_ADDRESS=127.0.0.1:7052", "CORE_PEER_TLS_ENABLED=true"] {
        ensure!(environment.lines().any(|found| found == line), "{line} is not in {environment}");
    }
    let files = inside(&[
        "sh",
        "-c",
        "cd /etc/hyperledger/fabric && /bin/busybox cat peer.crt client_pem.key client.key",
    ])?;
    ensure!(files == "ROOTKEYS0VZ", "the files hold {files}");
    stops(stage, &site, launch)
}

fn only_read(stage: &Stage<'_>) -> Result<()> {
    let site = site(stage, "read", "{}", &stage.images.json(SHELL)?)?
        .with("CORE_VM_DOCKER_HOSTCONFIG_READONLYROOTFS", "true");
    let launch = runs(&site)?;
    let words = ["exec", &container(&site), "/bin/busybox", "cat", "/etc/hyperledger/fabric/client_pem.key"];
    let key = stage.engine.output(words)?;
    ensure!(key == "KEY", "the file holds {key}");
    let volume = inspect(stage, &site, "{{(index .Mounts 0).Name}}")?;
    stops(stage, &site, launch)?;
    ensure!(stage.engine.output(["volume", "inspect", &volume]).is_err(), "the volume is there");
    Ok(())
}

fn by_tag(stage: &Stage<'_>) -> Result<()> {
    let image = format!(r#"{{"name":"{}"}}"#, tag(SHELL));
    let site = site(stage, "by-tag", "{allow_tags: true, pull: never}", &image)?;
    let launch = runs(&site)?;
    launch.says(&format!("the image {} is {}", tag(SHELL), stage.images.id(SHELL)?))?;
    stops(stage, &site, launch)
}

fn pulled(stage: &Stage<'_>) -> Result<()> {
    /// `user:?????>>>>>`: as JSON in Base64 it has what the alphabet of URLs writes otherwise.
    const USER: &str = "dXNlcjo/Pz8/Pz4+Pj4+";
    let registry = stage.images.registry("echo pulled; exec /bin/busybox sleep 600", USER)?;
    let unknown = site(stage, "unknown", "{}", &registry.json(None))?;
    let reason = if stage.engine.is_podman() { ": unauthorized" } else { "no basic auth credentials" };
    unknown.fails(44, reason)?;
    let folder = tempfile::tempdir()?;
    let auths = format!(r#"{{"auths":{{"{}":{{"auth":"{USER}"}}}}}}"#, registry.host());
    std::fs::write(folder.path().join("config.json"), auths)?;
    let with_credentials = |label: &str, image: &str| -> Result<Site> {
        Ok(site(stage, label, "{}", image)?.with("DOCKER_CONFIG", &folder.path().to_string_lossy()))
    };
    with_credentials("absent", &registry.json(Some(NOTHING)))?.fails(44, "manifest unknown")?;
    let site = with_credentials("pulled", &registry.json(None))?;
    let launch = runs(&site)?;
    launch.says("chaincode pulled: pulled")?;
    ensure!(launch.said().contains("run pulled: pulled the image in "), "{}", launch.said());
    let outcome = stops(stage, &site, launch);
    stage.engine.output(["rmi", "--force", &registry.reference()])?;
    outcome
}

fn long_lines(stage: &Stage<'_>) -> Result<()> {
    let site = site(stage, "chatty", "{}", &stage.images.json("chatty")?)?;
    let said = site.fails(46, "chaincode chatty: end")?;
    let longest = said.lines().map(str::len).max().unwrap_or_default();
    ensure!(longest == 4095, "the longest line has {longest} bytes");
    ensure!(said.contains("xxx...\n"), "no line is cut");
    Ok(())
}

fn stopped_early(stage: &Stage<'_>, docker: &str, image: &str, text: &str) -> Result<()> {
    let site = site(stage, "early", docker, image)?;
    let launch = site.launch("meta")?;
    launch.says(text)?;
    stops(stage, &site, launch)
}

fn replaced(stage: &Stage<'_>) -> Result<()> {
    let site = site(stage, "replaced", "{}", &stage.images.json(SHELL)?)?;
    let mut first = runs(&site)?;
    let second = site.launch("second")?;
    second.says("removed the older container dev-peer0-replaced-")?;
    second.says("the chaincode runs in the container")?;
    let status = first.ends()?;
    ensure!(status.success(), "the first ended with {status}, and said {}", first.said());
    ensure!(first.said().contains("another launch of the same chaincode has taken over"), "{}", first.said());
    ensure!(inspect(stage, &site, "{{.State.Running}}")? == "true", "the second does not run");
    stops(stage, &site, second)
}

fn removed(stage: &Stage<'_>) -> Result<()> {
    let site = site(stage, "removed", "{}", &stage.images.json(SHELL)?)?;
    let mut launch = runs(&site)?;
    stage.engine.output(["rm", "--force", &container(&site)])?;
    let status = launch.ends()?;
    ensure!(status.code() == Some(48), "ended with {status}, and said {}", launch.said());
    ensure!(launch.said().contains("the container was removed from outside"), "{}", launch.said());
    Ok(())
}

/// Waits until exactly one container of a package runs on an engine.
pub fn runs_once(engine: &Engine, package: &str) -> Result<()> {
    wait_until(CHANGE, || Ok(containers(engine, package, "running")?.len() == 1))
        .with_context(|| format!("{package} runs as {:?}", containers(engine, package, "running").ok()))
}

/// Returns the containers of a package in a state; all for an empty one.
pub fn containers(engine: &Engine, package: &str, state: &str) -> Result<Vec<String>> {
    let label = format!("label=fabric-ccs/package-id={package}");
    let status = format!("status={state}");
    let mut words = vec!["ps", "--all", "--no-trunc", "--format", "{{.ID}}", "--filter", &label];
    if !state.is_empty() {
        words.extend(["--filter", &status]);
    }
    Ok(engine.output(words)?.lines().map(str::to_owned).collect())
}
