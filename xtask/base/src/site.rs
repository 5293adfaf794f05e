//! A builder's folder with a built package, and calls of the launcher, as on a peer.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::processes::{Running, logged};

/// The time limit for a launch that cannot succeed.
const END: Duration = Duration::from_mins(2);

/// The time limit for a launch to print a text.
const SAID: Duration = Duration::from_secs(30);

/// The hash of every package here; peers do not compare it.
pub const HASH: &str = "cffa266294278404e5071cb91150d550dc0bf855149908a170b1169d6160004b";

/// A builder's folder with a built package.
pub struct Site {
    folder: TempDir,
    label: String,
    peer_address: String,
    variables: Vec<(String, String)>,
}

/// A running launch.
pub struct Launch {
    running: Running,
    log: PathBuf,
    start: Instant,
}

impl Site {
    /// Makes a builder with these settings, and a built package with an image.
    pub fn new(
        launcher: &Path,
        (label, image): (&str, &str),
        settings: &str,
        peer_address: &str,
    ) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("launch-").tempdir()?;
        for name in ["bin", "bld"] {
            fs::create_dir(folder.path().join(name))?;
        }
        symlink(launcher, folder.path().join("bin/run"))?;
        fs::write(folder.path().join("launch.yaml"), settings)?;
        fs::write(folder.path().join("bld/metadata.json"), format!(r#"{{"type":"k8s","label":"{label}"}}"#))?;
        fs::write(folder.path().join("bld/image.json"), image)?;
        let variables = vec![("CORE_PEER_ID".to_owned(), "peer0".to_owned())];
        Ok(Self { folder, label: label.to_owned(), peer_address: peer_address.to_owned(), variables })
    }

    /// Adds a variable for the launcher; a later one overrides an earlier one of the same name.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Returns the label of the package.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Calls `run`; `name` is the name of the folder that the peer makes for each call.
    pub fn launch(&self, name: &str) -> Result<Launch> {
        let folder = self.folder.path().join(name);
        fs::create_dir(&folder)?;
        let chaincode = serde_json::json!({
            "chaincode_id": format!("{}:{HASH}", self.label),
            "peer_address": self.peer_address,
            "client_cert": "CERTIFICATE",
            "client_key": "KEY",
            "root_cert": "ROOT",
            "mspid": "Org1MSP",
        });
        fs::write(folder.join("chaincode.json"), chaincode.to_string())?;
        let mut command = Command::new(self.folder.path().join("bin/run"));
        command.arg(self.folder.path().join("bld")).arg(&folder).env_clear();
        command.envs(self.variables.iter().cloned());
        let log = self.folder.path().join(format!("{name}.log"));
        Ok(Launch { running: Running::start(&mut command, &log)?, log, start: Instant::now() })
    }

    /// Calls `run`, which must exit with a code and print a text; returns its messages.
    pub fn fails(&self, code: i32, text: &str) -> Result<String> {
        let mut launch = self.launch("meta")?;
        let status = launch.ends().with_context(|| launch.said())?;
        let said = launch.said();
        ensure!(status.code() == Some(code), "ended with {status}, not {code}, and said {said}");
        ensure!(said.contains(text), "did not say {text}, but {said}");
        ensure!(!said.contains("KEY"), "said the key: {said}");
        println!("        {}: {code} after {:.1} s", self.label, launch.start.elapsed().as_secs_f64());
        Ok(said)
    }
}

impl Launch {
    /// Waits until the launcher prints a text.
    pub fn says(&self, text: &str) -> Result<()> {
        logged(&self.log, text, 1, SAID).with_context(|| self.said())
    }

    /// Returns the messages of the launcher so far.
    #[must_use]
    pub fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits until the launcher exits.
    pub fn ends(&mut self) -> Result<ExitStatus> {
        self.running.ended(END)
    }

    /// Sends SIGTERM and waits for a successful exit; returns how long it took.
    pub fn stop(self) -> Result<Duration> {
        let start = Instant::now();
        let status = self.running.terminate(END)?;
        let (time, said) = (start.elapsed(), fs::read_to_string(&self.log).unwrap_or_default());
        ensure!(status.success(), "ended with {status} after SIGTERM, and said {said}");
        Ok(time)
    }
}
