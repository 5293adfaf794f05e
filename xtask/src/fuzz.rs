//! `cargo xtask fuzz`: runs each fuzz target for some time, starting with the corpus in git.
//!
//! The pinned compiler supports libFuzzer's instrumentation, but its flags are unstable, and `RUSTC_BOOTSTRAP` enables
//! them. New inputs go to a temporary folder, so a run does not change files in git.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::cargo_tools::FUZZ;
use crate::parallel::two_at_a_time;
use crate::tally::Tally;
use crate::workspace;

/// The targets to run, and how long.
#[derive(clap::Args, Default)]
pub(crate) struct Options {
    /// How long each target runs
    #[arg(long, default_value_t = 60, value_name = "N")]
    pub(crate) seconds: u32,
    /// Run only the targets whose name contains this text
    #[arg(long, value_name = "NAME")]
    pub(crate) filter: Option<String>,
    /// Compile the targets, and run none of them
    #[arg(long)]
    pub(crate) no_run: bool,
}

/// Runs the targets, each on one processor.
pub(crate) fn run(options: &Options) -> Result<Tally> {
    let folder = workspace::root().join("fuzz");
    workspace::succeed(&mut cargo_fuzz(["build", "--sanitizer", "none"])?)?;
    if options.no_run {
        return Ok(Tally::PASSED);
    }
    let targets = targets(&folder, options.filter.as_deref())?;
    let tally = two_at_a_time(&targets, |target| {
        run_target(target, options.seconds).unwrap_or_else(|error| {
            println!("FAILED  fuzz {target}: {error:#}");
            Tally::FAILED
        })
    });
    if tally == Tally::default() {
        bail!("no target has {:?} in its name", options.filter.as_deref().unwrap_or_default());
    }
    println!("fuzz: {tally}");
    Ok(tally)
}

/// Returns the targets, which are the files in `fuzz_targets`.
fn targets(folder: &Path, filter: Option<&str>) -> Result<Vec<String>> {
    let mut targets = Vec::new();
    for entry in std::fs::read_dir(folder.join("fuzz_targets"))? {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if filter.is_none_or(|filter| name.contains(filter)) {
            targets.push(name);
        }
    }
    targets.sort();
    Ok(targets)
}

/// Runs one target. It passes if it finds nothing and the instrumentation works.
fn run_target(target: &str, seconds: u32) -> Result<Tally> {
    let fresh = tempfile::Builder::new().prefix("fuzz-").tempdir()?;
    let artifacts = fresh.path().join("artifacts/");
    std::fs::create_dir(&artifacts)?;
    let output = command(target, seconds, fresh.path(), &artifacts)?
        .output()
        .with_context(|| format!("cannot start the target {target}"))?;
    let log = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        println!("FAILED  fuzz {target}: {}\n{}", output.status, last_lines(&log, 30));
        keep(&artifacts, target)?;
        return Ok(Tally::FAILED);
    }
    let last = log.lines().rev().find(|line| line.contains(" cov: ")).unwrap_or_default();
    if coverage(last) < LEAST_COVERAGE {
        println!(
            "FAILED  fuzz {target}: too few edges are covered, so the instrumentation is missing: {last:?}"
        );
        return Ok(Tally::FAILED);
    }
    println!("passed  fuzz {target}: {}", last.trim());
    Ok(Tally::PASSED)
}

/// A minimum of edges that every target exceeds with its corpus alone.
const LEAST_COVERAGE: u32 = 100;

/// Parses the count of edges in a line such as `#4711 DONE cov: 165 ft: 600 ...`.
fn coverage(line: &str) -> u32 {
    let count = line.split_once(" cov: ").and_then(|(_, rest)| rest.split_whitespace().next());
    count.and_then(|count| count.parse().ok()).unwrap_or_default()
}

/// Returns a command `cargo fuzz` with the compiler's unstable flags enabled.
fn cargo_fuzz<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Result<Command> {
    let mut command = FUZZ.command()?;
    command.args(arguments).env("RUSTC_BOOTSTRAP", "1").env("RUST_BACKTRACE", "0");
    Ok(command)
}

fn command(target: &str, seconds: u32, fresh: &Path, artifacts: &Path) -> Result<Command> {
    let kept = format!("fuzz/corpus/{target}");
    let mut command = cargo_fuzz(["run", "--sanitizer", "none", target])?;
    // libFuzzer writes new inputs to the first folder, and only reads the others.
    command.arg(fresh).arg(kept).arg("--").arg(format!("-max_total_time={seconds}"));
    command.arg(format!("-artifact_prefix={}/", artifacts.display()));
    command.args(["-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1", "-max_len=65536"]);
    command.stdout(Stdio::null());
    Ok(command)
}

/// Moves the inputs that made a target fail to a permanent folder.
fn keep(artifacts: &Path, target: &str) -> Result<()> {
    let kept: PathBuf = workspace::root().join("fuzz/artifacts").join(target);
    std::fs::create_dir_all(&kept)?;
    for entry in std::fs::read_dir(artifacts)? {
        let entry = entry?;
        let input = kept.join(entry.file_name());
        std::fs::copy(entry.path(), &input)?;
        println!("        the input is kept in {}", input.display());
    }
    Ok(())
}

fn last_lines(log: &str, count: usize) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::coverage;

    #[test]
    fn coverage_is_read_from_the_last_line_of_a_run() {
        assert_eq!(coverage("#2846432\tDONE   cov: 165 ft: 600 corp: 172/20Kb"), 165);
        assert_eq!(coverage("#2 DONE exec/s: 0"), 0);
    }
}
