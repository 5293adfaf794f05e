//! The engine: the Docker engine that answers, or one of our own that ends with the test.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::geteuid;
use xtask_base::{toolchain, workspace};

use crate::bridge::{self, Bridge};
use crate::daemon::{Daemon, Program};

/// A Docker engine, or podman, and Docker's client, which speaks to either.
pub struct Engine {
    client: PathBuf,
    host: Option<String>,
    /// Dropped last, so that the engine stops when it is no longer needed.
    daemon: Option<Daemon>,
    /// Dropped after the engine that uses it.
    _bridge: Option<Bridge>,
}

impl Engine {
    /// Finds a running engine or starts one; otherwise returns why there is none.
    pub fn find_or_start() -> Result<Result<Self, &'static str>> {
        let Some(client) = client() else { return Ok(Err("docker is not installed")) };
        let named = std::env::var("DOCKER_HOST").ok().filter(|host| !host.is_empty());
        let found = Self { client, host: named, daemon: None, _bridge: None };
        if found.answers() {
            return Ok(Ok(found));
        }
        if !geteuid().is_root() || !toolchain::has("dockerd", "--version") {
            return Ok(Err("no Docker engine answers, and none can be started by this user"));
        }
        found.own(Daemon::start::<&str>(Program::Docker, &[])?, None).map(Ok)
    }

    /// Starts a second engine with further options; otherwise returns why this is impossible. It has its own bridge, and does not
    /// change the firewall.
    pub fn start_beside(&self, options: &[&str]) -> Result<Result<Self, &'static str>> {
        if !geteuid().is_root() || !toolchain::has("dockerd", "--version") {
            return Ok(Err("a Docker engine cannot be started by this user"));
        }
        let bridge = Bridge::make()?;
        let apart = ["--bridge", bridge::NAME, "--iptables=false", "--ip-masq=false"];
        self.own(Daemon::start(Program::Docker, &[&apart, options].concat())?, Some(bridge)).map(Ok)
    }

    /// Starts podman with its own folders; otherwise returns why this is impossible.
    pub fn podman() -> Result<Result<Self, &'static str>> {
        let Some(client) = client() else { return Ok(Err("docker is not installed")) };
        if !toolchain::has("podman", "--version") {
            return Ok(Err("podman is not installed"));
        }
        if !geteuid().is_root() {
            return Ok(Err("the networks of podman need root"));
        }
        let none = Self { client, host: None, daemon: None, _bridge: None };
        none.own(Daemon::start::<&str>(Program::Podman, &[])?, None).map(Ok)
    }

    /// Tells whether it is podman.
    #[must_use]
    pub fn is_podman(&self) -> bool {
        self.daemon.as_ref().is_some_and(|daemon| daemon.program() == Program::Podman)
    }

    /// Waits until a daemon answers the same client.
    fn own(&self, daemon: Daemon, bridge: Option<Bridge>) -> Result<Self> {
        let (client, host) = (self.client.clone(), Some(daemon.host()));
        let mut own = Self { client, host, daemon: Some(daemon), _bridge: bridge };
        own.wait()?;
        Ok(own)
    }

    /// Returns where the engine listens, where that is not the client's own choice.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// The client's program.
    #[must_use]
    pub fn client(&self) -> &Path {
        &self.client
    }

    /// Prepares a command of the client.
    #[must_use]
    pub fn docker<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(&self.client);
        command.args(arguments);
        self.direct(&mut command);
        command
    }

    /// Sets the client's variables, so that a program uses this engine.
    pub fn direct<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        if let Some(host) = &self.host {
            command.env("DOCKER_HOST", host).env_remove("DOCKER_CONTEXT");
        }
        command.stdin(Stdio::null())
    }

    /// Runs a command of the client and returns its output; an error contains its messages.
    pub fn output<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Result<String> {
        output(&mut self.docker(arguments))
    }

    fn answers(&self) -> bool {
        let mut version = self.docker(["version"]);
        version.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    }

    fn wait(&mut self) -> Result<()> {
        let start = Instant::now();
        while !self.answers() {
            if let Some(daemon) = &mut self.daemon {
                daemon.check(start)?;
            }
            sleep(Duration::from_millis(100));
        }
        Ok(())
    }
}

/// Finds a client that can use both of the engine's builders; one that has just one of them is better than none.
fn client() -> Option<PathBuf> {
    let mut candidates = vec![toolchain::find("docker")?, PathBuf::from("/usr/bin/docker")];
    candidates.retain(|client| client.is_file());
    candidates.iter().find(|client| has_buildkit(client)).or(candidates.first()).cloned()
}

/// Tells whether `docker build` speaks to BuildKit: from release 23 on it needs the component buildx.
#[must_use]
pub fn has_buildkit(client: &Path) -> bool {
    let mut help = Command::new(client);
    help.args(["build", "--help"]).env("DOCKER_BUILDKIT", "1");
    output(&mut help).is_ok()
}

/// Runs a command and returns its output; an error contains its messages.
pub fn output(command: &mut Command) -> Result<String> {
    let shown = workspace::shown(command);
    let output = command.output().with_context(|| format!("cannot start {shown}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if !output.status.success() {
        let said = text(&output.stdout) + &text(&output.stderr);
        bail!("{shown} ended with {}:\n{}", output.status, last_lines(&said, 30));
    }
    Ok(text(&output.stdout))
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}
