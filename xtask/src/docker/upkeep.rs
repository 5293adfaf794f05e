//! `ccs launch` next to a Fabric peer, for chaincode in containers that the peer dials.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use xtask_docker::engine::Engine;
use xtask_docker::launches::containers;

use crate::fabric::administrator::Administrator;
use crate::processes::{Finished, finish};
use crate::report::Report;
use crate::workspace;

/// How long one command may take.
const COMMAND: Duration = Duration::from_mins(3);

/// How long a change may take until it is seen.
const CHANGE: Duration = Duration::from_secs(40);

/// One peer, its builds and its engine.
pub(super) struct Upkeep<'a> {
    pub(super) engine: &'a Engine,
    pub(super) administrator: &'a Administrator<'a>,
    /// The folder of the network, with the builder and the peer's files.
    pub(super) folder: &'a Path,
    /// The name in the definition.
    pub(super) name: &'a str,
    /// The settings of the builder.
    pub(super) settings: &'a str,
}

impl Upkeep<'_> {
    /// Runs every check on the IDs of two packages, of which the channel uses the second. Afterwards both run.
    pub(super) fn run(&self, report: &mut Report, [old, used]: [&str; 2]) {
        report.check("ccs launch check finds the engine", || {
            let said = self.succeeds(&["check"], false)?;
            ensure!(said.contains(", API "), "it said {said}");
            Ok(())
        });
        report.check("where all is well, list shows both versions and reconcile does nothing", || {
            self.lists(&["running", "running"])?;
            self.says_nothing()
        });
        report.check("reconcile makes a removed container again, and the next transaction succeeds", || {
            self.engine.output(["rm", "--force", &containers(self.engine, used, "")?.concat()])?;
            self.lists(&["running", "gone"])?;
            let said = self.succeeds(&["reconcile"], true)?;
            ensure!(
                said.lines().count() == 1 && said.contains("the container was missing"),
                "it said {said}"
            );
            self.administrator.reads(self.name).context("the next transaction fails")?;
            self.says_nothing()
        });
        report.check("certificates are renewed while transactions run: one is tried again at most", || {
            let before = containers(self.engine, used, "")?;
            let renewing = || self.succeeds(&["reconcile", "--renew", "--package", used], true);
            let said = self.administrator.writes_while(self.name, renewing)?;
            ensure!(said.contains("a renewal was requested"), "it said {said}");
            let after = containers(self.engine, used, "")?;
            ensure!(after.len() == 1 && before != after, "{after:?} run");
            self.administrator.writes(self.name)?;
            self.says_nothing()
        });
        report.check("reconcile makes a connection.json that the peer has lost, and the peer dials", || {
            let build = used.replace(':', "-");
            let release = self.folder.join("production/externalbuilder/builds").join(build).join("release");
            fs::remove_dir_all(release.join("chaincode"))?;
            let said = self.succeeds(&["reconcile"], true)?;
            ensure!(said.contains("the connection.json that the peer reads differs"), "it said {said}");
            let connection = release.join("chaincode/server/connection.json");
            let mode = fs::metadata(&connection)?.permissions().mode() & 0o777;
            ensure!(mode == 0o600, "the mode of {} is {mode:o}", connection.display());
            self.administrator.reads_within(CHANGE, self.name)?;
            self.says_nothing()
        });
        report.check("reconcile applies changed settings", || {
            fs::write(self.file_of_settings(), self.settings.replace("512Mi", "640Mi"))?;
            let said = self.succeeds(&["reconcile", "--package", used], true)?;
            ensure!(said.contains("the settings have changed"), "it said {said}");
            let container = containers(self.engine, used, "")?.concat();
            let memory = self.engine.output(["inspect", "--format", "{{.HostConfig.Memory}}", &container])?;
            ensure!(memory.trim() == (640 << 20).to_string(), "the memory is {memory}");
            fs::write(self.file_of_settings(), self.settings)?;
            self.succeeds(&["reconcile"], true)?;
            self.administrator.reads_within(CHANGE, self.name)
        });
        report.check("gc lists nothing of what is used, removes the old version, and it comes back", || {
            self.collects(old)
        });
    }

    fn collects(&self, old: &str) -> Result<()> {
        let said = self.succeeds(&["gc", "--older-than", "0s"], true)?;
        ensure!(said == "nothing to delete\n", "it said {said}");
        let installed = self.administrator.run("lifecycle chaincode queryinstalled --output json")?.stdout;
        let file = self.folder.join("installed.json");
        fs::write(&file, installed)?;
        let file = file.to_string_lossy();
        let said = self.succeeds(&["gc", "--installed", &file, "--older-than", "0s", "--yes"], true)?;
        ensure!(said.matches("deleted: ").count() == 1 && said.contains("  container "), "it said {said}");
        ensure!(containers(self.engine, old, "")?.is_empty(), "the old version is there");
        self.says_nothing()?;
        self.administrator.reads(self.name)?;
        let said = self.succeeds(&["reconcile", "--package", old], true)?;
        ensure!(said.contains("the container was missing"), "it said {said}");
        self.lists(&["running", "running"])
    }

    fn lists(&self, states: &[&str]) -> Result<()> {
        let document: Value = serde_json::from_str(&self.succeeds(&["list", "--json"], true)?)?;
        let rows = document["chaincodes"].as_array().context("there is no list")?;
        let found: Vec<_> = rows.iter().filter_map(|row| row["state"].as_str()).collect();
        ensure!(found == states, "the states are {found:?} in {document}");
        ensure!(rows.iter().all(|row| row["recorded"] == true && row["platform"] == "docker"), "{document}");
        Ok(())
    }

    fn says_nothing(&self) -> Result<()> {
        let said = self.succeeds(&["reconcile"], true)?;
        ensure!(said.is_empty(), "it said {said}");
        Ok(())
    }

    fn file_of_settings(&self) -> PathBuf {
        self.folder.join("builder/launch.yaml")
    }

    /// Runs a command of `ccs launch`, which must succeed; returns what it prints.
    fn succeeds(&self, words: &[&str], with_builds: bool) -> Result<String> {
        let mut command = Command::new(workspace::target_folder().join("debug/ccs"));
        command.arg("launch").args(words).arg("--settings").arg(self.file_of_settings());
        if with_builds {
            command.arg("--builds").arg(self.folder.join("production/externalbuilder/builds"));
        }
        command.env("CORE_PEER_ID", "peer0.org1.example.com");
        if let Some(host) = self.engine.host() {
            command.env("DOCKER_HOST", host);
        }
        let Finished { status, stdout, stderr } = finish(&mut command, COMMAND)?;
        ensure!(status.success(), "{words:?} ended with {status}, and said {stdout}{stderr}");
        ensure!(!format!("{stdout}{stderr}").contains("PRIVATE KEY"), "{words:?} said a key");
        Ok(stdout)
    }
}
