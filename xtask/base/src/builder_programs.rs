//! The programs of a builder: ours, built static and laid out under their three names, or somebody else's.

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

/// Builds the static `ccs-builder` and `ccs-launcher`, and returns the path of the first one, beside which the second lies.
///
/// They get a folder of their own: elsewhere, the builder is installed without the launcher.
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

/// Builds our builder and lets it install itself in `folder`, as an operator does.
pub fn install(folder: &Path) -> Result<()> {
    put(&build()?, folder)
}

/// Lets a builder that was built install itself in `folder`.
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

/// Returns the folder that holds a builder's programs: the one named, or its sub-folder `bin`.
pub fn locate(folder: &Path) -> Result<PathBuf> {
    let complete = |folder: &Path| NAMES.iter().all(|name| folder.join(name).is_file());
    [folder.to_path_buf(), folder.join("bin")]
        .into_iter()
        .find(|candidate| complete(candidate))
        .with_context(|| format!("{} does not hold detect, build and release", folder.display()))
}
