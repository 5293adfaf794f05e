//! `cargo xtask conformance`: runs the cases in `conformance/cases` with this project's builder or any other.
//!
//! `conformance/README.md` describes the format of a case. Data flows one way: `case` reads a case with each `recipe`
//! and `action`; `certificates`, `scratch` and `setup` create its files; `host` runs the programs under the conditions
//! of a peer; `observed` is the result and `recorded` the expected one; `compare` finds the differences, and
//! `differences` lists the known ones.

mod action;
mod case;
mod certificates;
mod compare;
mod differences;
mod escape;
mod host;
mod meaning;
mod observed;
mod recipe;
mod recorded;
mod redact;
mod scratch;
mod setup;
mod texts;
mod tree;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use self::case::Case;
use self::differences::{Differences, Verdict};
use self::observed::Observed;
use self::recorded::Recorded;
use xtask_base::builder_programs::{self, NAMES};
use xtask_base::tally::Tally;
use xtask_base::workspace;

/// The cases to run, and the use of the results.
#[derive(clap::Args, Default)]
pub struct Options {
    /// The folder with the programs of another builder; without it, this project's builder is compiled and tested
    #[arg(long, value_name = "DIR")]
    pub bin: Option<PathBuf>,
    /// Record the results of this project's builder as expected; `cargo xtask bless cases` does so
    #[arg(long, conflicts_with = "bin")]
    pub bless: bool,
    /// Run only the cases whose name contains this text
    #[arg(long, value_name = "NAME")]
    pub filter: Option<String>,
    /// With --bin: also fail if a listed difference does not occur
    #[arg(long, requires = "bin")]
    pub exactly: bool,
}

/// The number of cases for each outcome.
#[derive(Default)]
struct Outcomes {
    passed: u64,
    listed: u64,
    failed: u64,
    skipped: u64,
}

/// Runs the cases and prints those that fail.
pub fn run(options: &Options) -> Result<Tally> {
    let cases = Case::all(&workspace::root().join("conformance/cases"), options.filter.as_deref())?;
    if cases.is_empty() {
        bail!("no case has {:?} in its name", options.filter.as_deref().unwrap_or_default());
    }
    let workshop = tempfile::Builder::new().prefix("conformance-").tempdir()?;
    // The programs run as an ordinary user, who needs access.
    std::fs::set_permissions(workshop.path(), std::fs::Permissions::from_mode(0o755))?;
    let programs = workshop.path().join("programs");
    prepare_programs(options.bin.as_deref(), &programs)?;
    let differences = match options.bin {
        Some(_) => {
            Differences::read(&workspace::root().join("conformance/differences.toml"), &cases, options)?
        }
        None => Differences::none(),
    };
    let suite = Suite { programs, folder: workshop.path().join("case"), bless: options.bless, differences };
    let mut outcomes = Outcomes::default();
    for case in &cases {
        suite.run(case, &mut outcomes).with_context(|| format!("case {}", case.name))?;
    }
    let Outcomes { passed, listed, failed, skipped } = outcomes;
    if skipped > 0 {
        println!("{skipped} skipped: this machine does not allow what they need");
    }
    println!("{passed} passed, {listed} differ as listed, {failed} failed");
    Ok(Tally { passed: passed + listed, failed, skipped })
}

/// Copies the builder's programs to a folder in which every user can execute them.
fn prepare_programs(bin: Option<&Path>, programs: &Path) -> Result<()> {
    std::fs::create_dir(programs)?;
    let Some(bin) = bin else { return builder_programs::install(programs) };
    let bin = builder_programs::locate(bin)?;
    for name in NAMES {
        std::fs::copy(bin.join(name), programs.join(name))?;
    }
    Ok(())
}

/// The settings for all cases.
struct Suite {
    /// The folder of the builder's programs.
    programs: PathBuf,
    /// The folder in which each case is created in turn.
    folder: PathBuf,
    /// Whether to record the results.
    bless: bool,
    /// The known differences.
    differences: Differences,
}

impl Suite {
    /// Runs one case in a new folder, and removes the folder.
    fn run(&self, case: &Case, outcomes: &mut Outcomes) -> Result<()> {
        let observed = Observed::of(case, &self.programs, &self.folder);
        scratch::remove(&self.folder)?;
        let Some(observed) = observed? else {
            outcomes.skipped += 1;
            return Ok(());
        };
        if self.bless && Recorded::of(&observed).write(&case.folder)? {
            println!("blessed {}", case.name);
        }
        let found = compare::compare(case, &Recorded::read(&case.folder, &observed.input)?, &observed);
        match self.differences.judge(&case.name, &found) {
            Verdict::Passed => outcomes.passed += 1,
            Verdict::Listed => outcomes.listed += 1,
            Verdict::Failed(reasons) => {
                outcomes.failed += 1;
                println!("FAILED  {}: {}", case.name, case.title);
                for reason in reasons {
                    println!("{}", indented(&reason));
                }
            }
        }
        Ok(())
    }
}

/// Indents a text, to separate it from headings.
fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}
