//! `cargo xtask ci`: the required checks for a change, in three parts that a developer can run separately.

use std::fmt::Write as _;

use clap::{Args, Subcommand};

use crate::fuzz;
use crate::steps::{self, QUICK, Step, WHOLE};
use crate::tally::Tally;

/// The part to run.
#[derive(Subcommand)]
pub(crate) enum Part {
    /// Format, lints, documentation, licenses and the tests that need only Rust
    #[command(after_help = format!("Steps:\n{}", list(QUICK)))]
    Quick,
    /// The tests that need Go, Java, Node.js, containers or Fabric's own programs
    #[command(after_help = format!("Steps:\n{}", list(WHOLE)))]
    Whole,
    /// A smoke test of the fuzz targets; a longer run finds more
    Fuzz(Smoke),
}

/// How long to run the fuzz targets.
#[derive(Args)]
pub(crate) struct Smoke {
    /// How long each target runs: 8 seconds show only that it starts and passes its corpus
    #[arg(long, default_value_t = 8, value_name = "N")]
    seconds: u32,
}

/// Runs a part. Its last line shows the counts.
pub(crate) fn run(part: &Part) -> Tally {
    let tally = match part {
        Part::Quick => steps::run(QUICK),
        Part::Whole => steps::run(WHOLE),
        Part::Fuzz(Smoke { seconds }) => {
            let options = fuzz::Options { seconds: *seconds, ..Default::default() };
            steps::run_one("fuzz", || fuzz::run(&options))
        }
    };
    println!("\n{tally}");
    tally
}

/// Lists the steps of all parts, for `cargo xtask help`.
pub(crate) fn all_steps() -> String {
    format!("Steps of ci quick:\n{}\n\nSteps of ci whole:\n{}", list(QUICK), list(WHOLE))
}

fn list(steps: &[Step]) -> String {
    let width = steps.iter().map(|step| step.name.len()).max().unwrap_or_default();
    let mut list = String::new();
    for Step { name, about, .. } in steps {
        let _ = writeln!(list, "  {name:width$}  {about}");
    }
    list.trim_end().to_owned()
}
