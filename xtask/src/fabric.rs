//! `cargo xtask fabric`: Fabric's own programs, built from its sources, together with ours.
//!
//! Each release has its own network, whose peer has our builder. `conformance/fabric/steps.toml` contains the commands of an
//! administrator. They run on Fabric's peer and on the development peer, and both must return the same answers, to these commands
//! and to the clients of `conformance/dev-peer`; `differences.toml` lists the exceptions.

pub(crate) mod administrator;
mod answers;
mod checks;
mod contracts;
mod launched;
pub(crate) mod layout;
pub(crate) mod network;
pub(crate) mod packages;
mod processes;
pub(crate) mod programs;
pub(crate) mod release;
pub(crate) mod served;
mod sources;
mod users;

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;

use crate::dev_peer::programs::{Language, build_for_fabric};
use crate::dev_peer::session::{Role, Session};
use crate::parallel::two_at_a_time;
use crate::report::Report;
use crate::tally::Tally;
use crate::{builder_programs, toolchain};
use administrator::{Administrator, Site};
use answers::Answers;
use contracts::Versions;
use programs::Programs;
use release::RELEASES;

/// Options of `cargo xtask fabric`.
#[derive(Args, Default)]
pub(crate) struct Options {
    /// Only releases whose version begins with this text, such as 3.1
    #[arg(long, default_value = "")]
    only: String,
    /// Only the chaincode that the peer's install starts as a process
    #[arg(long)]
    launched: bool,
}

/// A peer on which everything is run.
enum Peer<'a> {
    /// Of a release of Fabric.
    Fabric(&'a Programs),
    /// `ccs dev`, with the `peer` command of each release.
    Development(&'a [Programs]),
}

/// Runs everything on Fabric's peers and on the development peer, and compares their answers.
pub(crate) fn run(options: &Options) -> Result<Tally> {
    let tools = [
        ("go", "version"),
        ("tar", "--version"),
        ("npm", "--version"),
        ("mvn", "--version"),
        ("cc", "--version"),
    ];
    for (program, version) in tools {
        if !toolchain::has(program, version) {
            let tally = toolchain::missing("fabric", &format!("{program} is not installed"));
            println!("\nfabric: {tally}");
            return Ok(tally);
        }
    }
    build_for_fabric()?;
    let builder = builder_programs::build_with_launcher()?;
    let releases = RELEASES.iter().filter(|release| release.version.starts_with(&options.only));
    // One after the other: each build uses all processors.
    let programs: Vec<_> =
        releases.map(|release| Programs::ready(release, &builder)).collect::<Result<_>>()?;
    let mut launched = two_at_a_time(&programs.iter().collect::<Vec<_>>(), |programs| {
        let mut report = Report::new(&format!("Fabric {}", programs.release.version));
        report.part("processes", |report| processes::run(report, programs));
        report.tally()
    });
    if !options.launched {
        launched += compare(&programs)?;
    }
    println!("\nfabric: {launched}");
    Ok(launched)
}

/// Runs the rest on each peer, and compares the answers.
fn compare(programs: &[Programs]) -> Result<Tally> {
    let scratch = tempfile::Builder::new().prefix("fabric-").tempdir()?;
    let mut peers: Vec<_> = programs.iter().map(Peer::Fabric).collect();
    peers.push(Peer::Development(programs));
    let mut tally = two_at_a_time(&peers, |peer| peer.run(scratch.path()));
    for programs in programs {
        let version = programs.release.version;
        let mut report = Report::new(&format!("answers of Fabric {version} and of the development peer"));
        report.part("compared", |report| {
            let fabric = Answers::read(&answers_of(scratch.path(), version))?;
            let here = Answers::read(&answers_of(scratch.path(), DEVELOPMENT))?;
            answers::compare(report, version, &fabric, &here)
        });
        tally += report.tally();
    }
    Ok(tally)
}

/// What the development peer is called in the names of files.
const DEVELOPMENT: &str = "development";

fn answers_of(scratch: &Path, peer: &str) -> PathBuf {
    scratch.join(format!("answers-{peer}.jsonl"))
}

impl Peer<'_> {
    fn run(&self, scratch: &Path) -> Tally {
        match self {
            Self::Fabric(programs) => {
                let version = programs.release.version;
                let mut report = Report::new(&format!("Fabric {version}"));
                let answers = answers_of(scratch, version);
                report.part("everything", |report| checks::run(report, programs, &answers));
                report.tally()
            }
            Self::Development(all) => {
                let mut report = Report::new("development peer");
                report.part("the transcript", |report| {
                    let session = Session::start(Language::Go, Role::Server)?;
                    let file = answers_of(scratch, DEVELOPMENT);
                    report.check("it runs to its end", || {
                        answers::ask(session.endpoint(), &session.organizations(), &file)
                    });
                    Ok(())
                });
                for programs in *all {
                    let name = format!("the administrator's steps with {}", programs.release.version);
                    report.part(&name, |report| steps_on_development_peer(report, programs));
                }
                report.tally()
            }
        }
    }
}

fn steps_on_development_peer(report: &mut Report, programs: &Programs) -> Result<()> {
    let scratch = tempfile::Builder::new().prefix("fabric-").tempdir()?;
    let mut session = Session::without_chaincode()?;
    let organization = session.organizations().join("peerOrganizations/org1.example.com");
    let site = Site {
        peer: session.endpoint().to_owned(),
        log: session.log(),
        orderer: session.endpoint().to_owned(),
        orderer_ca: organization.join("peers/peer0.org1.example.com/tls/ca.crt"),
        organization,
    };
    let mut administrator = Administrator::new(programs, site, &scratch.path().join("out"))?;
    let _versions = Versions::start(scratch.path(), &mut administrator)?;
    let before = report.tally().failed;
    administrator.all_steps(report)?;
    processes::on_development_peer(report, &administrator, (scratch.path(), &mut session))?;
    if report.tally().failed > before {
        print!("{}", session.logs());
    }
    Ok(())
}
