//! `cargo xtask bless`: regenerates the files with which tests and checks compare, and lists the changed ones.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};

use crate::tally::Tally;
use crate::{conformance, layers, manifests, workspace};

/// The files to regenerate.
#[derive(Args)]
pub(crate) struct Options {
    /// The kinds of files to regenerate; all by default
    what: Vec<What>,
    /// With `cases`: only the cases whose name contains this text
    #[arg(long, value_name = "NAME")]
    filter: Option<String>,
}

/// A kind of generated files in git.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// The list of crates in docs/architecture.md
    Layers,
    /// Snapshots, generated code and pages that tests compare
    Tests,
    /// The expected results of the conformance cases
    Cases,
    /// The rendered manifests in deploy/snapshots
    Manifests,
}

/// Regenerates the files and lists the changed ones. It does not add them to git, so that a developer reviews them
/// first.
pub(crate) fn run(options: &Options) -> Result<Tally> {
    let all = What::value_variants();
    let wanted = if options.what.is_empty() { all } else { &options.what };
    let before = changed_files()?;
    let mut tally = Tally::default();
    for what in all.iter().filter(|what| wanted.contains(what)) {
        println!("\n--- {}", format!("{what:?}").to_lowercase());
        tally += match what {
            What::Layers => layers::run(&layers::Options { write: true })?,
            What::Tests => tests()?,
            What::Cases => conformance::run(&conformance::Options {
                bless: true,
                filter: options.filter.clone(),
                ..Default::default()
            })?,
            What::Manifests => manifests::run(&manifests::Options { update: true })?,
        };
    }
    let after = changed_files()?;
    println!();
    let mut changed = after.iter().filter(|(file, content)| before.get(*file) != Some(*content)).peekable();
    if changed.peek().is_none() {
        println!("nothing changed");
    }
    for (file, _) in changed {
        println!("changed {file}");
    }
    Ok(tally)
}

/// Runs the tests of the crates with such files, which have `[package.metadata.xtask] bless = true` in Cargo.toml.
fn tests() -> Result<Tally> {
    let packages = blessed_packages()?;
    let mut test = workspace::cargo(["test", "--quiet", "--no-fail-fast"]);
    for package in &packages {
        test.args(["--package", package]);
    }
    println!("tests of {}", packages.join(", "));
    // insta reads the first variable, and this project's tests read the second.
    let done = test
        .env("INSTA_UPDATE", "always")
        .env("CCS_BLESS", "1")
        .status()
        .context("cannot start cargo test")?;
    Ok(if done.success() { Tally::PASSED } else { Tally::FAILED })
}

fn blessed_packages() -> Result<Vec<String>> {
    let output = workspace::cargo(["metadata", "--format-version", "1", "--no-deps"]).output()?;
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).context("cannot list the crates")?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let blessed = packages.filter(|package| package["metadata"]["xtask"]["bless"] == true);
    Ok(blessed.filter_map(|package| Some(package["name"].as_str()?.to_owned())).collect())
}

/// Returns the files that differ from the last commit, with their content.
fn changed_files() -> Result<BTreeMap<String, Option<Vec<u8>>>> {
    let mut git = Command::new("git");
    git.args(["status", "--porcelain", "-z", "--untracked-files=all", "--no-renames"]);
    let output = git.current_dir(workspace::root()).output().context("cannot start git")?;
    ensure!(output.status.success(), "git status failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let files = text.split('\0').filter_map(|entry| entry.get(3..));
    Ok(files.map(|file| (file.to_owned(), fs::read(workspace::root().join(file)).ok())).collect())
}
