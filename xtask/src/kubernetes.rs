//! `cargo xtask kubernetes`: packages of the type `k8s` on a real Kubernetes with one node.
//!
//! [`overlays`] asks kubectl whether overlays are merged as it merges them. [`launches`] calls the launcher as a peer does and makes
//! every trouble that the node can make. [`peer`] has Fabric's own
//! peer on the host, which installs, launches, upgrades and dies.

mod inside;
mod launches;
mod overlays;
mod peer;
mod site;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use xtask_kubernetes::cluster::Cluster;
use xtask_kubernetes::image::{Image, NOBODY};
use xtask_kubernetes::program::Programs;

use crate::dev_peer::programs::{build_for_fabric, folder as dev_peer_folder};
use crate::fabric::programs::Programs as Fabric;
use crate::fabric::release::RELEASES;
use crate::fabric::report::Report;
use crate::tally::Tally;
use crate::{builder_programs, toolchain};

/// Options of `cargo xtask kubernetes`.
#[derive(Args, Default)]
pub(crate) struct Options {
    /// Only launches without a peer
    #[arg(long)]
    without_peer: bool,
}

/// The image with the contract in Go, which a shell starts as images for fabric-builder-k8s do.
const CONTRACT: &str = "docker.io/fabric-ccs/everything:1";

/// An image with a shell alone: what runs there stands for a chaincode that never dials.
const SHELL: &str = "docker.io/fabric-ccs/shell:1";

/// The same, whose user is root.
const ROOT: &str = "docker.io/fabric-ccs/root:1";

/// An image with the launcher, as a peer calls it.
const LAUNCHER: &str = "docker.io/fabric-ccs/launcher:1";

/// What the checks work with.
struct Stage {
    cluster: Cluster,
    /// The static builder, beside the launcher.
    builder: PathBuf,
}

/// Runs everything.
pub(crate) fn run(options: &Options) -> Result<Tally> {
    let busybox = toolchain::find("busybox");
    let missing = xtask_kubernetes::missing()
        .or_else(|| busybox.is_none().then(|| "busybox is not installed".to_owned()));
    if let Some(reason) = missing {
        let tally = toolchain::missing("kubernetes", &reason);
        println!("\nkubernetes: {tally}");
        return Ok(tally);
    }
    build_for_fabric()?;
    let builder = builder_programs::build_with_launcher()?;
    let cluster = start(&busybox.context("busybox was found")?, &builder)?;
    let stage = Stage { cluster, builder };
    let mut report = Report::new("Kubernetes");
    report.part("overlays", |report| overlays::run(report, &stage.cluster));
    launches::run(&mut report, &stage);
    report.check("a Job goes with the pod of the peer", || inside::run(&stage));
    if !options.without_peer {
        let release = RELEASES.first().context("there is a release")?;
        let programs = Fabric::ready(release, &stage.builder)?;
        report
            .part("the life of a chaincode on Fabric's peer", |report| peer::run(report, &stage, &programs));
    }
    let tally = report.tally();
    if tally.failed > 0 {
        print!("{}", stage.cluster.logs());
    }
    drop(stage);
    report.check("nothing of the cluster is left", nothing_is_left);
    println!("\nkubernetes: {}", report.tally());
    Ok(report.tally())
}

/// Starts a cluster whose node has the images.
fn start(busybox: &Path, builder: &Path) -> Result<Cluster> {
    let contract = dev_peer_folder().join("contracts/go/target/everything");
    let shell: &[_] = &[(busybox, "bin/busybox")];
    let with_contract: &[_] = &[(busybox, "bin/busybox"), (&contract, "everything")];
    let start = "exec /everything -peer.address=$CORE_PEER_ADDRESS";
    let launcher = builder.with_file_name("ccs-launcher");
    let with_launcher: &[_] = &[(launcher.as_path(), "builder/bin/run")];
    let images = [
        Image {
            name: CONTRACT,
            programs: with_contract,
            command: &["/bin/busybox", "sh", "-c", start],
            user: NOBODY,
        },
        Image { name: SHELL, programs: shell, command: &["/bin/busybox", "sleep", "600"], user: NOBODY },
        Image { name: ROOT, programs: shell, command: &["/bin/busybox", "sleep", "600"], user: 0 },
        Image {
            name: LAUNCHER,
            programs: with_launcher,
            command: &["/builder/bin/run", "/build", "/call"],
            user: NOBODY,
        },
    ];
    Cluster::start(&Programs::ready()?, &images)
}

/// Checks that neither control groups nor links nor processes of the node outlive it.
fn nothing_is_left() -> Result<()> {
    let links = fs::read_dir("/sys/class/net")?.flatten().map(|link| link.file_name());
    let links: Vec<_> = links.filter(|link| link.to_string_lossy().starts_with("ccs-kube")).collect();
    let groups = fs::read_dir("/sys/fs/cgroup")?.flatten().map(|group| group.path().join("kubepods"));
    let groups: Vec<_> = groups.filter(|group| group.exists()).collect();
    anyhow::ensure!(links.is_empty() && groups.is_empty(), "{links:?} and {groups:?} are left");
    Ok(())
}
