//! Runs a peer's pod without a cluster: its files are created in a folder, its containers run with that as their root,
//! and `ccs doctor` examines the peer's view.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use wait_timeout::ChildExt as _;

use crate::names::Names;
use crate::objects::{find, list, pod, read, texts};
use crate::rendering::Rendering;
use crate::{ccs, deploy, output_of, report};
use xtask_base::tally::Tally;
use xtask_base::{builder_programs, toolchain};

/// The builders in the core.yaml of Fabric's image (Fabric 3.1 `sampleconfig/core.yaml`), without Docker.
const FABRICS_CORE_YAML: &str = "vm:
  endpoint: ''
chaincode:
  externalBuilders:
    - name: ccaas_builder
      path: /opt/hyperledger/ccaas_builder
      propagateEnvironment: [CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG]
";

/// The PATH with which a shell finds mount and chroot.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The paths of the programs in the image.
const PROGRAMS: [&str; 2] = ["go/bin/ccs-builder", "go/bin/ccs-launcher"];

/// The host in a package's address, and its expected rendering by the peer.
struct Host {
    template: &'static str,
    rendered: &'static str,
}

/// Creates and examines each peer, and the settings in deploy/peer with one of them.
pub(crate) fn check(rendered: &[Rendering]) -> Result<Tally> {
    let program = builder_programs::build_with_launcher()?;
    let mut tally = Tally::default();
    for rendering in rendered.iter().filter(|rendering| rendering.name.starts_with("peer")) {
        let root = tempfile::Builder::new().prefix("pod-").tempdir()?;
        if !lay_out(root.path(), &program)? {
            return Ok(toolchain::missing("trial", "no mounts can be made on this machine"));
        }
        let objects = read(&rendering.text)?;
        start(&objects, root.path())?;
        let core = root.path().join("core.yaml");
        fs::write(&core, FABRICS_CORE_YAML)?;
        let environment = root.path().join("peer.env");
        fs::write(&environment, peer_environment(&objects)?)?;
        let host = if rendering.name == "peer-config" {
            Host { template: "basic.{{.domain}}", rendered: "basic.org1.example.com" }
        } else {
            Host { template: "{{.peer_id}}.example.com", rendered: "org1-peer1.example.com" }
        };
        tally += examined(rendering.name, root.path(), &core, Some(&environment), &host)?;
        if let Some(reconcile) = list(&pod(&objects)?["containers"]).get(1) {
            tally += looked_after(rendering.name, root.path(), reconcile)?;
        }
        if rendering.name == "peer-init" {
            let host = Host { template: "basic.example.com", rendered: "basic.example.com" };
            tally += examined("deploy/peer/core.yaml", root.path(), &deploy("peer/core.yaml"), None, &host)?;
            let (core, environment) = (root.path().join("empty.yaml"), deploy("peer/peer.env"));
            fs::write(&core, "vm: {endpoint: ''}\n")?;
            tally += examined("deploy/peer/peer.env", root.path(), &core, Some(&environment), &host)?;
        }
    }
    Ok(tally)
}

/// Copies the image's programs to the root; returns whether they can run there.
fn lay_out(root: &Path, program: &Path) -> Result<bool> {
    fs::create_dir_all(root.join("go/bin"))?;
    for place in PROGRAMS {
        fs::copy(program.with_file_name(place.trim_start_matches("go/bin/")), root.join(place))?;
    }
    fs::create_dir_all(root.join("tmp"))?;
    for folder in ["proc", "dev"] {
        fs::create_dir_all(root.join(folder))?;
    }
    Ok(output_of(enter(root).arg(Path::new("/").join(PROGRAMS[0])).arg("--version")).is_ok())
}

/// Returns a command in the root, with `/proc` and `/dev` as in every container; the mounts end with the process.
fn enter(root: &Path) -> Command {
    let mut command = Command::new("unshare");
    // As root, this keeps the user; any other user becomes root in a new namespace.
    command.args(["--map-root-user", "--mount", "sh", "-c"]);
    let script = r#"mount --rbind /proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" "$@""#;
    command.arg(script).arg(root);
    command.env_clear().stdin(Stdio::null()).env("PATH", PATH);
    command
}

/// Creates the mounted folders and files, and runs the init container until the peer would start.
fn start(objects: &[Value], root: &Path) -> Result<()> {
    let pod = pod(objects)?;
    for mount in list(&pod["containers"][0]["volumeMounts"]) {
        mount_in(objects, pod, mount, root)?;
    }
    let init = &pod["initContainers"][0];
    let inside = |command: &Value| {
        let mut words = texts(command).into_iter();
        let mut command = enter(root);
        command.arg(words.next().unwrap_or_default()).args(words);
        command
    };
    if init["restartPolicy"] != "Always" {
        output_of(&mut inside(&init["command"]))?;
        return Ok(());
    }
    let mut sidecar = inside(&init["command"]).stdout(Stdio::null()).spawn()?;
    let probe = &init["startupProbe"];
    let tries = probe["failureThreshold"].as_u64().context("the probe has a limit")?;
    let started = wait_for(&mut sidecar, tries, || inside(&probe["exec"]["command"]));
    kill_process(Pid::from_child(&sidecar), Signal::TERM)?;
    let ended = sidecar.wait()?;
    started?;
    ensure!(ended.success(), "the sidecar ended with {ended} when it was stopped by a signal");
    Ok(())
}

