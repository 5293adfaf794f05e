//! `cargo xtask prose`: checks for plain English in all texts, and the subjects of commits.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::tally::Tally;
use crate::workspace;

/// The last commit before the rule for subjects.
const BEFORE: &str = "b0aa8ea9340315e8a1a2a93255dbec7343eceb0b";

/// Runs both checks and prints each finding with a better wording.
pub(crate) fn run() -> Result<Tally> {
    Ok(texts()? + commits()?)
}

fn texts() -> Result<Tally> {
    let root = workspace::root();
    let report = xtask_prose::check(root, &root.join("xtask/prose/rules.toml"))?;
    for finding in &report.findings {
        println!("FAILED  {finding}");
    }
    if report.findings.is_empty() {
        println!("passed  prose: {} files", report.files);
        return Ok(Tally::PASSED);
    }
    Ok(Tally { failed: report.findings.len() as u64, ..Tally::default() })
}

/// Checks the commits since [`BEFORE`]; skips the check if the history is incomplete, as in a shallow clone or an archive.
fn commits() -> Result<Tally> {
    let known = git(&["merge-base", "--is-ancestor", BEFORE, "HEAD"]).output().context("cannot start git")?;
    if !known.status.success() {
        println!("skipped commits: the history does not contain {BEFORE}");
        return Ok(Tally::SKIPPED);
    }
    let range = format!("{BEFORE}..HEAD");
    let output = git(&["log", "--format=%h%x09%p%x09%s", &range]).output().context("cannot start git")?;
    ensure!(output.status.success(), "git log failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    let log = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut tally = Tally::default();
    for line in log.lines() {
        let (commit, rest) = line.split_once('\t').context("git log printed another format")?;
        let (parents, subject) = rest.split_once('\t').context("git log printed another format")?;
        let fault = if parents.contains(' ') {
            Some("it is a merge; rebase instead".to_owned())
        } else {
            xtask_prose::subject_fault(subject)?
        };
        if let Some(fault) = fault {
            println!("FAILED  commit {commit} {subject:?}: {fault}");
            tally += Tally::FAILED;
        }
    }
    if tally.failed == 0 {
        println!("passed  commits: {} subjects", log.lines().count());
        return Ok(Tally::PASSED);
    }
    Ok(tally)
}

fn git(arguments: &[&str]) -> Command {
    let mut git = Command::new("git");
    git.args(arguments).current_dir(workspace::root());
    git
}
