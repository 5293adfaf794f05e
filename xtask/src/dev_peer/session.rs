//! A peer with its chaincode, for one run of the transcript.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result};
use ccs_identity::{Organization, OrganizationPlan};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use wait_timeout::ChildExt as _;

use super::programs::{self, Language, Variable, in_folder};
use super::servers::{Link, Server, contract};
use crate::processes::{self, Running, free_address, lines_of, listening};
use crate::workspace;

/// The chaincode names under which the contract is defined.
const NAMES: [&str; 3] = ["everything", "another", "strict"];

/// The time limit until the peer is ready.
const UNTIL_IT_IS_READY: Duration = Duration::from_mins(1);

/// The time limit for the peer to exit.
const UNTIL_IT_ENDS: Duration = Duration::from_secs(20);

/// The side that dials, and the security of the connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The peer dials the chaincode.
    Server,
    /// The peer dials over mutual TLS, with a package that the builder has released.
    MutualTls,
    /// The chaincode dials the peer.
    Client,
    /// The chaincode dials over TLS, with the certificate that the peer has issued for it.
    ClientTls,
}

impl Role {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::MutualTls => "mutual-tls",
            Self::Client => "client",
            Self::ClientTls => "client-tls",
        }
    }
}

/// A running peer with its contracts; dropping it stops all of them.
pub(crate) struct Session {
    folder: TempDir,
    peer: Child,
    contracts: Vec<Running>,
    endpoint: String,
}

impl Session {
    /// Starts the peer with the contract under every name, and waits until all are ready.
    pub(crate) fn start(language: Language, role: Role) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("dev-peer-").tempdir()?;
        let mut contracts = Vec::new();
        let mut command = peer(folder.path());
        command
            .arg("--collections")
            .arg(programs::folder().join("collections.json"))
            .args(["--channel", "mychannel", "--channel", "other", "--init-required", "strict"])
            .args(["--execute-timeout", "5s"]);
        if role == Role::ClientTls {
            command.arg("--chaincode-tls");
        }
        let log = contracts_log(folder.path());
        for name in NAMES {
            match role {
                Role::Client | Role::ClientTls => {
                    command.args(["--chaincode", name]);
                }
                Role::Server => {
                    let address = free_address()?;
                    command.args(["--chaincode", &format!("{name}={address}")]);
                    let variables = language.server(&format!("{name}:1.0"), &address);
                    contracts.push(contract(language, &variables, &[], &log)?);
                    listening(&address)?;
                }
                Role::MutualTls => {
                    let label = format!("{name}_1.0");
                    let server = Server::make(folder.path(), language, &label, Link::MutualTls)?;
                    command.arg(format!("{name}={}", server.package.display()));
                    contracts.push(server.start(&log)?);
                }
            }
        }
        make_stranger(&folder.path().join("organizations"))?;
        let (peer, documents) = begin(command, folder.path())?;
        let mut session = Self { folder, peer, contracts, endpoint: String::new() };
        let (endpoint, chaincode_endpoint) = ready(&documents)?;
        session.endpoint = endpoint;
        if matches!(role, Role::Client | Role::ClientTls) {
            for name in NAMES {
                let variables = match role {
                    Role::ClientTls => session.files_of(name)?,
                    _ => language.client(&format!("{name}:1.0")),
                };
                let arguments = [language.words().1.to_owned(), chaincode_endpoint.clone()];
                session.contracts.push(contract(language, &variables, &arguments, &log)?);
            }
        }
        Ok(session)
    }

    /// Starts a peer that runs the Node.js sample itself.
    pub(super) fn of_sample() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("dev-peer-").tempdir()?;
        let mut command = peer(folder.path());
        command
            .args(["--run", "npm start"])
            .current_dir(workspace::root().join("samples/asset-transfer-node"));
        let (peer, documents) = begin(command, folder.path())?;
        let mut session = Self { folder, peer, contracts: Vec::new(), endpoint: String::new() };
        (session.endpoint, _) = ready(&documents)?;
        Ok(session)
    }

    /// Starts a peer without chaincode that stores packages and definitions on disk.
    pub(crate) fn without_chaincode() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("dev-peer-").tempdir()?;
        let (peer, endpoint) = keeping_peer(folder.path())?;
        Ok(Self { folder, peer, contracts: Vec::new(), endpoint })
    }

    /// Kills a peer that stores its state, and restarts it; the contracts keep running.
    pub(crate) fn start_again(&mut self) -> Result<()> {
        self.stop_peer(Signal::KILL);
        (self.peer, self.endpoint) = keeping_peer(self.folder.path())?;
        Ok(())
    }

    fn stop_peer(&mut self, signal: Signal) {
        // A peer that has exited needs no signal.
        let _ = kill_process(Pid::from_child(&self.peer), signal);
        if !matches!(self.peer.wait_timeout(UNTIL_IT_ENDS), Ok(Some(_))) {
            let _ = self.peer.kill();
            let _ = self.peer.wait();
        }
    }

    /// Starts a contract as a server, and returns the package with which a peer dials it.
    pub(super) fn serve(&mut self, language: Language, label: &str) -> Result<PathBuf> {
        let server = Server::make(self.folder.path(), language, label, Link::Plaintext)?;
        self.contracts.push(server.start(&contracts_log(self.folder.path()))?);
        Ok(server.package)
    }

    /// Returns the variables in the file that the peer has written for a chaincode, as parsed by a shell.
    fn files_of(&self, name: &str) -> Result<Vec<Variable>> {
        let file = self.organizations().join("chaincode").join(name).join("env.sh");
        let mut shell = Command::new("sh");
        shell.args(["-c", ". \"$0\"; env"]).arg(&file).env_clear().stdin(Stdio::null());
        let output = shell.output().context("cannot start sh")?;
        let text = String::from_utf8(output.stdout)?;
        let variables = text.lines().filter_map(|line| line.split_once('='));
        let variables = variables.filter(|(name, _)| name.starts_with("CORE_"));
        Ok(variables.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(crate) fn organizations(&self) -> PathBuf {
        self.folder.path().join("organizations")
    }

    /// Returns the folder in which the peer stores its state.
    pub(crate) fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// Returns the peer's log file.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder.path().join("peer.log")
    }

    /// Sets the variables with which a client of Fabric's samples finds the peer and its identities.
    pub(super) fn client<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("CRYPTO_PATH", self.organizations().join("peerOrganizations/org1.example.com"))
            .env("PEER_ENDPOINT", self.endpoint())
            .stdin(Stdio::null())
    }

    /// Returns the last lines of the logs of the peer and the contracts.
    pub(crate) fn logs(&self) -> String {
        let end = |name: &str| {
            format!("  --- the end of {name}\n  {}\n", processes::end_of(&self.folder.path().join(name)))
        };
        ["peer.log", "contracts.log"].map(end).concat()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Stop the contracts before the folder of their log is removed.
        self.contracts.clear();
        self.stop_peer(Signal::INT);
    }
}

