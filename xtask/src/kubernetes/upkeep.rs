//! `ccs launch` next to a Fabric peer, for chaincode that the peer dials.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use xtask_kubernetes::cluster::Cluster;
use xtask_kubernetes::names::with_names;

use crate::fabric::administrator::Administrator;
use crate::fabric::served::Served;
use crate::processes::{Finished, Running, finish, logged, wait_until};
use crate::report::Report;
use crate::workspace;

/// How long one command may take.
const COMMAND: Duration = Duration::from_mins(3);

/// How long a change may take until it is seen.
pub(super) const CHANGE: Duration = Duration::from_secs(40);

/// One peer, its builds and its cluster.
#[derive(Clone)]
pub(super) struct Upkeep<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) administrator: &'a Administrator<'a>,
    /// The folder of the network, with the builder and the peer's files.
    pub(super) folder: &'a Path,
    /// What stands for /etc/hosts.
    pub(super) hosts: PathBuf,
    /// The namespace of the chaincode.
    pub(super) namespace: &'a str,
    /// The name in the definition.
    pub(super) name: &'a str,
    /// The settings of the builder.
    pub(super) settings: &'a str,
}

impl Upkeep<'_> {
    /// Runs every check; the second package is the one that the channel uses. Afterwards all is as before.
    pub(super) fn run(&self, report: &mut Report, [old, used]: [&Served; 2]) {
        report.check("ccs launch render prints what kubectl takes", || self.renders(used));
        report.check(
            "ccs launch check names a missing right, and finds nothing with the documented Role",
            || self.names_a_right(),
        );
        report
            .check("ccs launch list shows both versions, which run", || self.lists(&["running", "running"]));
        report.check("where all is well, reconcile does nothing", || self.does_nothing());
        report.check(
            "reconcile makes a deleted Deployment and Secret again, and a transaction succeeds",
            || self.makes_again(used),
        );
        report.check("certificates are renewed while transactions run: one is tried again at most", || {
            self.renews(used)
        });
        report.check("reconcile applies changed settings, and the certificates stay", || self.applies(used));
        self.corrects(report, used);
        report.check("with --every, reconcile makes a deleted Service again, until SIGTERM", || {
            self.goes_on(used)
        });
        report.check("gc lists nothing of what is used, and removes the old version", || self.collects(old));
        report.check("reconcile brings back what gc has removed when it is named", || self.brings_back(old));
    }

    /// Checks that a chaincode which dials is listed as one that runs, and is left alone.
    pub(super) fn shows_a_launch(&self) -> Result<()> {
        let is_fine =
            |row: &Value| row["role"] == "client" && row["state"] == "running" && row["recorded"] == true;
        // It answers before the node has told that its container runs.
        let is_listed = || {
            let listed = self.succeeds(&["list", "--json"], &["--builds"])?;
            let document: Value = serde_json::from_str(&listed)?;
            let rows = document["chaincodes"].as_array().context("there is no list")?;
            Ok(rows.len() == 1 && rows.iter().all(is_fine))
        };
        wait_until(CHANGE, is_listed).context("it is not listed as a client that runs")?;
        let said = self.succeeds(&["gc", "--older-than", "0s"], &["--builds"])?;
        ensure!(said == "nothing to delete\n", "it said {said}");
        Ok(())
    }

    fn renders(&self, used: &Served) -> Result<()> {
        let manifests = self.succeeds(&["render", &used.file.to_string_lossy()], &[])?;
        let file = self.folder.join("manifests.yaml");
        fs::write(&file, manifests)?;
        let applied = self.cluster.expect(&[
            "apply",
            "--dry-run=server",
            "--server-side",
            "--force-conflicts",
            "-f",
            &file.to_string_lossy(),
        ])?;
        ensure!(applied.lines().count() == 3, "kubectl said {applied}");
        Ok(())
    }

    fn names_a_right(&self) -> Result<()> {
        let nobody = self.cluster.account(self.namespace, "default")?;
        let Finished { status, stdout, .. } = self.finish(&["check"], &[], &nobody)?;
        ensure!(status.code() == Some(42), "ended with {status}, and said {stdout}");
        let rule = r#"{apiGroups: ["apps"], resources: ["deployments"], verbs: ["create", "get", "list", "watch", "patch"]}"#;
        ensure!(stdout.contains(rule), "does not name the rule {rule}, but {stdout}");
        let full = self.cluster.account("free", "full")?;
        let mut command = self.command(&["check"], &[], &full);
        command.env("FABRIC_K8S_BUILDER_NAMESPACE", "free");
        let Finished { status, stdout, .. } = finish(&mut command, COMMAND)?;
        ensure!(status.success() && !stdout.contains("optional "), "ended with {status}, and said {stdout}");
        Ok(())
    }

    fn lists(&self, states: &[&str]) -> Result<()> {
        let listed = self.succeeds(&["list", "--json"], &["--builds"])?;
        let document: Value = serde_json::from_str(&listed)?;
        let rows = document["chaincodes"].as_array().context("there is no list")?;
        let found: Vec<_> = rows.iter().filter_map(|row| row["state"].as_str()).collect();
        ensure!(found == states, "the states are {found:?} in {document}");
        for row in rows {
            let ends = row["certificates_end"].as_str().is_some_and(|end| end.starts_with("20"));
            ensure!(row["recorded"] == true && ends, "a row is {row}");
        }
        let text = self.succeeds(&["list"], &["--builds"])?;
        ensure!(text.contains("WORKLOAD") && text.contains("running"), "the table is {text}");
        Ok(())
    }

    pub(super) fn does_nothing(&self) -> Result<()> {
        let said = self.succeeds(&["reconcile"], &["--builds"])?;
        ensure!(said.is_empty(), "it said {said}");
        Ok(())
    }

    fn makes_again(&self, used: &Served) -> Result<()> {
        self.delete("deployment,secret", used)?;
        let gone = self.succeeds(&["list"], &["--builds"])?;
        ensure!(gone.contains("gone"), "the list says {gone}");
        let said = self.succeeds(&["reconcile"], &["--builds"])?;
        ensure!(said.lines().count() == 1, "not one line: {said}");
        for reason in ["renewed deployment", "the Secret was missing", "the Deployment was missing"] {
            ensure!(said.contains(reason), "it said {said}, and not {reason}");
        }
        self.administrator.reads(self.name).context("the next transaction fails")?;
        self.does_nothing()
    }

    /// Renews while transactions run one after the other.
    fn renews(&self, used: &Served) -> Result<()> {
        let before = self.released(used)?;
        let renewing = || self.succeeds(&["reconcile", "--renew", "--package", &used.id], &["--builds"]);
        let said = self.administrator.writes_while(self.name, renewing)?;
        ensure!(
            said.contains("renewed deployment") && said.contains("a renewal was requested"),
            "it said {said}"
        );
        let after = self.released(used)?;
        ensure!(before["root_cert"] != after["root_cert"], "the CA is the same");
        ensure!(before["client_key"] != after["client_key"], "the key of the peer is the same");
        let cas = after["root_cert"].as_str().unwrap_or_default().matches("BEGIN CERTIFICATE").count();
        ensure!(cas == 1, "the peer trusts {cas} CAs");
        self.administrator.writes(self.name)?;
        // A peer that dials anew uses the new certificate of its own.
        self.cluster.expect(&["-n", self.namespace, "delete", "pod", "--all", "--timeout=40s"])?;
        self.administrator.reads_within(CHANGE, self.name)?;
        self.does_nothing()
    }

    fn applies(&self, used: &Served) -> Result<()> {
        let before = self.released(used)?;
        let changed = format!(
            "{}  - match: {{label: {}}}\n    pod: {{metadata: {{annotations: {{example.com/changed: \"yes\"}}}}}}\n",
            self.settings, used.label
        );
        fs::write(self.file_of_settings(), changed)?;
        let said = self.succeeds(&["reconcile"], &["--builds"])?;
        ensure!(
            said.contains("applied deployment") && said.contains("the settings have changed"),
            "it said {said}"
        );
        ensure!(said.lines().count() == 1, "not one line: {said}");
        let label = format!("chaincode={}", used.label);
        let path = r"jsonpath={.items[*].spec.template.metadata.annotations.example\.com/changed}";
        let found =
            self.cluster.expect(&["-n", self.namespace, "get", "deployment", "-l", &label, "-o", path])?;
        ensure!(found == "yes", "the annotation is {found:?}");
        ensure!(self.released(used)? == before, "the connection has changed");
        self.administrator.reads_within(CHANGE, self.name)?;
        self.does_nothing()?;
        fs::write(self.file_of_settings(), self.settings)?;
        self.succeeds(&["reconcile"], &["--builds"])?;
        self.administrator.reads_within(CHANGE, self.name)
    }

    fn goes_on(&self, used: &Served) -> Result<()> {
        let log = self.folder.join("reconcile.log");
        let mut command =
            self.command(&["reconcile", "--every", "1s"], &["--builds"], &self.cluster.kubeconfig());
        let running = Running::start(&mut command, &log)?;
        logged(&log, "maintains ", 1, CHANGE)?;
        self.delete("service", used)?;
        logged(&log, "the Service was missing", 1, CHANGE)?;
        logged(&log, "checks again in 1s", 1, CHANGE)?;
        let status = running.terminate(CHANGE)?;
        ensure!(status.success(), "ended with {status}, and said {}", fs::read_to_string(&log)?);
        // The Service has another address now.
        self.administrator.reads_within(CHANGE, self.name)
    }

    fn collects(&self, old: &Served) -> Result<()> {
        self.keeps_what_a_wrong_folder_does_not_know(old)?;
        let said = self.succeeds(&["gc", "--older-than", "0s"], &["--builds"])?;
        ensure!(said == "nothing to delete\n", "it said {said}");
        let installed = self.administrator.run("lifecycle chaincode queryinstalled --output json")?.stdout;
        let file = self.folder.join("installed.json");
        fs::write(&file, installed)?;
        let file = file.to_string_lossy();
        let young = self.succeeds(&["gc", "--installed", &file], &["--builds"])?;
        ensure!(young == "nothing to delete\n", "it said {young}");
        let arguments = ["gc", "--installed", &file, "--older-than", "0s"];
        let listed = self.succeeds(&arguments, &["--builds"])?;
        ensure!(
            listed.contains(&old.label) && listed.matches("can be deleted").count() == 1,
            "it said {listed}"
        );
        for kind in ["deployment", "service", "secret"] {
            ensure!(listed.contains(&format!("  {kind} ccs-")), "{kind} is missing in {listed}");
        }
        ensure!(listed.find("  secret ") < listed.find("  service "), "the Service goes first: {listed}");
        ensure!(self.objects(old)?.len() == 3, "a list has removed something");
        let deleted = self.succeeds(&[&arguments[..], &["--yes"]].concat(), &["--builds"])?;
        ensure!(deleted.contains("deleted: "), "it said {deleted}");
        wait_until(CHANGE, || Ok(self.objects(old)?.is_empty())).context("something is left")?;
        self.does_nothing()?;
        self.administrator.reads(self.name)
    }

    /// Checks that a folder without builds deletes nothing, and that what was applied lately stays.
    fn keeps_what_a_wrong_folder_does_not_know(&self, old: &Served) -> Result<()> {
        let empty = self.folder.join("no-peer/externalbuilder/builds");
        fs::create_dir_all(&empty)?;
        let empty = empty.to_string_lossy();
        let young = self.succeeds(&["gc", "--builds", &empty, "--yes"], &[])?;
        ensure!(young == "nothing to delete\n", "it said {young}");
        let arguments = ["gc", "--builds", &empty, "--older-than", "0s", "--yes"];
        let Finished { status, stderr, .. } = self.finish(&arguments, &[], &self.cluster.kubeconfig())?;
        ensure!(status.code() == Some(64), "ended with {status}, and said {stderr}");
        ensure!(stderr.contains("holds no build"), "it said {stderr}");
        ensure!(self.objects(old)?.len() == 3, "something was deleted");
        let label = format!("chaincode={}", old.label);
        let path = r"jsonpath={.items[*].metadata.annotations.fabric-ccs/applied}";
        let kinds = "deployments,services";
        let found = self.cluster.expect(&["-n", self.namespace, "get", kinds, "-l", &label, "-o", path])?;
        ensure!(found.split_whitespace().count() == 2, "they were applied at {found:?}");
        Ok(())
    }

    fn brings_back(&self, old: &Served) -> Result<()> {
        let said = self.succeeds(&["reconcile", "--package", &old.id], &["--builds"])?;
        ensure!(said.contains("the Deployment was missing"), "it said {said}");
        ensure!(self.objects(old)?.len() == 3, "not all of it is there");
        self.lists(&["running", "running"])
    }

    pub(super) fn file_of_settings(&self) -> PathBuf {
        self.folder.join("builder/launch.yaml")
    }

    /// Returns a command of `ccs launch`, with an account; the options that need the builds get them.
    fn command(&self, words: &[&str], with_builds: &[&str], kubeconfig: &Path) -> Command {
        let mut command = Command::new(workspace::target_folder().join("debug/ccs"));
        command.arg("launch").args(words).arg("--settings").arg(self.file_of_settings());
        for option in with_builds {
            command.arg(option).arg(self.folder.join("production/externalbuilder/builds"));
        }
        command.env("CORE_PEER_ID", "peer0.org1.example.com").env("KUBECONFIG_PATH", kubeconfig);
        command.env("FABRIC_K8S_BUILDER_NAMESPACE", self.namespace);
        with_names(&command, &self.hosts)
    }

    pub(super) fn finish(&self, words: &[&str], with_builds: &[&str], kubeconfig: &Path) -> Result<Finished> {
        finish(&mut self.command(words, with_builds, kubeconfig), COMMAND)
    }

    /// Runs a command as the administrator of the cluster, which must succeed; returns what it prints.
    pub(super) fn succeeds(&self, words: &[&str], with_builds: &[&str]) -> Result<String> {
        let Finished { status, stdout, stderr } =
            self.finish(words, with_builds, &self.cluster.kubeconfig())?;
        ensure!(status.success(), "{words:?} ended with {status}, and said {stdout}{stderr}");
        ensure!(!format!("{stdout}{stderr}").contains("PRIVATE KEY"), "{words:?} said a key");
        Ok(stdout)
    }

    fn delete(&self, kinds: &str, package: &Served) -> Result<()> {
        let label = format!("chaincode={}", package.label);
        self.cluster.expect(&["-n", self.namespace, "delete", kinds, "-l", &label, "--timeout=40s"])?;
        if kinds.contains("deployment") {
            let pods = || {
                let pods = self.cluster.expect(&[
                    "-n",
                    self.namespace,
                    "get",
                    "pods",
                    "-l",
                    &label,
                    "-o",
                    "name",
                ])?;
                Ok(pods.trim().is_empty())
            };
            wait_until(CHANGE, pods).context("its pod stays")?;
        }
        Ok(())
    }

    /// Returns the objects of a package.
    pub(super) fn objects(&self, package: &Served) -> Result<Vec<String>> {
        let label = format!("chaincode={}", package.label);
        let kinds = "deployments,services,secrets";
        let found = self.cluster.expect(&["-n", self.namespace, "get", kinds, "-l", &label, "-o", "name"])?;
        Ok(found.split_whitespace().map(str::to_owned).collect())
    }

    /// Returns the folder in which the peer keeps a build and its release.
    pub(super) fn build(&self, package: &Served) -> PathBuf {
        self.folder.join("production/externalbuilder/builds").join(package.id.replace(':', "-"))
    }

    /// Returns the connection.json for the peer, which only the peer may read.
    pub(super) fn released(&self, package: &Served) -> Result<Value> {
        let build = self.build(package);
        let file = build.join("release/chaincode/server/connection.json");
        let mode = fs::metadata(&file)?.permissions().mode() & 0o777;
        ensure!(mode == 0o600, "the mode of {} is {mode:o}", file.display());
        let content = fs::read(&file)?;
        ensure!(content == fs::read(build.join("bld/connection.json"))?, "build and release differ");
        Ok(serde_json::from_slice(&content)?)
    }
}
