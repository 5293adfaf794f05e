//! The life of a chaincode that Fabric's own peer launches on the cluster: the contract in Go, on the official shim, over TLS.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;
use xtask_kubernetes::checks::{CONTRACT, Stage};
use xtask_kubernetes::cluster::Cluster;

use crate::fabric::administrator::{Administrator, Definition};
use crate::fabric::network::Network;
use crate::fabric::packages::{of_image, package_id};
use crate::fabric::programs::Programs;
use crate::processes::{free_address, wait_until};
use crate::report::Report;

use super::upkeep::Upkeep;

/// Where a pod reaches the host.
const HOST: &str = "10.87.0.1";

/// The namespace of the chaincode.
const NAMESPACE: &str = "chaincode";

/// The chaincode's name in the definitions.
const NAME: &str = "launched";

/// How long a change may take until the cluster shows it.
const CHANGE: Duration = Duration::from_secs(30);

/// Within which time nothing is left after SIGTERM.
const AFTER_SIGTERM: Duration = Duration::from_secs(3);

/// Within which time nothing runs of a peer that was killed.
const AFTER_KILL: Duration = Duration::from_secs(10);

/// Runs everything on a network of its own.
pub(super) fn run(report: &mut Report, stage: &Stage, programs: &Programs) -> Result<()> {
    stage.cluster.expect(&["create", "namespace", NAMESPACE])?;
    let address = free_address()?.replace("127.0.0.1", HOST);
    let kubeconfig = stage.cluster.kubeconfig().to_string_lossy().into_owned();
    let mut network = Network::start_with(
        programs,
        vec![
            ("CORE_PEER_CHAINCODELISTENADDRESS", address.clone()),
            ("CORE_PEER_CHAINCODEADDRESS", address),
            ("CORE_PEER_ID", "peer0.org1.example.com".to_owned()),
            ("KUBECONFIG_PATH", kubeconfig),
            ("FABRIC_K8S_BUILDER_NAMESPACE", NAMESPACE.to_owned()),
        ],
    )?;
    network.on(report, |report, network| on(report, stage, network))
}

