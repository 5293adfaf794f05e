//! Programs of cargo that the checks need, each of one version, compiled once into a cache outside of the checkout.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::workspace;

/// A program that `cargo NAME` runs.
pub struct CargoTool {
    name: &'static str,
    version: &'static str,
}

/// Checks licenses, sources and advisories.
pub const DENY: CargoTool = CargoTool { name: "cargo-deny", version: "0.20.2" };

/// Builds and runs fuzz targets.
pub const FUZZ: CargoTool = CargoTool { name: "cargo-fuzz", version: "0.13.2" };

impl CargoTool {
    /// Makes the command `cargo NAME`; compiles the program first where the cache does not have it.
    pub fn command(&self) -> Result<Command> {
        let folder = self.folder()?;
        if !folder.join("bin").join(self.name).is_file() {
            self.install(&folder)?;
        }
        let mut command = workspace::cargo(self.name.strip_prefix("cargo-"));
        let rest = std::env::var_os("PATH").unwrap_or_default();
        let path = [folder.join("bin")].into_iter().chain(std::env::split_paths(&rest));
        command.env("PATH", std::env::join_paths(path)?);
        Ok(command)
    }

    /// Each version has a folder of its own, so what is there never has to be asked for its version.
    fn folder(&self) -> Result<PathBuf> {
        Ok(cache()?.join(format!("{}-{}", self.name, self.version)))
    }

    fn install(&self, folder: &PathBuf) -> Result<()> {
        println!(
            "compiling {} {} into {}; the next run finds it there",
            self.name,
            self.version,
            folder.display()
        );
        // Without optimization it compiles in a third of the time, and checks as quickly as anyone notices.
        let mut install =
            workspace::cargo(["install", "--quiet", "--locked", "--debug", "--version", self.version]);
        install.arg("--root").arg(folder).arg(self.name).env("CARGO_PROFILE_DEV_DEBUG", "0");
        // The folder of this checkout would keep what nobody needs again.
        workspace::succeed(install.env_remove("CARGO_TARGET_DIR"))
    }
}

/// Returns the folder `fabric-ccs` among the user's caches.
fn cache() -> Result<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value: &OsString| !value.is_empty()).map(PathBuf::from);
    let caches = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")));
    Ok(caches
        .context("cannot find a folder for compiled tools; set HOME or XDG_CACHE_HOME")?
        .join("fabric-ccs"))
}
