//! Writes a package in the layout that a peer uses, and runs `build` on it.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use super::packages::Package;

/// Writes the files of a package into a new folder.
pub(crate) fn lay_out(package: &Package) -> io::Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    fs::create_dir(folder.path().join("out"))?;
    for (path, content) in &package.files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap_or(folder.path()))?;
        fs::write(path, content)?;
    }
    Ok(folder)
}

/// Returns the command that runs `build`.
pub(crate) fn build(package: &Package, folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ccs-builder"));
    command.arg("build").args(["src", "metadata", "out"].map(|name| folder.join(name)));
    command.env_clear().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    if let Some(configuration) = &package.configuration {
        command.env("CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG", configuration);
    }
    command
}
