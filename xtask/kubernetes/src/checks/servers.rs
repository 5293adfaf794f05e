//! Chaincode that is dialled, as the install of a package starts it: what runs, what fails, and what is left of that.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;
use xtask_base::processes::{Finished, Running, finish, logged, succeed, wait_until};
use xtask_base::report::Report;
use xtask_base::site::HASH;

use super::{CONTRACT, SHELL, Stage};
use crate::names::{Names, with_names};

/// How long a build may take here.
const BUILD: Duration = Duration::from_mins(2);

/// How long a change may take to be seen.
const CHANGE: Duration = Duration::from_secs(40);

/// A build that fails.
struct Failing {
    label: &'static str,
    namespace: &'static str,
    /// What is laid over the pod.
    pod: &'static str,
    /// The image of the node; none stands for one that there is not.
    image: Option<&'static str>,
    /// Further keys of image.json.
    more: &'static str,
    /// How long it may take to be ready.
    timeout: &'static str,
    /// Whether the names of Services are found.
    names: bool,
    code: i32,
    says: &'static str,
}

const fn failing(label: &'static str, pod: &'static str, code: i32, says: &'static str) -> Failing {
    let (namespace, image) = ("free", Some(CONTRACT));
    Failing { label, namespace, pod, image, more: "", timeout: "1m", names: true, code, says }
}

