//! The programs of a builder: this project's static one under its three names, or another builder's.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace;

/// The names that a peer calls.
pub const NAMES: [&str; 3] = ["detect", "build", "release"];

/// Builds the static `ccs-builder` and returns its path.
pub fn build() -> Result<PathBuf> {
    let folder = workspace::build_static(&["--package", "ccs-builder"])?;
    Ok(folder.join("ccs-builder"))
}

/// Builds the static `ccs-builder` and `ccs-launcher`, and returns the path of the builder; the launcher is next to it.
pub fn build_with_launcher() -> Result<PathBuf> {
    let folder = workspace::build_static(&["--package", "ccs-builder", "--package", "ccs-launcher"])?;
    Ok(folder.join("ccs-builder"))
}

/// Builds the builder and runs its `install` for `folder`, as an operator does.
pub fn install(folder: &Path) -> Result<()> {
    run_install(&build()?, folder, &[])
}

/// Runs the `install` of a built builder for `folder`, with the launcher.
pub fn put(program: &Path, folder: &Path) -> Result<()> {
    run_install(program, folder, &["--launcher"])
}

fn run_install(program: &Path, folder: &Path, options: &[&str]) -> Result<()> {
    let output = Command::new(program)
        .args([OsString::from("install"), folder.into()])
        .args(options)
        .output()
        .with_context(|| format!("cannot start {}", program.display()))?;
    if !output.status.success() {
        bail!("ccs-builder install failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

/// Returns the folder with a builder's programs: the given one, or its subfolder `bin`.
pub fn locate(folder: &Path) -> Result<PathBuf> {
    let complete = |folder: &Path| NAMES.iter().all(|name| folder.join(name).is_file());
    [folder.to_path_buf(), folder.join("bin")]
        .into_iter()
        .find(|candidate| complete(candidate))
        .with_context(|| format!("{} does not hold detect, build and release", folder.display()))
}
