//! Starts the measured programs with `launch`, a small static program.
//!
//! Until a process calls exec, Linux counts the memory of its parent as its own. Peak memory of processes that this
//! program started would therefore be that of this program.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::statistics::Sample;
use crate::workspace;

/// The small programs in `xtask/bench`.
pub(crate) struct Launcher {
    folder: PathBuf,
}

impl Launcher {
    /// Builds them with the builder's profile.
    pub(crate) fn build() -> Result<Self> {
        Ok(Self { folder: workspace::build_static(&["--package", "bench-programs"])? })
    }

    /// Returns the program with this name: `nothing` or `copy`.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Runs a program with the environment of a peer and measures it.
    pub(crate) fn run(&self, program: &Path, arguments: &[PathBuf]) -> Result<Sample> {
        let output = Command::new(self.program("launch"))
            .arg(program)
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG", r#"{"name":"asset"}"#)
            .stdin(Stdio::null())
            .output()
            .context("cannot start the launcher")?;
        if !output.status.success() {
            bail!("{} failed: {}", program.display(), String::from_utf8_lossy(&output.stderr).trim());
        }
        let line = String::from_utf8_lossy(&output.stdout);
        Sample::parse(&line).with_context(|| format!("the launcher printed {line:?}"))
    }
}
