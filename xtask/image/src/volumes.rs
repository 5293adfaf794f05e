//! The image at work: programs copied or installed into a volume, and run from there as a peer's container would.

use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use xtask_docker::engine::{Engine, output};

use super::bases::{BUSYBOX, EMPTY};
use super::{DEFAULT, MINIMAL, TOOLS};

/// The minimal privileges that a careful operator grants a container.
const HARDENED: [&str; 8] =
    ["--rm", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--network", "none"];

/// Where manifests of hyperledgendary/fabric-ccs-builder mount the volume.
const PREDECESSORS_FOLDER: &str = "/var/hyperledger/fabric/chaincode/ccs-builder/bin";

/// A volume that goes with the test.
pub(crate) struct Volume<'a> {
    engine: &'a Engine,
    name: String,
}

impl<'a> Volume<'a> {
    /// Makes an empty one.
    pub(crate) fn new(engine: &'a Engine, purpose: &str) -> Result<Self> {
        let name = format!("ccs-test-{purpose}-{}", std::process::id());
        engine.output(["volume", "create", &name])?;
        Ok(Self { engine, name })
    }

    fn at(&self, folder: &str) -> String {
        format!("{}:{folder}", self.name)
    }

    /// Lists the files with their digests.
    fn content(&self) -> Result<String> {
        let list = "cd /v && find . -type f | sort | xargs sha256sum";
        self.engine.output(["run", "--rm", "-v", &self.at("/v"), BUSYBOX, "busybox", "sh", "-c", list])
    }
}

impl Drop for Volume<'_> {
    fn drop(&mut self) {
        // One that is still in use stays, and is found among what was left behind.
        let _ = self.engine.output(["volume", "rm", &self.name]);
    }
}

fn run<'a>(engine: &Engine, arguments: impl IntoIterator<Item = &'a str>) -> Command {
    engine.docker(["run"].into_iter().chain(HARDENED).chain(arguments))
}

/// The init container of the predecessor's manifests, word by word, and then a package through the programs.
pub(crate) fn predecessor(engine: &Engine) -> Result<String> {
    let programs = Volume::new(engine, "copied")?;
    let copy = format!("cp /go/bin/* {PREDECESSORS_FOLDER}/");
    let mount = programs.at(PREDECESSORS_FOLDER);
    // `command: [sh, -c]` of Kubernetes is the entry point, `args` the command.
    output(&mut run(engine, ["-v", &mount, "--entrypoint", "sh", DEFAULT, "-c", &copy]))?;
    let content = programs.content()?;
    let names: Vec<&str> = content.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
    let expected = ["./build", "./ccs-builder", "./ccs-launcher", "./detect", "./release"];
    ensure!(names == expected, "the volume holds {names:?}");
    package(engine, &programs)
}

/// The same with `ccs-builder install` of the image that has no shell.
pub(crate) fn installed(engine: &Engine) -> Result<String> {
    let programs = Volume::new(engine, "installed")?;
    let install = || output(&mut run(engine, ["-v", &programs.at("/target"), MINIMAL, "install", "/target"]));
    let said = install()?;
    ensure!(said.contains("CORE_CHAINCODE_EXTERNALBUILDERS="), "install printed {said}");
    let first = programs.content()?;
    ensure!(install()? == said, "the second install prints something else");
    ensure!(programs.content()? == first, "the second install leaves {}", programs.content()?);
    ensure!(first.lines().count() == 3, "the volume holds {first}");
    package(engine, &programs)
}

