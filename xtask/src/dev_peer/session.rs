//! A peer with its chaincodes, for one run of the transcript.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, bail, ensure};
use ccs_identity::{Organization, OrganizationPlan};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tempfile::TempDir;

use super::in_folder;
use super::programs::{self, Language};
use crate::workspace;

/// The names under which the contract is defined.
const NAMES: [&str; 3] = ["everything", "another", "strict"];

/// How long a contract may take to listen; Java's virtual machine takes its time on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long to wait before looking again.
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

/// Who dials whom.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The peer dials the chaincode.
    Server,
    /// The same over mutual TLS, from a package that the builder has released.
    MutualTls,
    /// The chaincode dials the peer.
    Client,
    /// The same over TLS, with the certificate that the peer has made for it.
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

/// A running peer; everything is stopped when it is dropped.
pub(crate) struct Session {
    folder: TempDir,
    peer: Child,
    contracts: Vec<Child>,
    endpoint: String,
}

impl Session {
    /// Starts the peer with the contract under every name, and waits until all are ready.
    pub(super) fn start(language: Language, role: Role) -> Result<Self> {
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
        let mut servers = Vec::new();
        for name in NAMES {
            let id = format!("{name}:1.0");
            match role {
                Role::Client | Role::ClientTls => {
                    command.args(["--chaincode", name]);
                }
                Role::Server => {
                    let address = free_address()?;
                    command.args(["--chaincode", &format!("{name}={address}")]);
                    let variables = language.server(&id, &address);
                    servers.push((address, variables));
                }
                Role::MutualTls => {
                    let server = secured(folder.path(), language, name)?;
                    command.arg(format!("{name}={}", server.package.display()));
                    servers.push((server.address, server.variables));
                }
            }
        }
        for (address, variables) in &servers {
            contracts.push(contract(language, variables, &[], folder.path())?);
            listening(address)?;
        }
        make_stranger(&folder.path().join("organizations"))?;
        let (peer, mut lines) = begin(command, folder.path())?;
        let mut session = Self { folder, peer, contracts, endpoint: String::new() };
        let (endpoint, chaincode_endpoint) = ready(&mut lines)?;
        session.endpoint = endpoint;
        if matches!(role, Role::Client | Role::ClientTls) {
            for name in NAMES {
                let variables = match role {
                    Role::ClientTls => session.files_of(name)?,
                    _ => language.client(&format!("{name}:1.0")),
                };
                let arguments = [language.words().1.to_owned(), chaincode_endpoint.clone()];
                let started = contract(language, &variables, &arguments, session.folder.path())?;
                session.contracts.push(started);
            }
        }
        keep_reading(lines, session.folder.path())?;
        Ok(session)
    }

