//! The names of Services for programs on the host, which cannot use the DNS of the cluster: a file instead of /etc/hosts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::cluster::Cluster;

/// How often to look which Services there are.
const TURN: Duration = Duration::from_millis(300);

/// The names of all Services, kept up until this is dropped.
pub struct Names {
    folder: TempDir,
    end: Arc<AtomicBool>,
    keeper: Option<JoinHandle<()>>,
}

impl Names {
    /// Begins to follow the Services of a cluster.
    pub fn of(cluster: &Cluster) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("names-").tempdir()?;
        let file = folder.path().join("hosts");
        let usual = fs::read_to_string("/etc/hosts").context("cannot read /etc/hosts")?;
        fs::write(&file, &usual)?;
        let end = Arc::new(AtomicBool::new(false));
        let mut kubectl = cluster.command(&[
            "get",
            "services",
            "--all-namespaces",
            "-o",
            r#"jsonpath={range .items[*]}{.spec.clusterIP} {.metadata.name}.{.metadata.namespace}.svc{"\n"}{end}"#,
        ]);
        let ended = Arc::clone(&end);
        let keeper = thread::spawn(move || {
            let mut last = String::new();
            while !ended.load(Ordering::Relaxed) {
                let found = kubectl.output().ok().filter(|output| output.status.success());
                let names = found.and_then(|output| String::from_utf8(output.stdout).ok());
                if let Some(names) = names.filter(|names| *names != last) {
                    // The file is mounted, so it must stay the same one. What cannot be written is missed by the check.
                    let _ = fs::write(&file, format!("{usual}\n{names}"));
                    last = names;
                }
                thread::sleep(TURN);
            }
        });
        Ok(Self { folder, end, keeper: Some(keeper) })
    }

    /// Returns the file.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("hosts")
    }
}

impl Drop for Names {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
        if let Some(keeper) = self.keeper.take() {
            let _ = keeper.join();
        }
    }
}

/// Returns a command that finds these names instead of those of /etc/hosts; its process is that of the program.
#[must_use]
pub fn with_names(command: &Command, hosts: &Path) -> Command {
    let mut within = Command::new("unshare");
    within.args(["--mount", "sh", "-c", r#"mount --bind "$0" /etc/hosts && exec "$@""#]).arg(hosts);
    within.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => within.env(name, value),
            None => within.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        within.current_dir(folder);
    }
    within
}
