//! `cargo xtask docker`: packages with an image in containers of a real Docker engine; with `--podman`, of podman.
//!
//! [`launches`] calls the launcher as a peer does and produces every error of an engine; [`servers`] does this for chaincode that the
//! peer dials, and [`remote`] does both on an engine over TCP with TLS. Then a Fabric peer on the host installs, launches, upgrades and
//! dies: [`peer`] with chaincode that dials it, [`served`] with chaincode that it dials and that [`upkeep`] maintains. In [`compose`],
//! the peer itself runs in a container.

mod compose;
mod peer;
mod served;
mod upkeep;

use anyhow::{Context, Result};
use clap::Args;
use xtask_docker::engine::Engine;
use xtask_docker::images::Images;
use xtask_docker::launches::{self, Stage};
use xtask_docker::{remote, servers};

use crate::dev_peer::programs::build_contract_in_go;
use crate::fabric::programs::Programs as Fabric;
use crate::fabric::release::RELEASES;
use crate::report::Report;
use crate::shims::{self, Shim};
use crate::tally::Tally;
use crate::{builder_programs, toolchain, workspace};

/// Options of `cargo xtask docker`.
#[derive(Args, Default)]
pub(crate) struct Options {
    /// Only launches without a peer
    #[arg(long)]
    without_peer: bool,
    /// Only chaincode that the peer dials
    #[arg(long)]
    servers: bool,
    /// Use podman in place of a Docker engine, and without the engine over TCP
    #[arg(long)]
    podman: bool,
}

/// Runs everything.
pub(crate) fn run(options: &Options) -> Result<Tally> {
    let name = if options.podman { "podman" } else { "docker" };
    let missing = |reason: &str| {
        let tally = toolchain::missing(name, reason);
        println!("\n{name}: {tally}");
        Ok(tally)
    };
    let Some(busybox) = toolchain::find("busybox") else { return missing("busybox is not installed") };
    let engine = if options.podman { Engine::podman() } else { Engine::find_or_start() };
    let engine = match engine? {
        Ok(engine) => engine,
        Err(reason) => return missing(reason),
    };
    let builder = builder_programs::build_with_launcher()?;
    let mut images = Images::new(&engine, &busybox)?;
    launches::load(&mut images)?;
    let contract = build_contract_in_go()?;
    servers::load(&mut images, &contract)?;
    let mut stage = Stage { engine: &engine, builder, images };
    let mut report = Report::new(if options.podman { "podman" } else { "Docker" });
    if !options.servers {
        launches::run(&mut report, &stage);
    }
    servers::run(&mut report, &stage);
    let mut missing = Tally::default();
    if !options.podman {
        missing += remote::run(&mut report, &stage, &contract)?;
    }
    if !options.without_peer {
        workspace::build_ccs()?;
        let shims = match shims::missing() {
            Some(reason) => {
                missing += toolchain::missing("the official shims", &reason);
                Vec::new()
            }
            None => Shim::all(&busybox)?.into(),
        };
        for shim in &shims {
            stage.images.load(shim.name, &shim.files(), &shim.command())?;
        }
        let release = RELEASES.first().context("there is a release")?;
        let programs = Fabric::ready(release, &stage.builder)?;
        if !options.servers {
            report.part("the life of a chaincode on Fabric's peer", |report| {
                peer::run(report, (&stage, &shims), &programs)
            });
        }
        report.part("the life of a chaincode that Fabric's peer dials", |report| {
            served::run(report, (&stage, &shims), &programs)
        });
        if !options.servers {
            report.part("a peer in a container", |report| compose::run(report, &stage, &programs));
        }
    }
    let tally = report.tally() + missing;
    println!("\n{name}: {tally}");
    Ok(tally)
}
