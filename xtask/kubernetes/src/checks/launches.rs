//! Launches without a peer: each error of a node, what remains after it, and how a launch is stopped.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use xtask_base::processes::wait_until;
use xtask_base::report::Report;
use xtask_base::site::{Launch, Site};
use xtask_base::workspace;

use crate::cluster::Cluster;

use super::{ROOT, SHELL, Stage};

/// How long a launch may take to end after SIGTERM.
const AFTER_SIGTERM: Duration = Duration::from_secs(3);

/// How long a change may take to become visible.
const CHANGE: Duration = Duration::from_secs(20);

/// A launch that fails.
struct Failing {
    label: &'static str,
    namespace: &'static str,
    /// What is laid over the pod.
    pod: &'static str,
    image: Picture,
    /// How long it may take to start, where not three minutes.
    timeout: Option<&'static str>,
    code: i32,
    says: &'static str,
}

/// The image of a launch.
#[derive(Clone, Copy)]
enum Picture {
    /// One of the node.
    Of(&'static str),
    /// None that there is.
    Named(&'static str),
}

const SHELL_OF: Picture = Picture::Of(SHELL);

const fn failing(label: &'static str, pod: &'static str, code: i32, says: &'static str) -> Failing {
    Failing { label, namespace: "free", pod, image: SHELL_OF, timeout: None, code, says }
}

/// Every error of a node that occurs within a minute.
const FAILING: &[Failing] = &[
    Failing {
        image: Picture::Named("docker.io/fabric-ccs/nothing"),
        ..failing(
            "missing",
            "{spec: {containers: [{name: chaincode, imagePullPolicy: Never}]}}",
            44,
            "ErrImageNeverPull",
        )
    },
    Failing { image: Picture::Named("UPPER/Case"), ..failing("misnamed", "{}", 44, "InvalidImageName") },
    Failing {
        image: Picture::Named("127.0.0.1:9/fabric-ccs/nothing"),
        ..failing("unreachable", "{}", 44, "connection refused")
    },
    failing(
        "crash",
        "{spec: {containers: [{name: chaincode, command: [/bin/busybox, sh, -c, 'echo no license; exit 3']}]}}",
        46,
        "chaincode: no license",
    ),
    failing(
        "completed",
        "{spec: {containers: [{name: chaincode, command: [/bin/busybox, 'true']}]}}",
        46,
        "ended with exit status 0: Completed",
    ),
    failing(
        "commandless",
        "{spec: {containers: [{name: chaincode, command: [/not/there]}]}}",
        44,
        "no such file or directory",
    ),
    failing(
        "greedy",
        "{spec: {containers: [{name: chaincode, command: [/bin/busybox, tail, /dev/zero], resources: {limits: {memory: 16Mi}}}]}}",
        46,
        "OOMKilled",
    ),
    Failing {
        timeout: Some("5s"),
        ..failing("nowhere", "{spec: {nodeSelector: {disk: golden}}}", 45, "not ready within 5s: pod ")
    },
    Failing {
        timeout: Some("5s"),
        ..failing("gated", "{spec: {schedulingGates: [{name: example.com/gate}]}}", 45, "SchedulingGated")
    },
    Failing {
        image: Picture::Of(ROOT),
        ..failing("root", "{spec: {securityContext: {runAsNonRoot: true}}}", 43, "image will run as root")
    },
    failing(
        "secretless",
        "{spec: {containers: [{name: chaincode, envFrom: [{secretRef: {name: absent}}]}]}}",
        24,
        r#"secret "absent" not found"#,
    ),
    failing(
        "volumeless",
        "{spec: {volumes: [{name: data, secret: {secretName: absent}}], containers: [{name: chaincode, volumeMounts: [{name: data, mountPath: /data}]}]}}",
        47,
        r#"secret "absent" not found"#,
    ),
    failing(
        "accountless",
        "{spec: {serviceAccountName: absent}}",
        24,
        r#"serviceaccount "absent" not found"#,
    ),
    failing("invalid", "{spec: {dnsPolicy: Sometimes}}", 24, "dnsPolicy"),
    failing("reserved", "{spec: {restartPolicy: Always}}", 24, "spec.restartPolicy cannot be changed"),
    Failing { namespace: "absent", ..failing("homeless", "{}", 24, r#"namespaces "absent" not found"#) },
    Failing { namespace: "limited", ..failing("unlimited", "{}", 43, "must specify limits.memory") },
    Failing {
        namespace: "limited",
        ..failing(
            "excessive",
            "{spec: {containers: [{name: chaincode, resources: {limits: {memory: 1Gi}}}]}}",
            43,
            "exceeded quota: memory",
        )
    },
    Failing {
        namespace: "strict",
        ..failing("lax", "{}", 43, r#"violates PodSecurity "restricted:latest""#)
    },
    Failing {
        timeout: Some("8s"),
        ..failing(
            "late",
            "{spec: {containers: [{name: chaincode, readinessProbe: {exec: {command: [/bin/busybox, 'false']}}}]}}",
            47,
            "not ready within 8s",
        )
    },
];

/// Runs every launch.
pub(super) fn run(report: &mut Report, stage: &Stage) {
    report.part("launches that fail", |report| {
        report.check_at_once(FAILING, |case| case.label, |case| case.run(stage));
        report
            .check("of a launch that never ran nothing is left, and what has run goes with its Job", || {
                leftovers(&stage.cluster)
            });
        Ok(())
    });
    report.part("rights", |report| rights(report, stage));
    report.part("launches that run", |report| {
        report.check("in a namespace with PodSecurity restricted", || {
            let settings = "kubernetes: {security: restricted}";
            let site = site(stage, ("strict", "restricted"), settings, &image(stage, SHELL_OF)?)?;
            runs_and_stops(stage, &site, "strict")
        });
        report.check("within a quota, by an overlay", || {
            let settings = "chaincodes: [{pod: {spec: {containers: [{name: chaincode, resources: {limits: {memory: 32Mi}}}]}}}]";
            let site = site(stage, ("limited", "modest"), settings, &image(stage, SHELL_OF)?)?;
            runs_and_stops(stage, &site, "limited")
        });
        report.check("a second launch replaces the first, which ends quietly", || replaced(stage));
        for (what, words) in [("pod", &["pod"][..]), ("job", &["job"])] {
            report.check(&format!("a {what} that is deleted ends the launch"), || deleted(stage, words));
        }
        report.check("SIGTERM while the image is pulled leaves nothing", || stopped_while_it_waits(stage));
        report.check("what a chaincode writes is in the log, where the operator wants it", || output(stage));
        report.check("what a chaincode that ends at once writes is in the log, too", || last_words(stage));
        report.check("an image that the operator does not allow is not launched", || {
            let settings = "images: {allow: ['registry.example.com/*']}";
            let site = site(stage, ("free", "foreign"), settings, &image(stage, SHELL_OF)?)?;
            site.fails(43, "is not allowed: images.allow in launch.yaml allows only registry.example.com/*")?;
            nothing_is_left(&stage.cluster, "free")
        });
        report.check("an image is pulled under the name that the operator sets", || {
            let settings = "images: {rewrite: {registry.example.com/chaincode: docker.io/fabric-ccs}}";
            let name = SHELL.trim_end_matches(":1").rsplit('/').next().unwrap_or_default();
            let digest = stage.cluster.digest(SHELL)?;
            let image = format!(r#"{{"name":"registry.example.com/chaincode/{name}","digest":"{digest}"}}"#);
            let site = site(stage, ("free", "mirrored"), settings, &image)?;
            runs_and_stops(stage, &site, "free")
        });
        Ok(())
    });
}

/// Makes the namespaces, and Roles with the rights that are needed and with all.
pub(super) fn prepare(cluster: &Cluster) -> Result<()> {
    use ccs_launch::kubernetes::{RIGHTS, network_policies, role};
    let needed = RIGHTS.iter().filter(|right| right.needed).map(|right| format!("  - {}\n", right.rule()));
    let needed = format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {{name: needed, namespace: free}}\nrules:\n{}",
        needed.collect::<String>()
    );
    let namespaces = workspace::root().join("conformance/kubernetes/namespaces.yaml");
    let namespaces = fs::read_to_string(namespaces)?;
    let documented = format!("{}---\n{}", role("full", "free"), network_policies("free"));
    cluster.apply(&format!("{namespaces}---\n{needed}---\n{documented}"))?;
    for namespace in ["free", "limited", "strict"] {
        let account =
            || Ok(cluster.kubectl(&["-n", namespace, "get", "serviceaccount", "default"])?.status.success());
        wait_until(CHANGE, account).context("there is no service account")?;
    }
    Ok(())
}

impl Failing {
    fn run(&self, stage: &Stage) -> Result<()> {
        let settings = format!("chaincodes: [{{pod: {}}}]", self.pod);
        let site = site(stage, (self.namespace, self.label), &settings, &image(stage, self.image)?)?;
        let site = match self.timeout {
            Some(timeout) => site.with("FABRIC_K8S_BUILDER_START_TIMEOUT", timeout),
            None => site,
        };
        site.fails(self.code, self.says).map(drop)
    }
}

/// Makes a builder with these settings for a namespace, and a built package with an image.
pub(super) fn site(
    stage: &Stage,
    (namespace, label): (&str, &str),
    settings: &str,
    image: &str,
) -> Result<Site> {
    let launcher = stage.builder.with_file_name("ccs-launcher");
    let site = Site::new(&launcher, (label, image), settings, "10.87.0.1:7052")?;
    let kubeconfig = stage.cluster.kubeconfig();
    Ok(site
        .with("KUBECONFIG_PATH", &kubeconfig.to_string_lossy())
        .with("FABRIC_K8S_BUILDER_NAMESPACE", namespace))
}

/// Returns the content of image.json.
fn image(stage: &Stage, picture: Picture) -> Result<String> {
    let (name, digest) = match picture {
        Picture::Of(image) => (image.trim_end_matches(":1"), stage.cluster.digest(image)?.to_owned()),
        Picture::Named(name) => (name, format!("sha256:{}", "0".repeat(64))),
    };
    Ok(format!(r#"{{"name":"{name}","digest":"{digest}"}}"#))
}

/// Checks what failed launches have left: only what has run, and that goes by itself.
fn leftovers(cluster: &Cluster) -> Result<()> {
    let get = |kinds: &str, labels: &str, output: &str| {
        cluster.expect(&["-n", "free", "get", kinds, "-l", labels, "-o", output])
    };
    let others = "fabric-ccs/workload,fabric-builder-k8s-cclabel notin (crash,completed,greedy)";
    let left = get("jobs,secrets", others, "name")?;
    ensure!(left.trim().is_empty(), "left: {left}");
    // It is random whether a chaincode that ends immediately was observed while it ran.
    let owner = "jsonpath={range .items[*]}{.metadata.ownerReferences[*].kind};{end}";
    let owners = get("secrets", "fabric-ccs/workload", owner)?;
    ensure!(owners.split_terminator(';').all(|owner| owner == "Job"), "the owners are {owners}");
    let limit = "jsonpath={range .items[*]}{.spec.ttlSecondsAfterFinished};{end}";
    let limits = get("jobs", "fabric-ccs/workload", limit)?;
    ensure!(limits.split_terminator(';').all(|limit| limit == "300"), "they stay for {limits}");
    cluster.expect(&["-n", "free", "delete", "job,secret", "--all", "--timeout=30s"]).map(drop)
}

/// Launches with fewer rights: none, the needed ones, and the documented Role.
fn rights(report: &mut Report, stage: &Stage) -> Result<()> {
    let image = image(stage, SHELL_OF)?;
    let of = |account: &str| -> Result<Site> {
        let kubeconfig = stage.cluster.account("free", account)?;
        Ok(site(stage, ("free", account), "", &image)?.with("KUBECONFIG_PATH", &kubeconfig.to_string_lossy()))
    };
    report.check("without rights a launch names the rule to add", || {
        let rule = r#"add to the Role in namespace free: {apiGroups: ["batch"], resources: ["jobs"], verbs: ["create", "get", "list", "watch"]}"#;
        of("nobody")?.fails(42, rule).map(drop)
    });
    report.check("with the needed rights a launch runs, and names what it cannot do", || {
        let site = of("needed")?;
        let launch = site.launch("meta")?;
        launch.says("Running chaincode ID")?;
        for (attempt, resource) in [("watch pods", "pods"), ("list events", "events")] {
            launch.says(&format!("warning: cannot {attempt}: {resource} is forbidden: "))?;
            launch.says(&format!(r#"resources: ["{resource}"]"#))?;
        }
        launch.stop()?;
        stage.cluster.expect(&["-n", "free", "delete", "job,secret", "--all", "--timeout=30s"]).map(drop)
    });
    report.check("with the documented Role nothing is missing", || {
        let site = of("full")?;
        let launch = runs(stage, &site, "free")?;
        ensure!(!launch.said().contains("warning"), "{}", launch.said());
        gone_after(launch.stop()?)?;
        nothing_is_left(&stage.cluster, "free")
    });
    Ok(())
}

/// Launches, and waits until the Job has a pod that is ready.
fn runs(stage: &Stage, site: &Site, namespace: &str) -> Result<Launch> {
    let launch = site.launch("meta")?;
    let ready = || {
        let jobs = stage.cluster.expect(&[
            "-n",
            namespace,
            "get",
            "jobs",
            "-o",
            "jsonpath={.items[*].status.ready}",
        ])?;
        Ok(jobs.split_whitespace().any(|ready| ready == "1"))
    };
    wait_until(CHANGE, ready).with_context(|| launch.said())?;
    Ok(launch)
}

fn runs_and_stops(stage: &Stage, site: &Site, namespace: &str) -> Result<()> {
    stops(stage, runs(stage, site, namespace)?, namespace)
}

/// Stops a launch; it ends in time and leaves nothing.
pub(super) fn stops(stage: &Stage, launch: Launch, namespace: &str) -> Result<()> {
    gone_after(launch.stop()?)?;
    nothing_is_left(&stage.cluster, namespace)
}

fn gone_after(time: Duration) -> Result<()> {
    println!("        gone {time:?} after SIGTERM");
    ensure!(time < AFTER_SIGTERM, "it took {time:?}");
    Ok(())
}

/// Checks that no Job and no Secret of ours is there, at once.
fn nothing_is_left(cluster: &Cluster, namespace: &str) -> Result<()> {
    let left = cluster.expect(&[
        "-n",
        namespace,
        "get",
        "jobs,secrets",
        "-l",
        "fabric-ccs/workload",
        "-o",
        "name",
    ])?;
    ensure!(left.trim().is_empty(), "left: {left}");
    Ok(())
}

fn replaced(stage: &Stage) -> Result<()> {
    let site = site(stage, ("free", "replaced"), "", &image(stage, SHELL_OF)?)?;
    let mut first = runs(stage, &site, "free")?;
    let second = site.launch("second")?;
    second.says("removed the older job hlfcc-replaced-")?;
    let status = first.ends()?;
    ensure!(status.success(), "the first ended with {status}, and said {}", first.said());
    ensure!(first.said().contains("another launch of the same chaincode has taken over"), "{}", first.said());
    second.says("Running chaincode ID")?;
    let secrets = stage.cluster.expect(&["-n", "free", "get", "secrets", "-o", "name"])?;
    ensure!(secrets.contains("hlfcc-replaced-"), "the Secret is gone: {secrets}");
    gone_after(second.stop()?)?;
    nothing_is_left(&stage.cluster, "free")
}

fn deleted(stage: &Stage, words: &[&str]) -> Result<()> {
    let site = site(stage, ("free", "deleted"), "", &image(stage, SHELL_OF)?)?;
    let mut launch = runs(stage, &site, "free")?;
    let delete = [&["-n", "free", "delete"], words, &["--all", "--wait=false"]].concat();
    stage.cluster.expect(&delete)?;
    let status = launch.ends()?;
    ensure!(status.code() == Some(48), "ended with {status}, and said {}", launch.said());
    ensure!(launch.said().contains("was deleted"), "{}", launch.said());
    stage.cluster.expect(&["-n", "free", "delete", "job,secret", "--all", "--timeout=30s"]).map(drop)
}

/// Launches a chaincode that writes now and then, and ends.
fn output(stage: &Stage) -> Result<()> {
    let command = "echo first; sleep 2; echo second; sleep 2; printf last; exit 3";
    let said = with_output(stage, "talkative", command, "")?;
    let lines: Vec<_> = said.lines().filter(|line| line.starts_with("chaincode")).collect();
    ensure!(
        lines == ["chaincode talkative: first", "chaincode talkative: second", "chaincode talkative: last"],
        "the log is {said}"
    );
    delete_jobs(stage)
}

/// Launches a chaincode that writes a line and ends before it was ready, so that its output was never followed.
fn last_words(stage: &Stage) -> Result<()> {
    let never_ready = "readinessProbe: {exec: {command: [/bin/busybox, 'false']}}";
    let said = with_output(stage, "hasty", "echo no license; exit 3", never_ready)?;
    let count = said.lines().filter(|line| line.ends_with("chaincode: no license")).count();
    ensure!(count == 1, "the line is there {count} times: {said}");
    delete_jobs(stage)
}

/// Launches what a shell does, in a container with further keys, and returns what the launcher says until that has ended.
fn with_output(stage: &Stage, label: &str, command: &str, more: &str) -> Result<String> {
    let settings = format!(
        "kubernetes: {{output: true}}\nchaincodes: [{{pod: {{spec: {{containers: [{{name: chaincode, command: [/bin/busybox, sh, -c, \
         '{command}'], {more}}}]}}}}}}]"
    );
    let site = site(stage, ("free", label), &settings, &image(stage, SHELL_OF)?)?;
    site.fails(46, "ended with exit status 3")
}

fn delete_jobs(stage: &Stage) -> Result<()> {
    stage.cluster.expect(&["-n", "free", "delete", "job,secret", "--all", "--timeout=30s"]).map(drop)
}

fn stopped_while_it_waits(stage: &Stage) -> Result<()> {
    let image = image(stage, Picture::Named("127.0.0.1:9/fabric-ccs/nothing"))?;
    let site = site(stage, ("free", "waiting"), "", &image)?;
    let start = Instant::now();
    let launch = site.launch("meta")?;
    launch.says("Running chaincode ID")?;
    gone_after(launch.stop()?)?;
    ensure!(start.elapsed() < CHANGE, "it was not stopped while it waited");
    nothing_is_left(&stage.cluster, "free")
}