    /// Starts a peer that starts the sample for Node.js itself.
    pub(super) fn of_sample() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("dev-peer-").tempdir()?;
        let mut command = peer(folder.path());
        command
            .args(["--run", "npm start"])
            .current_dir(workspace::root().join("samples/asset-transfer-node"));
        let (peer, mut lines) = begin(command, folder.path())?;
        let (endpoint, _) = ready(&mut lines)?;
        keep_reading(lines, folder.path())?;
        Ok(Self { folder, peer, contracts: Vec::new(), endpoint })
    }

    /// Starts a peer without chaincode that keeps on the disk what clients bring.
    pub(crate) fn without_chaincode() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("dev-peer-").tempdir()?;
        let (peer, endpoint) = keeping_peer(folder.path())?;
        Ok(Self { folder, peer, contracts: Vec::new(), endpoint })
    }

    /// Kills a peer that keeps everything, and starts it again; the contracts run on.
    pub(super) fn start_again(&mut self) -> Result<()> {
        self.stop_peer(Signal::KILL);
        (self.peer, self.endpoint) = keeping_peer(self.folder.path())?;
        Ok(())
    }

    fn stop_peer(&mut self, signal: Signal) {
        if let Some(peer) = process(&self.peer) {
            // Whoever is gone already needs no signal.
            let _ = kill_process(peer, signal);
        }
        let _ = self.peer.wait();
    }

    /// Starts a contract as a server, and gives the package by which a peer dials it.
    pub(super) fn serve(&mut self, language: Language, label: &str) -> Result<PathBuf> {
        let (package, address) = (self.folder.path().join(format!("{label}.tgz")), free_address()?);
        let mut make = ccs(&["package", &package.to_string_lossy(), "--label", label, "--address", &address]);
        workspace::succeed(make.stdout(Stdio::null()))?;
        let output = ccs(&["id", &package.to_string_lossy()]).output().context("cannot start ccs id")?;
        let id = String::from_utf8(output.stdout)?;
        let server = contract(language, &language.server(id.trim_end(), &address), &[], self.folder.path())?;
        self.contracts.push(server);
        listening(&address)?;
        Ok(package)
    }

    /// Gives the variables that the peer has written down for a chaincode, as a shell reads them.
    fn files_of(&self, name: &str) -> Result<Vec<(&'static str, String)>> {
        let file = self.organizations().join("chaincode").join(name).join("env.sh");
        let mut shell = Command::new("sh");
        shell.args(["-c", ". \"$0\"; env"]).arg(&file).env_clear().stdin(Stdio::null());
        let output = shell.output().context("cannot start sh")?;
        let text = String::from_utf8(output.stdout)?;
        let variables = text.lines().filter_map(|line| line.split_once('='));
        let variables = variables.filter(|(name, _)| name.starts_with("CORE_"));
        // They live as long as the program, which soon ends.
        Ok(variables.map(|(name, value)| (&*name.to_owned().leak(), value.to_owned())).collect())
    }

    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(crate) fn organizations(&self) -> PathBuf {
        self.folder.path().join("organizations")
    }

    /// Gives the file in which the peer says what it does.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder.path().join("peer.log")
    }

    /// Tells a client of Fabric's samples where peer and identities are.
    pub(super) fn client<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("CRYPTO_PATH", self.organizations().join("peerOrganizations/org1.example.com"))
            .env("PEER_ENDPOINT", self.endpoint())
            .stdin(Stdio::null())
    }

    /// Gives what the peer and the contracts have said last.
    pub(crate) fn logs(&self) -> String {
        let mut said = String::new();
        for name in ["peer.log", "contracts.log"] {
            let text = fs::read(self.folder.path().join(name)).unwrap_or_default();
            let text = String::from_utf8_lossy(&text);
            let lines: Vec<_> = text.lines().collect();
            let last = &lines[lines.len().saturating_sub(20)..];
            // Writing to a String cannot fail.
            let _ = writeln!(said, "  --- the end of {name}\n  {}", last.join("\n  "));
        }
        said
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Whoever is gone already needs no signal.
        for contract in &mut self.contracts {
            if let Some(group) = process(contract) {
                let _ = kill_process_group(group, Signal::KILL);
            }
            let _ = contract.wait();
        }
        self.stop_peer(Signal::INT);
    }
}

