//! A builder's folder with a built package, and the launcher as a peer calls it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use xtask_base::processes::{Running, logged};

use super::Stage;

/// How long a launch may take to end when it cannot succeed.
const END: Duration = Duration::from_mins(2);

/// How long a launch may take to run.
const START: Duration = Duration::from_secs(30);

/// The hash of every package here; no peer compares it.
const HASH: &str = "cffa266294278404e5071cb91150d550dc0bf855149908a170b1169d6160004b";

/// A builder's folder with a built package.
pub(super) struct Site {
    folder: TempDir,
    label: String,
    namespace: String,
    kubeconfig: PathBuf,
    /// Further variables for the launcher.
    pub(super) variables: Vec<(&'static str, String)>,
}

/// A launch that goes on.
pub(super) struct Launch {
    running: Running,
    log: PathBuf,
    start: Instant,
}

impl Site {
    /// Makes a builder with these settings for a namespace, and a built package with an image.
    pub(super) fn new(
        stage: &Stage,
        (namespace, label): (&str, &str),
        settings: &str,
        image: &str,
    ) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("launch-").tempdir()?;
        for name in ["bin", "bld"] {
            fs::create_dir(folder.path().join(name))?;
        }
        symlink(stage.builder.with_file_name("ccs-launcher"), folder.path().join("bin/run"))?;
        fs::write(folder.path().join("launch.yaml"), settings)?;
        fs::write(folder.path().join("bld/metadata.json"), format!(r#"{{"type":"k8s","label":"{label}"}}"#))?;
        fs::write(folder.path().join("bld/image.json"), image)?;
        Ok(Self {
            folder,
            label: label.to_owned(),
            namespace: namespace.to_owned(),
            kubeconfig: stage.cluster.kubeconfig(),
            variables: Vec::new(),
        })
    }

    /// Signs in as a user other than the administrator.
    pub(super) fn with_kubeconfig(mut self, kubeconfig: PathBuf) -> Self {
        self.kubeconfig = kubeconfig;
        self
    }

    /// Calls `run`; the name is that of the folder which the peer makes for each call.
    pub(super) fn launch(&self, name: &str) -> Result<Launch> {
        let folder = self.folder.path().join(name);
        fs::create_dir(&folder)?;
        let chaincode = serde_json::json!({
            "chaincode_id": format!("{}:{HASH}", self.label),
            "peer_address": "10.87.0.1:7052",
            "client_cert": "CERTIFICATE",
            "client_key": "KEY",
            "root_cert": "ROOT",
            "mspid": "Org1MSP",
        });
        fs::write(folder.join("chaincode.json"), chaincode.to_string())?;
        let mut command = Command::new(self.folder.path().join("bin/run"));
        command.arg(self.folder.path().join("bld")).arg(&folder).env_clear();
        command.env("CORE_PEER_ID", "peer0").env("KUBECONFIG_PATH", &self.kubeconfig);
        command.env("FABRIC_K8S_BUILDER_NAMESPACE", &self.namespace);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        let log = self.folder.path().join(format!("{name}.log"));
        Ok(Launch { running: Running::start(&mut command, &log)?, log, start: Instant::now() })
    }

    /// Calls `run`, which must end with a code and say a text; returns everything that it says.
    pub(super) fn fails(&self, code: i32, text: &str) -> Result<String> {
        let mut launch = self.launch("meta")?;
        let status = launch.running.ended(END).with_context(|| launch.said())?;
        let said = launch.said();
        ensure!(status.code() == Some(code), "ended with {status}, not {code}, and said {said}");
        ensure!(said.contains(text), "did not say {text}, but {said}");
        ensure!(!said.contains("KEY"), "said the key: {said}");
        println!("        {}: {code} after {:.1} s", self.label, launch.start.elapsed().as_secs_f64());
        Ok(said)
    }
}

impl Launch {
    /// Waits until the launcher says a text.
    pub(super) fn says(&self, text: &str) -> Result<()> {
        logged(&self.log, text, 1, START).with_context(|| self.said())
    }

    /// Returns everything that the launcher has said.
    pub(super) fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits until the launcher ends by itself.
    pub(super) fn ends(&mut self) -> Result<ExitStatus> {
        self.running.ended(END)
    }

    /// Sends SIGTERM, and waits for the end; returns how long it took.
    pub(super) fn stop(self) -> Result<Duration> {
        let start = Instant::now();
        let said = self.log.clone();
        let status = self.running.terminate(END)?;
        let said = fs::read_to_string(said).unwrap_or_default();
        ensure!(status.success(), "ended with {status} after SIGTERM, and said {said}");
        Ok(start.elapsed())
    }
}
