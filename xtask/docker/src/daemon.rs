//! An engine that ends with the check.

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

/// How long the engine may take to start, and again to stop.
const PATIENCE: Duration = Duration::from_mins(1);

/// `dockerd` with its own socket and data.
pub(crate) struct Daemon {
    process: Child,
    /// The socket, whose path has to be short, and what else the engine keeps while it runs.
    run: TempDir,
    /// Images and volumes.
    data: TempDir,
}

impl Daemon {
    /// Starts `dockerd` with further options.
    pub(crate) fn start(options: &[&str]) -> Result<Self> {
        let run = tempfile::Builder::new().prefix("dockerd-").tempdir()?;
        // Beside cargo's files: there is room, and the file system is not an overlay, on which the engine could not use its own.
        fs::create_dir_all(workspace::target_folder())?;
        let data = tempfile::Builder::new().prefix("docker-data-").tempdir_in(workspace::target_folder())?;
        let log = File::create(run.path().join("log"))?;
        let process = Command::new("dockerd")
            .arg("--data-root")
            .arg(data.path())
            .arg("--exec-root")
            .arg(run.path().join("exec"))
            .arg("--pidfile")
            .arg(run.path().join("pid"))
            .args(["--log-level", "warn", "--host", &socket(run.path())])
            .args(options)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("cannot start dockerd")?;
        Ok(Self { process, run, data })
    }

    /// Returns where it listens.
    pub(crate) fn host(&self) -> String {
        socket(self.run.path())
    }

    /// Returns an error if waiting further is useless.
    pub(crate) fn check(&mut self, start: Instant) -> Result<()> {
        let ended = self.process.try_wait()?;
        if ended.is_some() || start.elapsed() > PATIENCE {
            bail!("dockerd does not answer:\n{}", end_of(&self.run.path().join("log")));
        }
        Ok(())
    }
}

fn socket(folder: &Path) -> String {
    format!("unix://{}/docker.sock", folder.display())
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let Some(pid) = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw) else { return };
        // It unmounts the layers; a kill would leave them.
        let _ = kill_process(pid, Signal::TERM);
        if !matches!(self.process.wait_timeout(PATIENCE), Ok(Some(_))) {
            println!("dockerd does not end and is killed; see {}", self.data.path().display());
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
        // After containers on the host's network its namespace stays mounted, and the folder could not be removed.
        let namespace = self.run.path().join("exec/netns/default");
        if namespace.exists() {
            let _ = Command::new("umount").arg(&namespace).status();
        }
    }
}
