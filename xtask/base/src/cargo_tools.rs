//! Programs from crates.io, with fixed versions, compiled once into a cache outside the checkout.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::{cache, workspace};

/// A program from crates.io.
pub struct CargoTool {
    name: &'static str,
    version: &'static str,
    /// Options of `cargo install`.
    options: &'static [&'static str],
}

/// Checks licenses, sources and advisories.
pub const DENY: CargoTool = CargoTool { name: "cargo-deny", version: "0.20.2", options: &[] };

/// Builds and runs fuzz targets.
pub const FUZZ: CargoTool = CargoTool { name: "cargo-fuzz", version: "0.13.2", options: &[] };

/// Collects the licenses of libraries.
pub const ABOUT: CargoTool =
    CargoTool { name: "cargo-about", version: "0.9.3", options: &["--features", "cli"] };

/// Builds the documentation site. Without the server of `mdbook serve`, it compiles faster.
pub const MDBOOK: CargoTool = CargoTool {
    name: "mdbook",
    version: "0.5.4",
    options: &["--no-default-features", "--features", "search"],
};

impl CargoTool {
    /// Returns the command `cargo NAME` of a program that extends cargo; compiles it first if it is not in the cache.
    pub fn command(&self) -> Result<Command> {
        let folder = self.folder()?;
        let mut command = workspace::cargo(self.name.strip_prefix("cargo-"));
        let rest = std::env::var_os("PATH").unwrap_or_default();
        let path = [folder.join("bin")].into_iter().chain(std::env::split_paths(&rest));
        command.env("PATH", std::env::join_paths(path)?);
        Ok(command)
    }

    /// Returns the path of the program; compiles it first if it is not in the cache.
    pub fn program(&self) -> Result<PathBuf> {
        Ok(self.folder()?.join("bin").join(self.name))
    }

    /// Returns the folder of the program in the cache.
    fn folder(&self) -> Result<PathBuf> {
        // Each version has a separate folder, so there is no need to check the version.
        let name = format!("{}-{}", self.name, self.version);
        cache::built_once(&name, |folder| self.install(folder))
    }

    fn install(&self, folder: &Path) -> Result<()> {
        println!(
            "compiling {} {}, once; the next run finds it in {}",
            self.name,
            self.version,
            cache::folder()?.display()
        );
        // Without optimization, it compiles in a third of the time and is still fast enough.
        let mut install =
            workspace::cargo(["install", "--quiet", "--locked", "--debug", "--version", self.version]);
        install
            .args(self.options)
            .arg("--root")
            .arg(folder)
            .arg(self.name)
            .env("CARGO_PROFILE_DEV_DEBUG", "0");
        // The target folder of this checkout would keep files that are not needed again.
        workspace::succeed(install.env_remove("CARGO_TARGET_DIR"))
    }
}
