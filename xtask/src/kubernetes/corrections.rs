//! Errors that `ccs launch reconcile` corrects, and the state if it cannot. Each check breaks the cluster or the build of the peer; the
//! peer's next transaction shows whether the chaincode still runs.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::PathBuf;

use anyhow::{Context, Error, Result, ensure};
use serde_json::Value;

use crate::fabric::served::Served;
use crate::processes::Finished;
use crate::report::Report;

use super::upkeep::{CHANGE, Upkeep};

/// The hosts of a machine that does not know the Services of the cluster.
const WITHOUT_SERVICES: &str = "/etc/hosts";

/// An end of certificates that is over.
const OVER: &str = "2020-01-01T00:00:00Z";

impl Upkeep<'_> {
    /// Runs every check on the package that the channel uses. Afterwards all is as before, with other certificates.
    pub(super) fn corrects(&self, report: &mut Report, used: &Served) {
        report.check(
            "a change to an image that cannot be pulled keeps what was ready, until it is undone",
            || self.keeps_what_was_ready(used),
        );
        report.check("a change whose dial fails keeps what is ready, and is done by the next look", || {
            self.keeps_what_it_cannot_dial(used)
        });
        report.check("certificates that have ended are renewed", || {
            let mut record = self.record(used)?;
            record["certificates_end"] = OVER.into();
            fs::write(self.build(used).join("bld/launch.json"), record.to_string())?;
            self.is_renewed(used, &format!("the certificates expire on {OVER}"))
        });
        report.check("a Deployment with other certificates than launch.json is renewed", || {
            let annotation =
                r#"{"spec":{"template":{"metadata":{"annotations":{"fabric-ccs/tls-checksum":"other"}}}}}"#;
            let deployment = self.deployment(used)?;
            self.cluster.expect(&["-n", self.namespace, "patch", &deployment, "-p", annotation])?;
            self.is_renewed(used, "the Deployment has other certificates than the build has recorded")
        });
        for (what, places) in [
            ("that the peer reads", &["release/chaincode/server"][..]),
            ("of the build", &["bld"]),
            ("of both", &["bld", "release/chaincode/server"]),
        ] {
            report.check(&format!("a connection.json {what} that is missing is made"), || {
                for place in places {
                    fs::remove_file(self.build(used).join(place).join("connection.json"))?;
                }
                self.is_renewed(
                    used,
                    "the connection.json that the peer reads differs from that of the build",
                )?;
                let owner = fs::metadata(self.build(used).join("bld"))?.uid();
                for place in ["bld", "release/chaincode/server"] {
                    let made = fs::metadata(self.build(used).join(place).join("connection.json"))?;
                    ensure!(
                        made.uid() == owner && made.permissions().mode() & 0o777 == 0o600,
                        "{place}: {made:?}"
                    );
                }
                Ok(())
            });
        }
    }

    /// Works with an addition to the settings, and removes the addition afterwards, also after a failure.
    fn with_settings(&self, addition: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
        fs::write(self.file_of_settings(), format!("{}{addition}", self.settings))?;
        let outcome = work();
        fs::write(self.file_of_settings(), self.settings)?;
        outcome
    }

    /// Changes the settings so that the next pod cannot have its image, and undoes that.
    fn keeps_what_was_ready(&self, used: &Served) -> Result<()> {
        let state = || Ok::<_, Error>((self.released(used)?, self.record(used)?, self.deployment_uid(used)?));
        let before = state()?;
        self.with_settings("images: {rewrite: {docker.io: 127.0.0.1:9}}\n", || {
            let words = ["reconcile", "--package", &used.id];
            let Finished { status, stderr, .. } =
                self.finish(&words, &["--builds"], &self.cluster.kubeconfig())?;
            ensure!(status.code() == Some(44), "ended with {status}, and said {stderr}");
            for part in ["connection refused", "was there before, and is not removed"] {
                ensure!(stderr.contains(part), "it said {stderr}, and not {part}");
            }
            ensure!(before == state()?, "something changed");
            self.administrator.reads(self.name).context("what was ready does not answer")
        })?;
        let said = self.succeeds(&["reconcile"], &["--builds"])?;
        let reason = "the Deployment has other settings than the build has recorded";
        ensure!(said.contains("applied deployment") && said.contains(reason), "it said {said}");
        ensure!(before == state()?, "something changed");
        self.administrator.reads_within(CHANGE, self.name)?;
        self.does_nothing()
    }

    /// Changes the settings from where the names of Services are not found.
    fn keeps_what_it_cannot_dial(&self, used: &Served) -> Result<()> {
        let before = (self.released(used)?, self.record(used)?);
        let rule = format!(
            "  - match: {{label: {}}}\n    pod: {{metadata: {{annotations: {{example.com/changed: \"1\"}}}}}}\n",
            used.label
        );
        self.with_settings(&rule, || {
            let elsewhere = Upkeep { hosts: PathBuf::from(WITHOUT_SERVICES), ..self.clone() };
            let Finished { status, stderr, .. } =
                elsewhere.finish(&["reconcile"], &["--builds"], &self.cluster.kubeconfig())?;
            ensure!(status.code() == Some(30), "ended with {status}, and said {stderr}");
            ensure!(stderr.contains("is ready, so nothing is removed"), "it said {stderr}");
            ensure!(before == (self.released(used)?, self.record(used)?), "something changed");
            self.administrator.reads_within(CHANGE, self.name)?;
            let said = self.succeeds(&["reconcile"], &["--builds"])?;
            ensure!(said.contains("the settings have changed"), "it said {said}");
            Ok(())
        })?;
        self.succeeds(&["reconcile"], &["--builds"])?;
        self.administrator.reads_within(CHANGE, self.name)?;
        self.does_nothing()
    }

    /// Checks that the next look renews for a reason, and that the peer dials with what it has then.
    fn is_renewed(&self, used: &Served, reason: &str) -> Result<()> {
        let before = self.record(used)?;
        let said = self.succeeds(&["reconcile"], &["--builds"])?;
        ensure!(
            said.contains("renewed deployment") && said.contains(reason),
            "it said {said}, and not {reason}"
        );
        ensure!(said.lines().count() == 1, "not one line: {said}");
        let (connection, record) = (self.released(used)?, self.record(used)?);
        ensure!(record["checksum"] != before["checksum"], "the certificates are the same");
        let cas = connection["root_cert"].as_str().unwrap_or_default().matches("BEGIN CERTIFICATE").count();
        ensure!(cas == 1, "the peer trusts {cas} CAs");
        self.administrator.reads_within(CHANGE, self.name)?;
        self.does_nothing()
    }

    fn record(&self, package: &Served) -> Result<Value> {
        Ok(serde_json::from_slice(&fs::read(self.build(package).join("bld/launch.json"))?)?)
    }

    fn deployment(&self, package: &Served) -> Result<String> {
        let objects = self.objects(package)?;
        objects.into_iter().find(|name| name.starts_with("deployment")).context("there is no Deployment")
    }

    fn deployment_uid(&self, package: &Served) -> Result<String> {
        let name = self.deployment(package)?;
        self.cluster.expect(&["-n", self.namespace, "get", &name, "-o", "jsonpath={.metadata.uid}"])
    }
}
