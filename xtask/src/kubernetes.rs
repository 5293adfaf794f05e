//! `cargo xtask kubernetes`: packages with an image on a real Kubernetes with one node.
//!
//! First the launcher is called as a peer calls it. Then Fabric's own peer on the host installs, launches, upgrades and dies:
//! [`peer`] with chaincode that dials it, [`served`] with chaincode that it dials and that [`upkeep`] maintains. [`corrections`]
//! produces the errors that `upkeep` corrects.

mod corrections;
mod peer;
mod served;
mod upkeep;

use std::fs;
use std::num::NonZeroUsize;

use anyhow::{Context, Result};
use clap::Args;
use xtask_kubernetes::bench;
use xtask_kubernetes::checks::Stage;

use crate::dev_peer::programs::build_contract_in_go;
use crate::fabric::programs::Programs as Fabric;
use crate::fabric::release::RELEASES;
use crate::report::Report;
use crate::tally::Tally;
use crate::{builder_programs, toolchain, workspace};

/// Options of `cargo xtask kubernetes`.
#[derive(Args, Default)]
pub(crate) struct Options {
    /// Only launches without a peer
    #[arg(long)]
    without_peer: bool,
    /// Only chaincode that the peer dials
    #[arg(long)]
    servers: bool,
    /// Only compare the time of an install with that of `kubectl apply` and `kubectl rollout status`, in as many rounds
    #[arg(long, value_name = "ROUNDS", num_args = 0..=1, default_missing_value = "10")]
    bench: Option<NonZeroUsize>,
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
    let contract = build_contract_in_go()?;
    let builder = builder_programs::build_with_launcher()?;
    let stage = Stage::start(&busybox.context("busybox was found")?, &contract, &builder)?;
    let mut report = Report::new("Kubernetes");
    stage.prepare(&mut report);
    match options.bench {
        Some(rounds) => {
            report.check("an install compared with kubectl apply", || bench::run(&stage, rounds.get()));
        }
        None => checks(options, &stage, &mut report)?,
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

/// Runs the checks that the options select.
fn checks(options: &Options, stage: &Stage, report: &mut Report) -> Result<()> {
    if !options.servers {
        stage.check(report);
    }
    stage.check_servers(report);
    if options.without_peer {
        return Ok(());
    }
    workspace::build_ccs()?;
    let release = RELEASES.first().context("there is a release")?;
    let programs = Fabric::ready(release, &stage.builder)?;
    if !options.servers {
        report.part("the life of a chaincode on Fabric's peer", |report| peer::run(report, stage, &programs));
    }
    report.part("the life of a chaincode that Fabric's peer dials", |report| {
        served::run(report, stage, &programs)
    });
    Ok(())
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