/// Returns the log file of the contracts.
fn contracts_log(folder: &Path) -> PathBuf {
    folder.join("contracts.log")
}

/// Starts a peer that stores its ledger and packages in the folder, and returns its endpoint.
fn keeping_peer(folder: &Path) -> Result<(Child, String)> {
    let mut command = peer(folder);
    command.arg("--state").arg(folder.join("state"));
    let (mut peer, documents) = begin(command, folder)?;
    match ready(&documents) {
        Ok((endpoint, _)) => Ok((peer, endpoint)),
        Err(error) => {
            // A peer that has exited needs no signal.
            let _ = peer.kill();
            let _ = peer.wait();
            Err(error)
        }
    }
}

fn peer(folder: &Path) -> Command {
    let mut command = in_folder(workspace::target_folder().join("debug/ccs"));
    command
        .args([
            "dev",
            "--json",
            "--listen",
            "127.0.0.1:0",
            "--chaincode-listen",
            "127.0.0.1:0",
            "--organizations",
        ])
        .arg(folder.join("organizations"));
    command
}

/// Starts a peer. Writes its output to its log, and also sends its documents to the receiver as long as there is one.
fn begin(mut command: Command, folder: &Path) -> Result<(Child, Receiver<String>)> {
    let mut log = File::options().create(true).append(true).open(folder.join("peer.log"))?;
    let mut peer = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log.try_clone()?)
        .spawn()
        .context("cannot start ccs dev")?;
    let output = peer.stdout.take().context("ccs dev has no output")?;
    let (send, documents) = mpsc::channel();
    std::thread::spawn(move || {
        for line in lines_of(output) {
            // The log is only for debugging, so the transcript continues without it.
            let _ = writeln!(log, "{line}");
            let _ = send.send(line);
        }
    });
    Ok((peer, documents))
}

/// Waits for the document with the peer's endpoint.
fn ready(documents: &Receiver<String>) -> Result<(String, String)> {
    let end = Instant::now() + UNTIL_IT_IS_READY;
    loop {
        let line =
            documents.recv_timeout(end.saturating_duration_since(Instant::now())).with_context(|| {
                format!("ccs dev was not ready within {UNTIL_IT_IS_READY:?}, or ended before")
            })?;
        let document: serde_json::Value = serde_json::from_str(&line)?;
        if document["event"] == "ready" {
            let text = |key: &str| document[key].as_str().map(str::to_owned).context("a key is missing");
            return Ok((text("endpoint")?, text("chaincode_endpoint")?));
        }
    }
}

/// Creates an organization that is not a member of any channel, in the folder in which the runners look for users of
/// others.
fn make_stranger(organizations: &Path) -> Result<()> {
    let plan = OrganizationPlan {
        msp_id: "Org2MSP".parse()?,
        domain: "org2.example.com".parse()?,
        hosts: Vec::new(),
        endpoint: "localhost:9051".to_owned(),
    };
    Organization::open_or_make(&plan, organizations, SystemTime::now())?;
    Ok(())
}
