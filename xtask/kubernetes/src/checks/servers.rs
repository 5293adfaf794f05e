//! Chaincode that the peer dials, as the install of a package starts it: builds that succeed, builds that fail, and what remains.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use xtask_base::processes::wait_until;
use xtask_base::report::Report;
use xtask_base::server_site::ServerSite;

use super::{CONTRACT, SHELL, Stage};
use crate::names::{Names, with_names};

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
    // The server is ready, but no peer can use it.
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
    report.check_at_once(FAILING, |case| case.label, |case| case.run(stage, &names));
    report.check("of a build that fails nothing is left", || nothing_is_left(stage));
    report.check("without rights a build names the rule to add", || {
        let site = Site::new(stage, ("free", "nobody"), "{}", &stage.image(CONTRACT, "")?)?;
        let site = site.with_kubeconfig(stage.cluster.account("free", "nobody")?);
        let rule = r#"add to the Role in namespace free: {apiGroups: ["apps"], resources: ["deployments"], verbs: ["create", "get", "list", "watch", "patch"]}"#;
        site.fails(&names, 42, rule)
    });
    report.check("with the documented Role a server is ready, and can be dialed", || {
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
        site.package.settings(&settings("kubernetes: {security: restricted}"))?;
        site.builds(&names)?;
        let connection = site.connection()?;
        ensure!(connection["client_auth_required"] == false, "it asks for a client");
        Ok(())
    });
    report.check("of the type k8s, in plaintext", || {
        let image = stage.image(CONTRACT, r#","tls":"none","role":"server""#)?;
        let site = Site::new(stage, ("free", "plain"), "{}", &image)?;
        site.package.metadata("k8s")?;
        site.builds(&names)?;
        ensure!(site.connection()?["tls_required"] == false, "it asks for TLS");
        Ok(())
    });
    report.check("SIGTERM while it waits leaves nothing", || {
        clean(stage)?;
        let site = Site::new(stage, ("free", "stopped"), "{}", &stage.image(SHELL, "")?)?;
        site.package.is_stopped(&mut site.command(&names), "starts ccs-stopped-")?;
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
    let record = site.package.record()?;
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

/// A builder's folder with a package, and how the cluster is reached from it.
struct Site {
    package: ServerSite,
    namespace: String,
    kubeconfig: PathBuf,
    timeout: String,
    has_names: bool,
}

impl Site {
    fn new(stage: &Stage, (namespace, label): (&str, &str), pod: &str, image: &str) -> Result<Self> {
        let settings = settings(&format!("chaincodes: [{{match: {{role: server}}, pod: {pod}}}]"));
        Ok(Self {
            package: ServerSite::new(&stage.builder, (label, image), &settings)?,
            namespace: namespace.to_owned(),
            kubeconfig: stage.cluster.kubeconfig(),
            timeout: "1m".to_owned(),
            has_names: true,
        })
    }

    fn with_kubeconfig(mut self, kubeconfig: PathBuf) -> Self {
        self.kubeconfig = kubeconfig;
        self
    }

    /// Returns the command of a build, as a peer calls it.
    fn command(&self, names: &Names) -> Command {
        let command = self.package.command();
        let mut command = if self.has_names { with_names(&command, &names.file()) } else { command };
        command.env("CORE_PEER_ID", "peer0").env("KUBECONFIG_PATH", &self.kubeconfig);
        command.env("FABRIC_K8S_BUILDER_NAMESPACE", &self.namespace);
        command.env("FABRIC_K8S_BUILDER_START_TIMEOUT", &self.timeout);
        command
    }

    fn fails(&self, names: &Names, code: i32, text: &str) -> Result<()> {
        self.package.fails(&mut self.command(names), code, text).map(drop)
    }

    fn builds(&self, names: &Names) -> Result<String> {
        self.package.builds(&mut self.command(names))
    }

    fn connection(&self) -> Result<Value> {
        self.package.connection()
    }
}

fn settings(more: &str) -> String {
    format!("platform: kubernetes\n{more}\n")
}