/// Waits until a probe succeeds, like Kubernetes.
fn wait_for(sidecar: &mut Child, tries: u64, probe: impl Fn() -> Command) -> Result<()> {
    for _ in 0..tries {
        if output_of(&mut probe()).is_ok() {
            return Ok(());
        }
        if let Some(ended) = sidecar.wait_timeout(Duration::from_secs(1))? {
            bail!("the sidecar ended by itself: {ended}");
        }
    }
    bail!("the startup probe never succeeded")
}

/// Creates one volume of the peer's container: a new folder, or one file or all files of a ConfigMap.
fn mount_in(objects: &[Value], pod: &Value, mount: &Value, root: &Path) -> Result<()> {
    let path = mount["mountPath"].as_str().context("a mount has a path")?;
    let place = root.join(path.trim_start_matches('/'));
    let volume = list(&pod["volumes"]).iter().find(|volume| volume["name"] == mount["name"]);
    let volume = volume.with_context(|| format!("there is no volume for {path}"))?;
    let Some(map) = volume["configMap"]["name"].as_str() else {
        return Ok(fs::create_dir_all(place)?);
    };
    let data = &find(objects, "ConfigMap", map)?["data"];
    let write = |place: &Path, key: &str| -> Result<()> {
        fs::create_dir_all(place.parent().context("a file has a folder")?)?;
        Ok(fs::write(place, data[key].as_str().with_context(|| format!("{map} has no {key}"))?)?)
    };
    match mount["subPath"].as_str() {
        Some(key) => write(&place, key),
        None => data.as_object().into_iter().flatten().try_for_each(|(key, _)| write(&place.join(key), key)),
    }
}

/// Returns the variables of the peer's process, one per line.
fn peer_environment(objects: &[Value]) -> Result<String> {
    let container = &pod(objects)?["containers"][0];
    let mut lines = Vec::new();
    for source in list(&container["envFrom"]) {
        let name = source["configMapRef"]["name"].as_str().context("the variables are in a ConfigMap")?;
        let data = find(objects, "ConfigMap", name)?["data"].as_object().context("the ConfigMap has data")?;
        lines.extend(
            data.iter().map(|(name, value)| format!("{name}={}\n", value.as_str().unwrap_or_default())),
        );
    }
    for variable in list(&container["env"]) {
        let value = variable["value"].as_str().unwrap_or_default();
        lines.push(format!("{}={value}\n", variable["name"].as_str().unwrap_or_default()));
    }
    Ok(lines.concat())
}

/// Runs the command of the reconciling container once, for a peer without builds: it must
/// take its options and settings.
fn looked_after(name: &str, root: &Path, container: &Value) -> Result<Tally> {
    let inside = |path: &str| root.join(path.trim_start_matches('/'));
    let mut reconcile = Command::new(ccs()?);
    reconcile.env_clear().env("CORE_PEER_ID", "org1-peer1").stdin(Stdio::null());
    let mut words = texts(&container["args"]).into_iter();
    while let Some(word) = words.next() {
        match word {
            "--every" => drop(words.next()),
            "--builds" => {
                let builds = inside(words.next().context("--builds has a folder")?);
                fs::create_dir_all(&builds)?;
                reconcile.arg(word).arg(builds);
            }
            word => drop(reconcile.arg(word)),
        }
    }
    for variable in list(&container["env"]).iter().filter(|variable| variable["name"] == "CCS_LAUNCH_CONFIG")
    {
        let settings = inside(variable["value"].as_str().unwrap_or_default());
        ensure!(settings.is_file(), "there is no {}", settings.display());
        reconcile.env("CCS_LAUNCH_CONFIG", settings);
    }
    let said = output_of(&mut reconcile)?;
    Ok(report(
        said.is_empty(),
        "trial",
        &format!("{name}: reconcile takes its options and settings, and has nothing to do {said}"),
    ))
}

/// Runs `ccs doctor` with a package; it must find nothing, and the builder must accept and render the package.
fn examined(
    name: &str,
    root: &Path,
    core: &Path,
    environment: Option<&PathBuf>,
    host: &Host,
) -> Result<Tally> {
    let package = root.join("basic.tgz");
    let mut make = Command::new(ccs()?);
    make.arg("package").arg(&package).args(["--force", "--label", "basic_1.0"]);
    output_of(make.args(["--address", &format!("{}:9999", host.template)]))?;
    let mut doctor = Command::new(ccs()?);
    doctor.arg("doctor").arg("--core").arg(core).arg("--root").arg(root).arg("--package").arg(&package);
    if let Some(environment) = environment {
        doctor.arg("--env").arg(environment);
    }
    let output = doctor.arg("--json").output()?;
    let document: Value = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("ccs doctor: {}", String::from_utf8_lossy(&output.stderr).trim()))?;
    let trial = &document["trial"];
    let address = format!("{}:9999", host.rendered);
    let healthy = document["errors"] == 0
        && document["warnings"] == 0
        && trial["builder"] == Names::load()?.builder
        && trial["connection"]["address"] == address;
    let finding = if healthy { format!("the peer will dial {address}") } else { format!("{document:#}") };
    Ok(report(healthy, "trial", &format!("{name}: {finding}")))
}
