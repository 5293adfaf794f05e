//! `cargo xtask docker`: packages of the type `k8s` in containers of a real Docker engine.
//!
//! [`launches`] calls the launcher as a peer does and makes every trouble that an engine can make. [`peer`] has Fabric's own peer on
//! the host, which installs, launches, upgrades and dies.

mod peer;

use anyhow::{Context, Result};
use clap::Args;
use xtask_docker::engine::Engine;
use xtask_docker::images::Images;
use xtask_docker::launches::{self, Stage};

use crate::dev_peer::programs::build_contract_in_go;
use crate::fabric::programs::Programs as Fabric;
use crate::fabric::release::RELEASES;
use crate::report::Report;
use crate::tally::Tally;
use crate::{builder_programs, toolchain};

/// Options of `cargo xtask docker`.
#[derive(Args, Default)]
pub(crate) struct Options {
    /// Only launches without a peer
    #[arg(long)]
    without_peer: bool,
}

/// The image with the contract in Go, which a shell starts as images for fabric-builder-k8s do.
const CONTRACT: &str = "everything";

/// Runs everything.
pub(crate) fn run(options: &Options) -> Result<Tally> {
    let missing = |reason: &str| {
        let tally = toolchain::missing("docker", reason);
        println!("\ndocker: {tally}");
        Ok(tally)
    };
    let Some(busybox) = toolchain::find("busybox") else { return missing("busybox is not installed") };
    let engine = match Engine::find_or_start()? {
        Ok(engine) => engine,
        Err(reason) => return missing(reason),
    };
    let builder = builder_programs::build_with_launcher()?;
    let mut images = Images::new(&engine, &busybox)?;
    launches::load(&mut images)?;
    if !options.without_peer {
        let start = "exec /program -peer.address=$CORE_PEER_ADDRESS";
        images.with_program(CONTRACT, &build_contract_in_go()?, start)?;
    }
    let stage = Stage { engine: &engine, launcher: builder.with_file_name("ccs-launcher"), images };
    let mut report = Report::new("Docker");
    launches::run(&mut report, &stage);
    if !options.without_peer {
        let release = RELEASES.first().context("there is a release")?;
        let programs = Fabric::ready(release, &builder)?;
        report
            .part("the life of a chaincode on Fabric's peer", |report| peer::run(report, &stage, &programs));
    }
    println!("\ndocker: {}", report.tally());
    Ok(report.tally())
}
