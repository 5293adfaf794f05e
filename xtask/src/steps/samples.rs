//! The steps that build programs in other languages and run the Rust tests that need them.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::Result;

use super::run_one;
use super::rust::cargo_test;
use crate::tally::Tally;
use crate::{conformance, toolchain, workspace};

/// Builds the samples, then runs the ignored tests. If a sample is missing, these tests are skipped.
pub(super) fn run() -> Result<Tally> {
    let samples = [
        run_one("packages of the Node sample", || npm_packages("samples/asset-transfer-node")),
        run_one("packages of the stand-in for CouchDB", || npm_packages("conformance/couchdb-stand-in")),
        run_one("the Go sample", go_sample),
        run_one("the Java sample", java_sample),
    ];
    let are_built = samples == [Tally::PASSED; 4];
    let built = samples.into_iter().sum::<Tally>();
    if !are_built {
        return Ok(built + toolchain::missing("tests with the samples", "not every sample is built"));
    }
    Ok(built + cargo_test(&["--tests", "--", "--ignored"])?)
}

/// Installs the packages of a Node.js program for the tests, without running their scripts.
fn npm_packages(folder: &str) -> Result<Tally> {
    if !toolchain::has("npm", "--version") {
        return Ok(toolchain::missing(folder, "npm is not installed"));
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    npm.current_dir(workspace::root().join(folder)).stdin(Stdio::null());
    workspace::succeed(&mut npm)?;
    Ok(Tally::PASSED)
}

/// Builds the Go sample for the tests.
fn go_sample() -> Result<Tally> {
    if !toolchain::has("go", "version") {
        return Ok(toolchain::missing("Go sample", "go is not installed"));
    }
    let mut go = Command::new("go");
    go.args(["build", "-o", "target/asset-transfer-go", "."])
        .current_dir(workspace::root().join("samples/asset-transfer-go"))
        .env("CGO_ENABLED", "0");
    workspace::succeed(&mut go)?;
    Ok(Tally::PASSED)
}

/// Packages the Java sample for the tests.
fn java_sample() -> Result<Tally> {
    if !toolchain::has("java", "-version") || !toolchain::has("mvn", "-version") {
        return Ok(toolchain::missing("Java sample", "java or mvn is not installed"));
    }
    let mut maven = Command::new("mvn");
    maven
        .args(["--quiet", "--batch-mode", "package"])
        .current_dir(workspace::root().join("samples/asset-transfer-java"))
        .stdin(Stdio::null());
    workspace::succeed(&mut maven)?;
    Ok(Tally::PASSED)
}

/// Runs the suite with a Go program that behaves like Fabric's builder, and expects exactly the listed differences.
pub(super) fn stand_in() -> Result<Tally> {
    if !toolchain::has("go", "version") {
        return Ok(toolchain::missing("stand-in", "go is not installed"));
    }
    let folder = tempfile::Builder::new().prefix("stand-in-").tempdir()?;
    let program = folder.path().join("detect");
    let mut go = Command::new("go");
    go.args(["build", "-o"]).arg(&program).arg(".");
    go.current_dir(workspace::root().join("conformance/stand-in"))
        .env("GOFLAGS", "-mod=mod")
        .env("CGO_ENABLED", "0");
    workspace::succeed(&mut go)?;
    for name in ["build", "release"] {
        std::fs::copy(&program, folder.path().join(name))?;
    }
    let bin: Option<PathBuf> = Some(folder.path().to_path_buf());
    conformance::run(&conformance::Options { bin, exactly: true, ..Default::default() })
}