/// The launcher, if requested: with an option of `install`, and as a copy with another name. Only then does the builder accept packages
/// of the type `k8s`; otherwise it leaves them to another builder of the peer.
pub(crate) fn launcher(engine: &Engine) -> Result<String> {
    let programs = Volume::new(engine, "launcher")?;
    let (target, default) = (programs.at("/target"), "cp /go/bin/* /target/");
    output(&mut run(engine, ["-v", &target, DEFAULT, "sh", "-c", default]))?;
    ensure!(takes_images(engine, &programs)? == Some(1), "detect takes an image though there is no run");
    let copy = format!("{default} && cp /go/bin/ccs-launcher /target/run");
    output(&mut run(engine, ["-v", &target, DEFAULT, "sh", "-c", &copy]))?;
    ensure!(
        takes_images(engine, &programs)? == Some(0),
        "detect does not take an image by run, which was copied"
    );
    let programs = Volume::new(engine, "launcher-installed")?;
    let target = programs.at("/target");
    output(&mut run(engine, ["-v", &target, MINIMAL, "install", "/target"]))?;
    ensure!(
        takes_images(engine, &programs)? == Some(1),
        "detect accepts an image although run was not requested"
    );
    output(&mut run(engine, ["-v", &target, MINIMAL, "install", "/target", "--launcher"]))?;
    ensure!(programs.content()?.lines().count() == 4, "the volume holds {}", programs.content()?);
    ensure!(
        takes_images(engine, &programs)? == Some(0),
        "detect does not take an image by run, which was installed"
    );
    Ok("packages of the type k8s are accepted only if run was requested".to_owned())
}

/// Lets the programs of a volume say whether they take a package of the type `k8s`: the status of `detect`.
fn takes_images(engine: &Engine, programs: &Volume<'_>) -> Result<Option<i32>> {
    let files = Volume::new(engine, "image-package")?;
    let lay_out = r#"mkdir /p/src /p/metadata && echo '{"type":"k8s","label":"basic_1.0"}' > /p/metadata/metadata.json"#;
    engine.output(["run", "--rm", "-v", &files.at("/p"), BUSYBOX, "sh", "-c", lay_out])?;
    let (bin, package) = (programs.at("/opt/ccs-builder/bin:ro"), files.at("/p"));
    let detect = [EMPTY, "/opt/ccs-builder/bin/detect", "/p/src", "/p/metadata"];
    let peer = ["--env", "CORE_PEER_ID=peer0", "-v", &bin, "-v", &package];
    Ok(run(engine, peer.into_iter().chain(detect)).status().context("cannot start docker")?.code())
}

/// The image with `ccs`: its version, and what a package with an image would become, without a network.
pub(crate) fn tools(engine: &Engine) -> Result<String> {
    let version = output(&mut run(engine, [TOOLS, "--version"]))?;
    ensure!(version == concat!("ccs ", env!("CARGO_PKG_VERSION"), "\n"), "it says {version}");
    let work = Volume::new(engine, "work")?;
    let mount = work.at("/work");
    let digest = format!("sha256:{}", "ab".repeat(32));
    let image = format!("registry.example.com/basic@{digest}");
    let package = ["package", "basic.tgz", "--label", "basic_1.0", "--type", "ccaas", "--image", &image];
    output(&mut run(engine, ["--tmpfs", "/tmp", "-v", &mount, TOOLS].into_iter().chain(package)))?;
    let settings = "echo 'platform: kubernetes' > /work/launch.yaml";
    engine.output(["run", "--rm", "-v", &mount, BUSYBOX, "sh", "-c", settings])?;
    let render = ["launch", "render", "basic.tgz", "--settings", "launch.yaml", "--peer-id", "peer0"];
    let manifests =
        output(&mut run(engine, ["--tmpfs", "/tmp", "-v", &mount, TOOLS].into_iter().chain(render)))?;
    for expected in ["kind: Deployment\n", &format!("image: {image}\n")] {
        ensure!(manifests.contains(expected), "there is no {expected:?} in {manifests}");
    }
    Ok(format!("{}, and it renders a Deployment", version.trim()))
}

