//! The steps that call cargo alone.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use anyhow::{Context, Result};

use crate::tally::Tally;
use crate::workspace;

/// Compares with what rustfmt writes.
pub(super) fn format() -> Result<Tally> {
    workspace::succeed(&mut workspace::cargo(["fmt", "--all", "--check"]))?;
    workspace::succeed(&mut workspace::cargo(["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"]))?;
    Ok(Tally::PASSED)
}

/// Lints every target. The fuzz targets are a workspace of their own, which a change to a crate can break.
pub(super) fn clippy() -> Result<Tally> {
    let arguments = ["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"];
    workspace::succeed(&mut workspace::cargo(arguments))?;
    let arguments = ["clippy", "--quiet", "--manifest-path", "fuzz/Cargo.toml", "--", "-D", "warnings"];
    // cargo fuzz builds with this, and some functions exist only then.
    workspace::succeed(workspace::cargo(arguments).env("RUSTFLAGS", "--cfg fuzzing"))?;
    Ok(Tally::PASSED)
}

/// Builds the documentation; a broken link is an error.
pub(super) fn documentation() -> Result<Tally> {
    let mut doc =
        workspace::cargo(["doc", "--quiet", "--workspace", "--no-deps", "--document-private-items"]);
    workspace::succeed(doc.env("RUSTDOCFLAGS", "-D warnings"))?;
    Ok(Tally::PASSED)
}

/// Runs the tests that need Rust only. Those that are ignored belong to the step `samples`, which counts them.
pub(super) fn tests() -> Result<Tally> {
    let tally = cargo_test(&[])?;
    if tally.skipped > 0 {
        println!("{} more need other languages: cargo xtask ci whole", tally.skipped);
    }
    Ok(Tally { skipped: 0, ..tally })
}

/// Runs the tests inside libraries and programs.
pub(super) fn unit_tests() -> Result<Tally> {
    cargo_test(&["--lib", "--bins"])
}

/// Runs `cargo test` on the workspace, passes its output on and adds up its results.
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
