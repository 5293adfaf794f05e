//! The life of a chaincode that the install starts and Fabric's own peer dials: the contract in Go, on the official shim, over mutual
//! TLS. Each package contains connection.json and image.json, so that it works with any builder.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use xtask_kubernetes::checks::{CONTRACT, Stage};
use xtask_kubernetes::cluster::Cluster;
use xtask_kubernetes::names::Names;

use crate::fabric::administrator::{Administrator, Definition, installing};
use crate::fabric::network::Network;
use crate::fabric::programs::Programs;
use crate::fabric::served::{ELSEWHERE, Served};
use crate::processes::wait_until;
use crate::report::Report;

use super::upkeep::Upkeep;

/// The namespace of the chaincode.
const NAMESPACE: &str = "served";

/// The chaincode's name in the definitions.
const NAME: &str = "served";

/// How long a change may take until it is seen.
const CHANGE: Duration = Duration::from_secs(40);

/// How long a peer may take to know a new name: a program in Go keeps for five seconds what it has read of /etc/hosts.
const NAMES: Duration = Duration::from_secs(20);

/// How long a peer may take to build two packages when it starts.
const BUILDS: Duration = Duration::from_mins(2);

const SETTINGS: &str = "platform: kubernetes
kubernetes: {security: restricted}
chaincodes:
  - match: {label: \"missing*\"}
    pod: {spec: {containers: [{name: chaincode, imagePullPolicy: Never}]}}
";

/// Runs everything on a network of its own.
pub(super) fn run(report: &mut Report, stage: &Stage, programs: &Programs) -> Result<()> {
    stage.cluster.expect(&["create", "namespace", NAMESPACE])?;
    let names = Names::of(&stage.cluster)?;
    let mut network = Network::start_among(
        programs,
        vec![
            ("CORE_PEER_ID", "peer0.org1.example.com".to_owned()),
            ("KUBECONFIG_PATH", stage.cluster.kubeconfig().to_string_lossy().into_owned()),
            ("FABRIC_K8S_BUILDER_NAMESPACE", NAMESPACE.to_owned()),
        ],
        Some(names.file()),
    )?;
    let hosts = names.file();
    network.on(report, |report, network| on(report, (stage, &hosts), network))
}

fn on(report: &mut Report, (stage, hosts): (&Stage, &Path), network: &mut Network<'_>) -> Result<()> {
    let administrator = network.administrator()?;
    let cluster = &stage.cluster;
    let image = stage.image(CONTRACT, "")?;
    let package = |label: &str| Served::make(network.folder(), label, &image);
    let (first, next) = (package("served_1.0")?, package("served_2.0")?);
    fs::write(settings(network), SETTINGS)?;
    report.check("an install starts the chaincode", || {
        let start = Instant::now();
        administrator.install(&first.file)?;
        println!("        the install took {:.1} s", start.elapsed().as_secs_f64());
        ensure!(first.available(cluster)? == ["1"], "it is not available when the install ends");
        let connection = first.released(network)?;
        let address = connection["address"].as_str().unwrap_or_default();
        ensure!(address.ends_with(".served.svc:9999"), "the address is {address}");
        ensure!(connection["client_auth_required"] == true, "TLS is not mutual");
        Ok(())
    });
    report.check("an approval and a commit, and it writes and reads over mutual TLS", || {
        let definition = Definition { channel: "mychannel", name: NAME, package: &first.id, options: "" };
        administrator.define(&definition)?;
        wait_until(NAMES, || Ok(administrator.writes(NAME).is_ok())).context("it does not write")?;
        administrator.reads(NAME)
    });
    report.check("the log of the peer holds no key", || {
        let log = fs::read_to_string(network.log())?;
        ensure!(log.contains("over mutual TLS"), "the log does not say how it is dialed");
        ensure!(!log.contains("PRIVATE KEY"), "the log holds a key");
        Ok(())
    });
    report.check("after its pod was deleted the next transaction dials again", || {
        cluster.expect(&["-n", NAMESPACE, "delete", "pod", "--all", "--timeout=40s"])?;
        let start = Instant::now();
        administrator.reads_within(CHANGE, NAME)?;
        println!("        it answered {:.1} s after the pod was gone", start.elapsed().as_secs_f64());
        Ok(())
    });
    report.check("an upgrade starts the next version, and the old one stays", || {
        administrator.install(&next.file)?;
        administrator.upgrade(NAME, &next.id)?;
        administrator.reads_within(NAMES, NAME)?;
        ensure!(first.available(cluster)? == ["1"] && next.available(cluster)? == ["1"], "one does not run");
        Ok(())
    });
    let upkeep = Upkeep {
        cluster,
        administrator: &administrator,
        folder: network.folder(),
        hosts: hosts.to_owned(),
        namespace: NAMESPACE,
        name: NAME,
        settings: SETTINGS,
    };
    upkeep.run(report, [&first, &next]);
    is_not_started(report, (cluster, &administrator), network)?;
    starts_again(report, (cluster, &administrator), [&first, &next], network);
    Ok(())
}

/// Returns the file of the operator's settings.
fn settings(network: &Network<'_>) -> PathBuf {
    network.folder().join("builder/launch.yaml")
}

/// Installs packages whose chaincode cannot, or is not to be started.
fn is_not_started(
    report: &mut Report,
    (cluster, administrator): (&Cluster, &Administrator<'_>),
    network: &Network<'_>,
) -> Result<()> {
    let image = format!(r#"{{"name":"docker.io/fabric-ccs/nothing","digest":"sha256:{}"}}"#, "0".repeat(64));
    let missing = Served::make(network.folder(), "missing_1.0", &image)?;
    let off = Served::make(network.folder(), "off_1.0", &image)?;
    report.check("an image that is missing fails the install with its code, and nothing is left", || {
        administrator.expect_failure(&installing(&missing.file), "'ccs-builder' failed: exit status 44")?;
        let left = missing.objects(cluster)?;
        ensure!(left.is_empty(), "left: {left:?}");
        Ok(())
    });
    report.check("if launching is off, the peer dials the address in connection.json", || {
        fs::write(settings(network), "platform: none\n")?;
        administrator.install(&off.file)?;
        let connection = off.released(network)?;
        ensure!(connection["address"] == ELSEWHERE, "the peer will dial {}", connection["address"]);
        ensure!(off.objects(cluster)?.is_empty(), "it was started");
        Ok(())
    });
    Ok(())
}

/// Starts the peer again, with its builds and without them.
fn starts_again(
    report: &mut Report,
    (cluster, administrator): (&Cluster, &Administrator<'_>),
    [first, next]: [&Served; 2],
    network: &mut Network<'_>,
) {
    report.check("a peer that starts again dials what runs", || {
        fs::write(settings(network), SETTINGS)?;
        network.kill_and_start_peer()?;
        administrator.reads_within(CHANGE, NAME)
    });
    report.check("a peer that has lost its builds takes over what runs, and starts what does not", || {
        next.delete_deployment(cluster)?;
        for package in [first, next] {
            let build = network.released(&package.label)?;
            fs::remove_dir_all(build.parent().context("a release is in a build")?)?;
        }
        network.kill_and_start_peer()?;
        administrator.reads_within(BUILDS, NAME)?;
        let log = fs::read_to_string(network.log())?;
        ensure!(
            log.contains("build served_1.0: takes over deployment served/"),
            "the first is not taken over"
        );
        ensure!(!log.contains("build served_2.0: takes over"), "the next one was still there");
        Ok(())
    });
}

impl Served {
    fn get(&self, cluster: &Cluster, kinds: &str, output: &str) -> Result<Vec<String>> {
        let label = format!("chaincode={}", self.label);
        let found = cluster.expect(&["-n", NAMESPACE, "get", kinds, "-l", &label, "-o", output])?;
        Ok(found.split_whitespace().map(str::to_owned).collect())
    }

    /// Returns everything that belongs to it.
    fn objects(&self, cluster: &Cluster) -> Result<Vec<String>> {
        self.get(cluster, "deployments,services,secrets", "name")
    }

    /// Returns how many pods of each of its Deployments can be used.
    fn available(&self, cluster: &Cluster) -> Result<Vec<String>> {
        self.get(cluster, "deployments", "jsonpath={.items[*].status.availableReplicas}")
    }

    fn delete_deployment(&self, cluster: &Cluster) -> Result<()> {
        let label = format!("chaincode={}", self.label);
        cluster.expect(&["-n", NAMESPACE, "delete", "deployment", "-l", &label, "--timeout=40s"]).map(drop)
    }
}