const FAILING: &[Failing] = &[
    Failing {
        image: None,
        ..failing(
            "missing",
            "{spec: {containers: [{name: chaincode, imagePullPolicy: Never}]}}",
            44,
            "ErrImageNeverPull",
        )
    },
    failing(
        "crash",
        "{spec: {containers: [{name: chaincode, command: [/bin/busybox, sh, -c, 'echo no license; exit 3']}]}}",
        46,
        "chaincode: no license",
    ),
    failing(
        "commandless",
        "{spec: {containers: [{name: chaincode, command: [/not/there]}]}}",
        44,
        "no such file or directory",
    ),
    Failing { image: Some(SHELL), timeout: "8s", ..failing("silent", "{}", 47, "not ready within 8s") },
    Failing { namespace: "absent", ..failing("homeless", "{}", 24, r#"namespaces "absent" not found"#) },
    Failing { namespace: "limited", ..failing("unlimited", "{}", 43, "must specify limits.memory") },
    Failing {
        namespace: "strict",
        ..failing("lax", "{}", 43, r#"violates PodSecurity "restricted:latest""#)
    },
    failing("reserved", "{spec: {restartPolicy: Never}}", 24, "spec.restartPolicy cannot be changed"),
    // The server is ready, and yet no peer could use it.
    Failing { names: false, ..failing("nameless", "{}", 30, "the peer cannot find ccs-nameless-") },
    failing(
        "plaintext",
        "{spec: {containers: [{name: chaincode, command: [/bin/busybox, sh, -c, 'CHAINCODE_TLS_DISABLED=true exec /everything']}]}}",
        32,
        "the peer cannot use TLS with ccs-plaintext-",
    ),
];

/// Runs every build.
pub(super) fn run(report: &mut Report, stage: &Stage) -> Result<()> {
    let names = Names::of(&stage.cluster)?;
    let outcomes: Vec<_> = thread::scope(|scope| {
        let running: Vec<_> =
            FAILING.iter().map(|case| (case, scope.spawn(|| case.run(stage, &names)))).collect();
        let join = |(case, thread): (&'static Failing, thread::ScopedJoinHandle<'_, Result<()>>)| {
            (case.label, thread.join().unwrap_or_else(|_| Err(anyhow::anyhow!("the check panicked"))))
        };
        running.into_iter().map(join).collect()
    });
    for (label, outcome) in outcomes {
        report.check(label, || outcome);
    }
    report.check("of a build that fails nothing is left", || nothing_is_left(stage));
    report.check("without rights a build names the rule to add", || {
        let site = Site::new(stage, ("free", "nobody"), "{}", &stage.image(CONTRACT, "")?)?;
        let site = site.with_kubeconfig(stage.cluster.account("free", "nobody")?);
        let rule = r#"add to the Role in namespace free: {apiGroups: ["apps"], resources: ["deployments"], verbs: ["create", "get", "list", "watch", "patch"]}"#;
        site.fails(&names, 42, rule)
    });
    report.check("with the documented Role a server is ready, and can be dialled", || {
        let site = Site::new(stage, ("free", "full"), "{}", &stage.image(CONTRACT, "")?)?;
        let site = site.with_kubeconfig(stage.cluster.account("free", "full")?);
        let said = site.builds(&names)?;
        ensure!(!said.contains("warning"), "{said}");
        fits(&site)
    });
    report.check("a build that comes again takes over, with new certificates", || {
        let site = Site::new(stage, ("free", "full"), "{}", &stage.image(CONTRACT, "")?)?;
        let said = site.builds(&names)?;
        ensure!(said.contains("takes over deployment free/ccs-full-"), "{said}");
        fits(&site)
    });
    report.check("in a namespace with PodSecurity restricted, by TLS of one side", || {
        let image = stage.image(CONTRACT, r#","tls":"server","port":7052"#)?;
        let site = Site::new(stage, ("strict", "restricted"), "{}", &image)?;
        site.settings("kubernetes: {security: restricted}")?;
        site.builds(&names)?;
        let connection = site.connection()?;
        ensure!(connection["client_auth_required"] == false, "it asks for a client");
        Ok(())
    });
    report.check("of the type k8s, in plaintext", || {
        let image = stage.image(CONTRACT, r#","tls":"none","role":"server""#)?;
        let site = Site::new(stage, ("free", "plain"), "{}", &image)?;
        site.metadata("k8s")?;
        site.builds(&names)?;
        ensure!(site.connection()?["tls_required"] == false, "it asks for TLS");
        Ok(())
    });
    report.check("SIGTERM while it waits leaves nothing", || {
        clean(stage)?;
        let site = Site::new(stage, ("free", "stopped"), "{}", &stage.image(SHELL, "")?)?;
        site.is_stopped(&names)?;
        nothing_is_left(stage)
    });
    clean(stage)
}

/// Removes every server, whose namespaces serve other checks.
fn clean(stage: &Stage) -> Result<()> {
    for namespace in ["free", "strict"] {
        stage.cluster.expect(&[
            "-n",
            namespace,
            "delete",
            "deployment,service,secret",
            "-l",
            "app.kubernetes.io/managed-by=fabric-ccs",
            "--timeout=40s",
        ])?;
    }
    Ok(())
}

/// Checks that no object of a server is there.
fn nothing_is_left(stage: &Stage) -> Result<()> {
    let left = stage.cluster.expect(&[
        "get",
        "deployments,services,secrets",
        "--all-namespaces",
        "-l",
        "app.kubernetes.io/managed-by=fabric-ccs",
        "-o",
        "name",
    ])?;
    ensure!(left.trim().is_empty(), "left: {left}");
    let pods = || {
        let pods =
            stage.cluster.expect(&["get", "pods", "-A", "-l", "fabric-ccs/workload,app", "-o", "name"])?;
        Ok(pods.trim().is_empty())
    };
    wait_until(CHANGE, pods).context("pods are left")
}

/// Checks what a build over mutual TLS has written.
fn fits(site: &Site) -> Result<()> {
    let connection = site.connection()?;
    for (key, part) in [
        ("address", "ccs-full-"),
        ("root_cert", "BEGIN CERTIFICATE"),
        ("client_cert", "BEGIN CERTIFICATE"),
        ("client_key", "PRIVATE KEY"),
    ] {
        let value = connection[key].as_str().unwrap_or_default();
        ensure!(value.contains(part), "{key} is {value}");
    }
    let record: Value = serde_json::from_slice(&fs::read(site.path("bld/launch.json"))?)?;
    ensure!(record["platform"] == "kubernetes" && record["namespace"] == "free", "launch.json is {record}");
    ensure!(record["certificates_end"].as_str().is_some_and(|end| end.starts_with("20")), "{record}");
    Ok(())
}

impl Failing {
    fn run(&self, stage: &Stage, names: &Names) -> Result<()> {
        let image = match self.image {
            Some(image) => stage.image(image, self.more)?,
            None => {
                format!(r#"{{"name":"docker.io/fabric-ccs/nothing","digest":"sha256:{}"}}"#, "0".repeat(64))
            }
        };
        let mut site = Site::new(stage, (self.namespace, self.label), self.pod, &image)?;
        self.timeout.clone_into(&mut site.timeout);
        site.has_names = self.names;
        site.fails(names, self.code, self.says)
    }
}

/// A builder's folder, and a package as a peer unpacks it.
struct Site {
    folder: TempDir,
    label: String,
    namespace: String,
    kubeconfig: PathBuf,
    timeout: String,
    has_names: bool,
}

impl Site {
    fn new(stage: &Stage, (namespace, label): (&str, &str), pod: &str, image: &str) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("server-").tempdir()?;
        let site = Self {
            folder,
            label: label.to_owned(),
            namespace: namespace.to_owned(),
            kubeconfig: stage.cluster.kubeconfig(),
            timeout: "1m".to_owned(),
            has_names: true,
        };
        for name in ["bin", "bld", "metadata"] {
            fs::create_dir(site.path(name))?;
        }
        symlink(stage.builder.with_file_name("ccs-launcher"), site.path("bin/run"))?;
        for name in ["build", "release"] {
            symlink(&stage.builder, site.path("bin").join(name))?;
        }
        site.settings(&format!("chaincodes: [{{match: {{role: server}}, pod: {pod}}}]"))?;
        site.metadata("ccaas")?;
        fs::create_dir_all(site.source())?;
        fs::write(site.source().join("image.json"), image)?;
        Ok(site)
    }

    fn metadata(&self, chaincode_type: &str) -> Result<()> {
        let metadata = format!(r#"{{"type":"{chaincode_type}","label":"{}"}}"#, self.label);
        Ok(fs::write(self.path("metadata/metadata.json"), metadata)?)
    }

    fn settings(&self, more: &str) -> Result<()> {
        Ok(fs::write(self.path("launch.yaml"), format!("platform: kubernetes\n{more}\n"))?)
    }

    fn with_kubeconfig(mut self, kubeconfig: PathBuf) -> Self {
        self.kubeconfig = kubeconfig;
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The source, in a folder that a peer would make for the package.
    fn source(&self) -> PathBuf {
        self.path(&format!("fabric-{}-{HASH}123/src", self.label))
    }

    /// Returns the command of a build, as a peer calls it.
    fn command(&self, names: &Names) -> Command {
        let mut command = Command::new(self.path("bin/build"));
        command.args([self.source(), self.path("metadata"), self.path("bld")]);
        let mut command = if self.has_names { with_names(&command, &names.file()) } else { command };
        command.env("CORE_PEER_ID", "peer0").env("KUBECONFIG_PATH", &self.kubeconfig);
        command.env("FABRIC_K8S_BUILDER_NAMESPACE", &self.namespace);
        command.env("FABRIC_K8S_BUILDER_START_TIMEOUT", &self.timeout);
        command
    }

    fn build(&self, names: &Names) -> Result<Finished> {
        finish(&mut self.command(names), BUILD)
    }

    /// Builds, which must fail with a code and say a text, and write nothing.
    fn fails(&self, names: &Names, code: i32, text: &str) -> Result<()> {
        let start = Instant::now();
        let Finished { status, stderr, .. } = self.build(names)?;
        ensure!(status.code() == Some(code), "ended with {status}, not {code}, and said {stderr}");
        ensure!(stderr.contains(text), "did not say {text}, but {stderr}");
        ensure!(is_empty(&self.path("bld"))?, "something was written");
        println!("        {}: {code} after {:.1} s", self.label, start.elapsed().as_secs_f64());
        Ok(())
    }

    /// Builds, which must succeed; returns what it says.
    fn builds(&self, names: &Names) -> Result<String> {
        let start = Instant::now();
        let Finished { status, stderr, .. } = self.build(names)?;
        ensure!(status.success(), "ended with {status}, and said {stderr}");
        ensure!(!stderr.contains("PRIVATE KEY"), "said a key");
        println!("        {}: built after {:.1} s", self.label, start.elapsed().as_secs_f64());
        let mut release = Command::new(self.path("bin/release"));
        succeed(release.args([self.path("bld"), self.path("release")]), BUILD)?;
        let released = fs::read(self.path("release/chaincode/server/connection.json"))?;
        ensure!(released == fs::read(self.path("bld/connection.json"))?, "something else is released");
        Ok(stderr)
    }

    fn connection(&self) -> Result<Value> {
        Ok(serde_json::from_slice(&fs::read(self.path("bld/connection.json"))?)?)
    }

    /// Builds what never becomes ready, and stops it as a peer that ends does.
    fn is_stopped(&self, names: &Names) -> Result<()> {
        let log = self.path("log");
        let running = Running::start(&mut self.command(names), &log)?;
        logged(&log, "starts ccs-stopped-", 1, CHANGE)?;
        let start = Instant::now();
        let status = running.terminate(CHANGE)?;
        let said = fs::read_to_string(&log)?;
        ensure!(status.code() == Some(48), "ended with {status}, and said {said}");
        println!("        gone {:?} after SIGTERM", start.elapsed());
        Ok(())
    }
}

fn is_empty(folder: &Path) -> Result<bool> {
    Ok(fs::read_dir(folder)?.next().is_none())
}