/// Gives the number of a process that we have started.
pub(crate) fn process(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

/// Starts a peer whose ledger and packages stay in the folder, and gives its endpoint.
fn keeping_peer(folder: &Path) -> Result<(Child, String)> {
    let mut command = peer(folder);
    command.arg("--state").arg(folder.join("state"));
    let (peer, mut lines) = begin(command, folder)?;
    let (endpoint, _) = ready(&mut lines)?;
    keep_reading(lines, folder)?;
    Ok((peer, endpoint))
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

fn begin(mut command: Command, folder: &Path) -> Result<(Child, BufReader<ChildStdout>)> {
    let log = File::options().create(true).append(true).open(folder.join("peer.log"))?;
    let mut peer = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .context("cannot start ccs dev")?;
    let lines = peer.stdout.take().context("ccs dev has no output")?;
    Ok((peer, BufReader::new(lines)))
}

/// Waits for the document that says where the peer listens.
fn ready(lines: &mut BufReader<ChildStdout>) -> Result<(String, String)> {
    let mut line = String::new();
    while lines.read_line(&mut line)? > 0 {
        let document: serde_json::Value = serde_json::from_str(&line)?;
        if document["event"] == "ready" {
            let text = |key: &str| document[key].as_str().map(str::to_owned).context("a key is missing");
            return Ok((text("endpoint")?, text("chaincode_endpoint")?));
        }
        line.clear();
    }
    bail!("ccs dev ended before it was ready")
}

/// Lets what the peer says go into its log, so that it is never held up by a full pipe.
fn keep_reading(mut lines: BufReader<ChildStdout>, folder: &Path) -> Result<()> {
    let mut log = File::options().append(true).open(folder.join("peer.log"))?;
    std::thread::spawn(move || std::io::copy(&mut lines, &mut log));
    Ok(())
}

/// Starts a contract that is started again whenever it ends, in a process group of its own.
pub(crate) fn contract(
    language: Language,
    variables: &[(&'static str, String)],
    arguments: &[String],
    folder: &Path,
) -> Result<Child> {
    let log = File::options().create(true).append(true).open(folder.join("contracts.log"))?;
    let mut command = in_folder("./keep-running");
    command
        .args(language.words().0)
        .args(arguments)
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .process_group(0);
    command.spawn().context("cannot start the contract")
}

/// Makes a command of `ccs`.
pub(crate) fn ccs(arguments: &[&str]) -> Command {
    let mut command = Command::new(workspace::target_folder().join("debug/ccs"));
    command.args(arguments).stdin(Stdio::null()).stderr(Stdio::null());
    command
}

/// A package with TLS, and the variables with which its chaincode serves.
pub(crate) struct Secured {
    pub(crate) package: PathBuf,
    pub(crate) address: String,
    pub(crate) variables: Vec<(&'static str, String)>,
}

/// Makes the TLS material and a package with `ccs`, as its users do.
pub(crate) fn secured(folder: &Path, language: Language, name: &str) -> Result<Secured> {
    let (tls, package) = (folder.join(format!("tls-{name}")), folder.join(format!("{name}.tgz")));
    let address = free_address()?;
    let (tls_text, package_text) = (tls.to_string_lossy(), package.to_string_lossy());
    for arguments in [
        ["tls", "init", &tls_text].as_slice(),
        &["tls", "issue", &tls_text, "--server", name, "--host", "127.0.0.1"],
        &["tls", "issue", &tls_text, "--client", "peer"],
        &[
            "package",
            &package_text,
            "--label",
            &format!("{name}_1.0"),
            "--address",
            &address,
            "--tls",
            &tls_text,
        ],
    ] {
        workspace::succeed(ccs(arguments).stdout(Stdio::null()))?;
    }
    let output =
        ccs(&["env", &package_text, "--lang", language.name(), "--tls", &tls_text, "--json"]).output()?;
    let document: serde_json::Value =
        serde_json::from_slice(&output.stdout).context("ccs env gave no document")?;
    let variables = document["variables"].as_array().context("ccs env gave no variables")?;
    let variables = variables.iter().filter_map(|variable| {
        let text = |key: &str| variable[key].as_str().map(str::to_owned);
        // They live as long as the program, which soon ends.
        Some((&*text("name")?.leak(), text("value")?))
    });
    let mut variables: Vec<_> = variables.collect();
    if language == Language::Java {
        // The Java shim has no variable for it; the contract reads this one.
        variables.push(("CHAINCODE_CLIENT_CA_CERT", tls.join("ca.pem").to_string_lossy().into_owned()));
    }
    Ok(Secured { package, address, variables })
}

/// Makes an organization that is no member of any channel, where the runners look for the users of others.
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

/// Waits until something listens: a chaincode that is not there yet is dialled for no longer than a peer does it.
pub(crate) fn listening(address: &str) -> Result<()> {
    let begin = Instant::now();
    while TcpStream::connect(address).is_err() {
        ensure!(begin.elapsed() < PATIENCE, "the contract does not listen on {address}");
        std::thread::sleep(BETWEEN_TRIES);
    }
    Ok(())
}

pub(crate) fn free_address() -> Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}
