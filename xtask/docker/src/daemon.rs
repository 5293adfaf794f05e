//! An engine that ends with the check.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use wait_timeout::ChildExt as _;
use xtask_base::processes::end_of;
use xtask_base::workspace;

use crate::podman;

/// How long the engine may take to start, and again to stop.
const PATIENCE: Duration = Duration::from_mins(1);

/// `dockerd`, or podman's service, with its own socket and data.
pub(crate) struct Daemon {
    program: Program,
    process: Child,
    /// The socket, whose path has to be short, and what else the engine keeps while it runs.
    run: TempDir,
    /// Images and volumes.
    data: TempDir,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    Docker,
    Podman,
}

impl Daemon {
    /// Starts the engine with further options.
    pub(crate) fn start<S: AsRef<OsStr>>(program: Program, options: &[S]) -> Result<Self> {
        let run = tempfile::Builder::new().prefix("engine-").tempdir()?;
        // Next to cargo's files, because there is room and the file system is not an overlay, on which the engine could not use its own.
        fs::create_dir_all(workspace::target_folder())?;
        let data = tempfile::Builder::new().prefix("engine-data-").tempdir_in(workspace::target_folder())?;
        let log = File::create(run.path().join("log"))?;
        let mut command = match program {
            Program::Docker => dockerd(run.path(), data.path()),
            Program::Podman => podman::service(run.path(), data.path(), &socket(run.path()))?,
        };
        let process = command
            .args(options)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", workspace::shown(&command)))?;
        Ok(Self { program, process, run, data })
    }

    /// Returns which engine it is.
    pub(crate) fn program(&self) -> Program {
        self.program
    }

    /// Returns where it listens.
    pub(crate) fn host(&self) -> String {
        socket(self.run.path())
    }

    /// Returns an error if waiting further is useless.
    pub(crate) fn check(&mut self, start: Instant) -> Result<()> {
        let ended = self.process.try_wait()?;
        if ended.is_some() || start.elapsed() > PATIENCE {
            bail!("the engine does not answer:\n{}", end_of(&self.run.path().join("log")));
        }
        Ok(())
    }
}

fn socket(folder: &Path) -> String {
    format!("unix://{}/engine.sock", folder.display())
}

/// Prepares the call of `dockerd`.
fn dockerd(run: &Path, data: &Path) -> Command {
    let mut command = Command::new("dockerd");
    command
        .arg("--data-root")
        .arg(data)
        .arg("--exec-root")
        .arg(run.join("exec"))
        .arg("--pidfile")
        .arg(run.join("pid"))
        .args(["--log-level", "warn", "--host", &socket(run)]);
    command
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let Some(pid) = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw) else { return };
        if self.program == Program::Podman {
            podman::remove_containers(self.run.path(), self.data.path());
        }
        // It unmounts the layers; a kill would leave them.
        let _ = kill_process(pid, Signal::TERM);
        if !matches!(self.process.wait_timeout(PATIENCE), Ok(Some(_))) {
            println!("the engine does not end and is killed; see {}", self.data.path().display());
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
        let mount = match self.program {
            // After containers on the host's network its namespace stays mounted, and the folder could not be removed.
            Program::Docker => self.run.path().join("exec/netns/default"),
            // The folder of the layers is a mount of its own.
            Program::Podman => self.data.path().join("overlay"),
        };
        if mount.exists() {
            let _ = Command::new("umount").arg(&mount).stderr(Stdio::null()).status();
        }
    }
}
