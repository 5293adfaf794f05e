//! The programs for rendering and checking, built by Go from pinned sources, and the schemas, from a pinned wheel.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::deploy;
use xtask_base::tally::Tally;
use xtask_base::{toolchain, workspace};

/// The kinds in the manifests, by the names of their schemas in the wheel.
const KINDS: [&str; 10] = [
    "configmap-v1",
    "deployment-apps-v1",
    "networkpolicy-networking-v1",
    "persistentvolumeclaim-v1",
    "pod-v1",
    "role-rbac-v1",
    "rolebinding-rbac-v1",
    "secret-v1",
    "service-v1",
    "serviceaccount-v1",
];

/// The locations of the programs and the schemas.
pub(crate) struct Tools {
    folder: PathBuf,
}

impl Tools {
    /// Builds and downloads missing tools; returns a tally if this machine cannot.
    pub(crate) fn ready() -> Result<Result<Self, Tally>> {
        for (program, version) in [("go", "version"), ("python3", "--version"), ("pip3", "--version")] {
            if !toolchain::has(program, version) {
                return Ok(Err(toolchain::missing("manifests", &format!("{program} is not installed"))));
            }
        }
        let tools = Self { folder: workspace::target_folder().join("manifests-tools") };
        tools.build()?;
        tools.fetch_schemas()?;
        Ok(Ok(tools))
    }

    /// Returns the command of a program.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.folder.join(program));
        command.stdin(Stdio::null());
        command
    }

    /// Returns the folder that contains a subfolder of schemas for each version.
    pub(crate) fn schemas(&self) -> PathBuf {
        self.folder.join("schemas")
    }

    /// Go caches its builds, so a second build takes no time.
    fn build(&self) -> Result<()> {
        let mut go = Command::new("go");
        // The path ends with a slash, because the folder may not exist yet.
        go.arg("build").arg("-o").arg(self.folder.join("")).arg("tool");
        go.current_dir(deploy("tools")).env("CGO_ENABLED", "0").stdin(Stdio::null());
        workspace::succeed(&mut go)
    }

    fn fetch_schemas(&self) -> Result<()> {
        // Another release or more kinds: other schemas.
        let pin = [std::fs::read_to_string(deploy("tools/schemas.txt"))?, KINDS.join("\n")].concat();
        let mark = self.schemas().join("pin");
        if std::fs::read_to_string(&mark).is_ok_and(|found| found == pin) {
            return Ok(());
        }
        let wheels = self.folder.join("wheels");
        let mut pip = Command::new("pip3");
        pip.args(["download", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]);
        pip.args(["--only-binary", ":all:", "--dest"]).arg(&wheels);
        pip.arg("--requirement").arg(deploy("tools/schemas.txt")).stdin(Stdio::null());
        workspace::succeed(&mut pip)?;
        let mut extract = Command::new("python3");
        extract.arg(deploy("tools/schemas.py")).arg(newest_wheel(&wheels)?).arg(self.schemas()).args(KINDS);
        workspace::succeed(&mut extract)?;
        std::fs::remove_dir_all(&wheels)?;
        std::fs::write(mark, pin).context("cannot note which schemas these are")
    }
}

fn newest_wheel(folder: &Path) -> Result<PathBuf> {
    let mut wheels = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    wheels.sort();
    wheels.pop().with_context(|| format!("pip left nothing in {}", folder.display()))
}
