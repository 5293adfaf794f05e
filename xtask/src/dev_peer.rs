//! `cargo xtask dev-peer`: runs the transcript of `conformance/dev-peer` on `ccs dev`, with real chaincode and real
//! clients.
//!
//! Each [`Way`] combines a contract in one language and one role with a runner on one SDK. [`programs`] builds them;
//! [`session`] starts the peer and the contracts, and stops them.

pub(crate) mod programs;
pub(crate) mod servers;
pub(crate) mod session;

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;

use crate::parallel::two_at_a_time;
use crate::processes::{finish, succeed};
use crate::tally::Tally;
use crate::toolchain;
use programs::{Language, Runner};
use session::{Role, Session};

/// Options of `cargo xtask dev-peer`.
#[derive(Args, Default)]
pub(crate) struct Options {
    /// Only combinations whose name contains this text, such as `go-server`; `applications`, or `administrator`
    #[arg(long)]
    only: Option<String>,
    /// Print every step, not only failed ones
    #[arg(long)]
    all_steps: bool,
}

/// The time limit for the transcript.
const TRANSCRIPT: Duration = Duration::from_mins(8);

/// The time limit for an application or an administrator.
const CLIENT: Duration = Duration::from_mins(4);

/// A contract, its role, and the runner of the transcript.
struct Way {
    contract: Language,
    role: Role,
    runner: Runner,
}

/// Every contract in both roles, in plaintext and over TLS, and every runner with every role.
const WAYS: [Way; 12] = [
    way(Language::Go, Role::Server, Runner::Node),
    way(Language::Go, Role::Client, Runner::Go),
    way(Language::Go, Role::MutualTls, Runner::Go),
    way(Language::Go, Role::ClientTls, Runner::Node),
    way(Language::Node, Role::Server, Runner::Go),
    way(Language::Node, Role::Client, Runner::Node),
    way(Language::Node, Role::MutualTls, Runner::Node),
    way(Language::Node, Role::ClientTls, Runner::Go),
    way(Language::Java, Role::Server, Runner::Node),
    way(Language::Java, Role::Client, Runner::Go),
    way(Language::Java, Role::MutualTls, Runner::Node),
    way(Language::Java, Role::ClientTls, Runner::Node),
];

const fn way(contract: Language, role: Role, runner: Runner) -> Way {
    Way { contract, role, runner }
}

impl Way {
    fn name(&self) -> String {
        format!("{}-{} by {}", self.contract.name(), self.role.name(), self.runner.name())
    }
}

/// Runs the transcript with every combination.
pub(crate) fn run(options: &Options) -> Result<Tally> {
    for (program, version) in
        [("node", "--version"), ("go", "version"), ("java", "-version"), ("mvn", "-version")]
    {
        if !toolchain::has(program, version) {
            return Ok(toolchain::missing("development peer", &format!("{program} is not installed")));
        }
    }
    programs::build()?;
    let is_wanted = |name: &str| options.only.as_ref().is_none_or(|text| name.contains(text));
    let ways: Vec<_> = WAYS.iter().filter(|way| is_wanted(&way.name())).collect();
    let mut tally = two_at_a_time(&ways, |way| one_way(way, options.all_steps));
    if is_wanted("applications") {
        tally += applications()?;
    }
    if is_wanted("administrator") {
        tally += administration()?;
    }
    Ok(tally)
}

/// Runs one combination, and prints its messages at the end.
fn one_way(way: &Way, all_steps: bool) -> Tally {
    let mut said = String::new();
    let outcome = transcript(way, all_steps, &mut said).unwrap_or_else(|error| {
        let _ = writeln!(said, "FAILED  {}: {error:#}", way.name());
        Tally::FAILED
    });
    println!("{said}{:<28} {outcome}", way.name());
    outcome
}

/// Runs the transcript with one combination and parses the counts at the end.
fn transcript(way: &Way, all_steps: bool, said: &mut String) -> Result<Tally> {
    let session = Session::start(way.contract, way.role)?;
    let mut runner = way.runner.on(session.endpoint(), &session.organizations());
    let finished = finish(&mut runner, TRANSCRIPT)?;
    eprint!("{}", finished.stderr);
    let text = finished.stdout;
    let mut shown = false;
    for line in text.lines() {
        // The expected and the actual value follow the step on separate lines.
        shown = if line.starts_with([' ', '\t']) { shown } else { line.starts_with("FAIL") || all_steps };
        if shown {
            writeln!(said, "  {line}")?;
        }
    }
    let tally = Tally::of_line(text.lines().last().unwrap_or_default());
    let tally = tally.with_context(|| format!("the runner printed no count, {}: {text}", finished.status))?;
    if tally.failed > 0 {
        said.push_str(&session.logs());
    }
    Ok(tally)
}

/// Runs the applications, which connect like Fabric's samples, each with a sample that `ccs dev --run` starts.
fn applications() -> Result<Tally> {
    let mut tally = Tally::default();
    for (name, mut command) in programs::applications() {
        let session = Session::of_sample()?;
        let ended = succeed(session.client(&mut command), CLIENT);
        tally += if let Err(error) = ended {
            println!("FAILED  application {name}: {error:#}");
            print!("{}", session.logs());
            Tally::FAILED
        } else {
            println!("passed  application {name}");
            Tally::PASSED
        };
    }
    Ok(tally)
}

/// Runs an administrator that deploys chaincode on an empty peer, kills that peer, and runs an upgrade on the next
/// one.
fn administration() -> Result<Tally> {
    let mut session = Session::without_chaincode()?;
    let mut tally = Tally::default();
    for (phase, language, label) in
        [("deploy", Language::Go, "everything_1.0"), ("upgrade", Language::Node, "everything_2.0")]
    {
        if phase == "upgrade" {
            session.start_again()?;
        }
        let package = session.serve(language, label)?;
        let mut administrator = programs::administrator();
        let finished = finish(session.client(&mut administrator).arg(phase).arg(package), CLIENT)?;
        let text = finished.stdout;
        let outcome = Tally::of_line(text.lines().last().unwrap_or_default()).unwrap_or(Tally::FAILED);
        if outcome.failed > 0 {
            print!("{text}{}{}", finished.stderr, session.logs());
        }
        println!("{:<28} {outcome}", format!("administrator: {phase}"));
        tally += outcome;
    }
    Ok(tally)
}