/// Runs a package through the programs of a volume, where there is no shell, no libc, no network and no right.
fn package(engine: &Engine, programs: &Volume<'_>) -> Result<String> {
    let files = Volume::new(engine, "package")?;
    let lay_out = r#"mkdir /p/src /p/metadata /p/bld /p/release
        echo '{"type":"ccaas","label":"basic_1.0"}' > /p/metadata/metadata.json
        echo '{"address":"{{.peer_id}}.example.com:9999"}' > /p/src/connection.json
        chown -R 1234:1234 /p"#;
    engine.output(["run", "--rm", "-v", &files.at("/p"), BUSYBOX, "sh", "-c", lay_out])?;
    for (program, arguments) in [
        ("detect", &["/p/src", "/p/metadata"][..]),
        ("build", &["/p/src", "/p/metadata", "/p/bld"]),
        ("release", &["/p/bld", "/p/release"]),
    ] {
        let (bin, package) = (programs.at("/opt/ccs-builder/bin:ro"), files.at("/p"));
        let path = format!("/opt/ccs-builder/bin/{program}");
        let peer =
            ["--user", "1234:1234", "--env", "CORE_PEER_ID=peer0", "-v", &bin, "-v", &package, EMPTY, &path];
        output(&mut run(engine, peer.into_iter().chain(arguments.iter().copied())))?;
    }
    let released = "/p/release/chaincode/server/connection.json";
    let connection = engine.output(["run", "--rm", "-v", &files.at("/p"), BUSYBOX, "cat", released])?;
    let expected =
        r#"{"address":"peer0.example.com:9999","tls_required":false,"client_auth_required":false}"#;
    ensure!(connection.trim() == expected, "released {connection}");
    Ok("detect, build and release work where there is no other file".to_owned())
}

/// How often each of two containers installs while a third one runs the programs.
const INSTALLS: u32 = 40;

/// While two containers install again and again into one volume, a third one always finds whole programs there.
pub(crate) fn atomic(engine: &Engine) -> Result<String> {
    let volume = Volume::new(engine, "atomic")?;
    let mount = volume.at("/target");
    output(&mut run(engine, ["-v", &mount, MINIMAL, "install", "/target"]))?;
    let read = format!(
        r#"runs=0
        until [ -e /target/one ] && [ -e /target/two ]; do
            for name in detect build release; do
                said=$(/target/$name --version) && [ "$said" = "ccs-builder {} ($name)" ] || {{
                    echo "$name said '$said' in run $runs"; exit 1; }}
                runs=$((runs + 1))
            done
        done
        echo $runs"#,
        env!("CARGO_PKG_VERSION")
    );
    let reader = start(run(engine, ["-v", &mount, DEFAULT, "sh", "-c", &read]))?;
    let install = |name: &str| {
        let repeat = format!(
            "n=0; while [ $n -lt {INSTALLS} ]; do ccs-builder install /target >/dev/null || exit 1; n=$((n + 1)); done; \
             : > /target/{name}"
        );
        start(run(engine, ["-v", &mount, DEFAULT, "sh", "-c", &repeat]))
    };
    let (one, two) = (install("one")?, install("two")?);
    let (one, two) = (end(one), end(two));
    if one.is_err() || two.is_err() {
        // The reader waits for both.
        let release = ["run", "--rm", "-v", &mount, BUSYBOX, "touch", "/target/one", "/target/two"];
        engine.output(release)?;
    }
    let runs = end(reader).context("the reader")?;
    one.and(two).context("an install beside another")?;
    let left = volume.content()?;
    ensure!(left.lines().count() == 5, "the volume holds {left}");
    Ok(format!("{} installs, and {} runs of whole programs", 2 * INSTALLS, runs.trim()))
}

fn start(mut command: Command) -> Result<Child> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().context("cannot start docker")
}

fn end(container: Child) -> Result<String> {
    let output = container.wait_with_output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    ensure!(output.status.success(), "{}: {}{}", output.status, text(&output.stdout), text(&output.stderr));
    Ok(text(&output.stdout))
}