fn on(report: &mut Report, stage: &Stage, network: &mut Network<'_>) -> Result<()> {
    let administrator = network.administrator()?;
    let cluster = &stage.cluster;
    let image = stage.image(CONTRACT, "")?;
    let first = Package::make(network.folder(), "launched_1.0", &image)?;
    let next = Package::make(network.folder(), "launched_2.0", &image)?;
    report.check("an install, an approval and a commit start the chaincode", || {
        administrator.install(&first.file)?;
        let definition = Definition { channel: "mychannel", name: NAME, package: &first.id, options: "" };
        administrator.define(&definition)?;
        first.runs_once(cluster)
    });
    report.check("it writes and reads", || {
        administrator.writes(NAME)?;
        administrator.reads(NAME)
    });
    report.check("the log of the peer names the Job, and holds no key", || {
        let log = fs::read_to_string(network.log())?;
        ensure!(
            log.contains(&format!("Running chaincode ID {} with kubernetes job", first.id)),
            "it does not"
        );
        ensure!(!log.contains("PRIVATE KEY"), "the log holds a key");
        Ok(())
    });
    report.check("a pod that was deleted is started again by the next transaction", || {
        cluster.expect(&["-n", NAMESPACE, "delete", "pod", "--all", "--timeout=40s"])?;
        administrator.reads_within(CHANGE, NAME)?;
        first.runs_once(cluster)
    });
    report.check("an upgrade starts the next version, and the old Job is gone", || {
        administrator.install(&next.file)?;
        administrator.upgrade(NAME, &next.id)?;
        administrator.reads(NAME)?;
        next.runs_once(cluster)?;
        first.is_gone(cluster, CHANGE)
    });
    report.check("an overlay with resources acts at the next launch", || {
        let settings = "chaincodes: [{pod: {spec: {containers: [{name: chaincode, resources: {limits: {memory: 128Mi}}}]}}}]";
        fs::write(network.folder().join("builder/launch.yaml"), settings)?;
        network.signal_peer(Signal::TERM)?;
        next.is_gone(cluster, AFTER_SIGTERM)?;
        network.kill_and_start_peer()?;
        administrator.reads_within(CHANGE, NAME)?;
        let limit = "jsonpath={.items[*].spec.template.spec.containers[0].resources.limits.memory}";
        let found = cluster.expect(&["-n", NAMESPACE, "get", "jobs", "-o", limit])?;
        ensure!(found.trim() == "128Mi", "the limit is {found}");
        Ok(())
    });
    report.check("ccs launch list shows the Job of the peer, and gc leaves it alone", || {
        let upkeep = Upkeep {
            cluster,
            administrator: &administrator,
            folder: network.folder(),
            hosts: PathBuf::from("/etc/hosts"),
            namespace: NAMESPACE,
            name: NAME,
            settings: "",
        };
        upkeep.shows_a_launch()
    });
    die(report, (cluster, &administrator, &next), network);
    report.check("an image that cannot be had fails the launch at once, with its code", || {
        let image = format!(r#"{{"name":"UPPER/Case","digest":"sha256:{}"}}"#, "0".repeat(64));
        let broken = Package::make(network.folder(), "broken_1.0", &image)?;
        administrator.install(&broken.file)?;
        administrator.fails_to_launch(&broken.id, 44)?;
        broken.is_gone(cluster, CHANGE)
    });
    Ok(())
}

/// Kills the peer, and then the peer with its launcher.
fn die(
    report: &mut Report,
    (cluster, administrator, next): (&Cluster, &Administrator<'_>, &Package),
    network: &mut Network<'_>,
) {
    report.check("kill -9 of the peer leaves neither Job nor Secret", || {
        network.signal_peer(Signal::KILL)?;
        next.is_gone(cluster, AFTER_KILL)
    });
    report.check("the peer that was killed starts it again", || {
        network.kill_and_start_peer()?;
        administrator.reads_within(CHANGE, NAME)?;
        next.runs_once(cluster)
    });
    report.check("kill -9 of the peer and of the launcher ends the pod by itself", || {
        network.kill_launcher()?;
        network.signal_peer(Signal::KILL)?;
        next.has_no_pod(cluster, AFTER_KILL)?;
        ensure!(next.objects(cluster, "jobs", "")?.len() == 1, "no launcher was running to delete the Job");
        Ok(())
    });
    report.check("the next peer starts it again, and the older Job is gone", || {
        network.kill_and_start_peer()?;
        administrator.reads_within(CHANGE, NAME)?;
        next.runs_once(cluster)
    });
}

/// A package of the type `k8s`, as fabric-builder-k8s documents it.
struct Package {
    file: PathBuf,
    label: String,
    id: String,
}

impl Package {
    fn make(folder: &Path, label: &str, image: &str) -> Result<Self> {
        let file = of_image(folder, label, image)?;
        Ok(Self { id: package_id(label, &file)?, label: label.to_owned(), file })
    }

    /// Returns the objects of a kind that belong to it and fit a further selector of fields.
    fn objects(&self, cluster: &Cluster, kind: &str, fields: &str) -> Result<Vec<String>> {
        let label = format!("fabric-builder-k8s-cclabel={}", self.label);
        let words = ["-n", NAMESPACE, "get", kind, "-o", "name", "-l", &label, "--field-selector", fields];
        Ok(cluster.expect(&words)?.lines().map(str::to_owned).collect())
    }

    /// Waits until one Job and one running pod are there.
    fn runs_once(&self, cluster: &Cluster) -> Result<()> {
        let found = || -> Result<_> {
            Ok((self.objects(cluster, "jobs", "")?, self.objects(cluster, "pods", "status.phase=Running")?))
        };
        wait_until(CHANGE, || found().map(|(jobs, pods)| jobs.len() == 1 && pods.len() == 1))
            .with_context(|| format!("{} runs as {:?}", self.label, found().ok()))
    }

    /// Waits until neither Job nor Secret is there.
    fn is_gone(&self, cluster: &Cluster, limit: Duration) -> Result<()> {
        let start = Instant::now();
        let left = || self.objects(cluster, "jobs,secrets", "");
        wait_until(limit, || Ok(left()?.is_empty()))
            .with_context(|| format!("{} lives on as {:?}", self.label, left().ok()))?;
        println!("        {} was gone after {:?}", self.label, start.elapsed());
        Ok(())
    }

    /// Waits until no pod of it runs.
    fn has_no_pod(&self, cluster: &Cluster, limit: Duration) -> Result<()> {
        let start = Instant::now();
        wait_until(limit, || Ok(self.objects(cluster, "pods", "status.phase=Running")?.is_empty()))
            .with_context(|| format!("the pod of {} lives on", self.label))?;
        println!("        the pod of {} ended after {:?}", self.label, start.elapsed());
        Ok(())
    }
}
