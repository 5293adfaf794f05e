//! The steps that run only cargo.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use anyhow::{Context, Result};

use crate::tally::Tally;
use crate::workspace;

/// Checks the format with rustfmt.
pub(super) fn format() -> Result<Tally> {
    workspace::succeed(&mut workspace::cargo(["fmt", "--all", "--check"]))?;
    workspace::succeed(&mut workspace::cargo(["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"]))?;
    Ok(Tally::PASSED)
}

/// Lints every target. The fuzz targets are a separate workspace, which a change to a crate can break.
pub(super) fn clippy() -> Result<Tally> {
    let arguments = ["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"];
    workspace::succeed(&mut workspace::cargo(arguments))?;
    let arguments = ["clippy", "--quiet", "--manifest-path", "fuzz/Cargo.toml", "--", "-D", "warnings"];
    // cargo fuzz sets this flag, and some functions exist only with it.
    workspace::succeed(workspace::cargo(arguments).env("RUSTFLAGS", "--cfg fuzzing"))?;
    Ok(Tally::PASSED)
}

/// Builds the documentation; fails for a broken link.
pub(super) fn documentation() -> Result<Tally> {
    let mut doc =
        workspace::cargo(["doc", "--quiet", "--workspace", "--no-deps", "--document-private-items"]);
    workspace::succeed(doc.env("RUSTDOCFLAGS", "-D warnings"))?;
    Ok(Tally::PASSED)
}

/// Runs the tests that need only Rust. The step `samples` runs and counts the ignored ones.
pub(super) fn tests() -> Result<Tally> {
    let tally = cargo_test(&[])?;
    if tally.skipped > 0 {
        println!("{} more need other languages: cargo xtask ci whole", tally.skipped);
    }
    Ok(Tally { skipped: 0, ..tally })
}

/// Runs the unit tests of libraries and programs.
pub(super) fn unit_tests() -> Result<Tally> {
    cargo_test(&["--lib", "--bins"])
}

/// Runs `cargo test` on the workspace, prints its output and adds up its results.
pub(super) fn cargo_test(arguments: &[&str]) -> Result<Tally> {
    let mut command = workspace::cargo(["test", "--workspace", "--no-fail-fast"]);
    let mut child =
        command.args(arguments).stdout(Stdio::piped()).spawn().context("cannot start cargo test")?;
    let mut output = String::new();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines() {
            let line = line?;
            println!("{line}");
            output.push_str(&line);
            output.push('\n');
        }
    }
    Ok(Tally::of_cargo_test(&output, child.wait()?.success()))
}
