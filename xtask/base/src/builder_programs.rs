//! The programs of a builder: this project's static one under its three names, or another builder's.

use std::ffi::OsString;
use std::fs;
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

/// Builds the static `ccs-builder` and `ccs-launcher` into one folder, and returns the path of the builder.
///
/// They get a separate folder, because other checks install the builder without the launcher.
pub fn build_with_launcher() -> Result<PathBuf> {
    let folder = workspace::build_static(&["--package", "ccs-builder", "--package", "ccs-launcher"])?;
    let together = folder.join("together");
    fs::create_dir_all(&together).with_context(|| format!("cannot make {}", together.display()))?;
    for name in ["ccs-builder", "ccs-launcher"] {
        fs::copy(folder.join(name), together.join(name)).with_context(|| format!("cannot copy {name}"))?;
    }
    fs::remove_file(folder.join("ccs-launcher")).context("cannot remove ccs-launcher")?;
    Ok(together.join("ccs-builder"))
}

/// Builds the builder and runs its `install` for `folder`, as an operator does.
pub fn install(folder: &Path) -> Result<()> {
    put(&build()?, folder)
}

/// Runs the `install` of a built builder for `folder`.
pub fn put(program: &Path, folder: &Path) -> Result<()> {
    let output = Command::new(program)
        .args([OsString::from("install"), folder.into()])
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
