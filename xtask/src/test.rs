//! `cargo xtask test`: every test there is, one after another, with the count of all at the end.

use std::fmt::Display;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result};

use crate::tally::Tally;
use crate::{
    conformance, dev_peer, empty_root, fabric, image, manifests, size, toolchain, versions, workspace,
};

/// Runs everything; a failure does not keep the rest from running.
pub(crate) fn run() -> Tally {
    let samples = [
        part("packages of the Node sample", || npm_packages("samples/asset-transfer-node")),
        part("packages of the stand-in for CouchDB", || npm_packages("conformance/couchdb-stand-in")),
        part("the Go sample", go_sample),
        part("the Java sample", java_sample),
    ];
    let with_samples = samples == [Tally::PASSED; 4];
    let tally = [
        samples.into_iter().sum(),
        part("cargo test", || cargo_test(with_samples)),
        part("conformance", || conformance::run(&conformance::Options::default())),
        part("conformance of a stand-in for Fabric's builder", stand_in),
        part("development peer", || dev_peer::run(&dev_peer::Options::default())),
        part("Fabric's own peers", || fabric::run(&fabric::Options::default())),
        part("size", || size::run(&size::Options::default())),
        part("empty root", empty_root::run),
        part("image", || image::run(&image::Options::default())),
        part("manifests", || manifests::run(&manifests::Options::default())),
        part("versions", || versions::run(&versions::Options::default())),
    ]
    .into_iter()
    .sum::<Tally>();
    println!("\ntests: {tally}");
    tally
}

/// Runs one part between a heading and its duration; an error of its own is one failure.
fn part(name: impl Display, check: impl FnOnce() -> Result<Tally>) -> Tally {
    println!("\n--- {name}");
    let start = Instant::now();
    let tally = check().unwrap_or_else(|error| {
        println!("FAILED  {name}: {error:#}");
        Tally::FAILED
    });
    println!("--- {name}: {tally} in {:.1} s", start.elapsed().as_secs_f64());
    tally
}

/// Runs `cargo test`, passes its output on and adds up its results.
///
/// The tests that are ignored otherwise are those that need the samples in other languages; one flag stands for all.
fn cargo_test(with_samples: bool) -> Result<Tally> {
    let mut command = workspace::cargo(["test", "--workspace", "--no-fail-fast"]);
    if with_samples {
        command.args(["--", "--include-ignored"]);
    }
    let mut child = command.stdout(Stdio::piped()).spawn().context("cannot start cargo test")?;
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

/// Installs what a program for Node.js needs, for the tests that run it. No package runs a script of its own.
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

/// Builds the Go sample, for the same tests.
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

/// Packages the Java sample, for the same tests.
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

/// Runs the suite on a Go program that acts as Fabric's builder is known to, and expects exactly the listed differences.
fn stand_in() -> Result<Tally> {
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
