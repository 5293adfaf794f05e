//! A network of Fabric's own programs: one organization, one peer with our builder, and an orderer.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use rustix::process::{Signal, kill_process_group};
use tempfile::TempDir;

use super::administrator::Site;
use super::programs::{self, Programs};
use crate::builder_programs;
use crate::dev_peer::session::{free_address, listening, process};
use crate::workspace;

/// Where cryptogen puts an organization's peer, and the orderer, in the network's folder.
const PEER: &str = "organizations/peerOrganizations/org1.example.com/peers/peer0.org1.example.com";
const ORDERER: &str = "organizations/ordererOrganizations/example.com/orderers/orderer.example.com";

/// A process with all that it has started; it is killed when it is dropped.
pub(super) struct Running(pub(super) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Whoever is gone already needs no signal.
        if let Some(group) = process(&self.0) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.0.wait();
    }
}

/// A running network, without a channel.
pub(super) struct Network {
    /// Dropped before the folder in which they work.
    peer: Option<Running>,
    _orderer: Running,
    folder: TempDir,
    peer_program: PathBuf,
    peer_address: String,
    orderer_address: String,
}

impl Network {
    /// Makes and starts the network, and waits until both listen.
    pub(super) fn start(programs: &Programs) -> Result<Self> {
        let temporary = tempfile::Builder::new().prefix("fabric-").tempdir()?;
        let folder = temporary.path();
        let orderer_address = free_address()?;
        lay_out(programs, folder, &orderer_address)?;
        let orderer = begin(orderer(programs, folder, &orderer_address)?, &folder.join("orderer.log"))?;
        listening(&orderer_address)?;
        let mut network = Self {
            peer: None,
            _orderer: orderer,
            peer_program: programs.fabric("peer"),
            peer_address: free_address()?,
            orderer_address,
            folder: temporary,
        };
        network.kill_and_start_peer()?;
        Ok(network)
    }

    /// Kills the peer, if it runs, and starts it again.
    pub(super) fn kill_and_start_peer(&mut self) -> Result<()> {
        self.peer = None;
        let mut peer = Command::new(&self.peer_program);
        peer.args(["node", "start"])
            .current_dir(self.folder())
            .env("FABRIC_CFG_PATH", self.folder())
            .env("CORE_PEER_ID", "peer0.org1.example.com")
            .env("CORE_PEER_LISTENADDRESS", &self.peer_address)
            .env("CORE_PEER_ADDRESS", &self.peer_address)
            .env("CORE_PEER_CHAINCODELISTENADDRESS", free_address()?)
            .env("CORE_PEER_GOSSIP_BOOTSTRAP", &self.peer_address)
            .env("CORE_PEER_GOSSIP_USELEADERELECTION", "false")
            .env("CORE_PEER_GOSSIP_ORGLEADER", "true")
            .env("CORE_PEER_LOCALMSPID", "Org1MSP")
            .env("CORE_PEER_MSPCONFIGPATH", format!("{PEER}/msp"))
            .env("CORE_PEER_TLS_ENABLED", "true")
            .env("CORE_PEER_TLS_CERT_FILE", format!("{PEER}/tls/server.crt"))
            .env("CORE_PEER_TLS_KEY_FILE", format!("{PEER}/tls/server.key"))
            .env("CORE_PEER_TLS_ROOTCERT_FILE", format!("{PEER}/tls/ca.crt"))
            .env("CORE_PEER_FILESYSTEMPATH", self.folder().join("production"))
            .env("CORE_OPERATIONS_LISTENADDRESS", free_address()?)
            .env("CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG", r#"{"host":"chaincode.example.com"}"#);
        self.peer = Some(begin(peer, &self.site().log)?);
        listening(&self.peer_address)
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Gives what an administrator needs.
    pub(super) fn site(&self) -> Site {
        let folder = self.folder();
        Site {
            settings: folder.to_path_buf(),
            organization: folder.join("organizations/peerOrganizations/org1.example.com"),
            peer: self.peer_address.clone(),
            log: folder.join("peer.log"),
            orderer: self.orderer_address.clone(),
            orderer_ca: folder.join(ORDERER).join("tls/ca.crt"),
        }
    }

    /// Gives what the peer has said last.
    pub(super) fn end_of_log(&self) -> String {
        let text = fs::read_to_string(self.site().log).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

/// Makes keys, the channel and the settings, and installs our builder.
fn lay_out(programs: &Programs, folder: &Path, orderer_address: &str) -> Result<()> {
    let templates = programs::folder().join("network");
    let configtx = fs::read_to_string(templates.join("configtx.yaml"))?;
    fs::write(folder.join("configtx.yaml"), configtx.replace("[ORDERER]", &format!("[{orderer_address}]")))?;
    let mut cryptogen = Command::new(programs.fabric("cryptogen"));
    cryptogen
        .args(["generate", "--output", "organizations", "--config"])
        .arg(templates.join("crypto-config.yaml"));
    let mut system = Command::new(programs.fabric("configtxgen"));
    system.args(["-profile", "Orderer", "-channelID", "system", "-outputBlock", "system.block"]);
    let mut channel = Command::new(programs.fabric("configtxgen"));
    channel.args([
        "-profile",
        "Channel",
        "-channelID",
        "mychannel",
        "-outputCreateChannelTx",
        "mychannel.tx",
    ]);
    for mut command in [cryptogen, system, channel] {
        quietly(command.current_dir(folder).env("FABRIC_CFG_PATH", folder))?;
    }
    let builder = folder.join("builder");
    builder_programs::install(&builder.join("bin"))?;
    // This release knows no propagateEnvironment.
    let entry = format!(
        "    externalBuilders:\n      - name: ccs-builder\n        path: {}\n        environmentWhitelist:\n          \
         - CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG\n",
        builder.display()
    );
    let core = fs::read_to_string(programs.settings.join("core.yaml"))?;
    let none = "    externalBuilders: []\n";
    ensure!(core.contains(none), "Fabric's core.yaml has no empty list of builders");
    fs::write(folder.join("core.yaml"), core.replace(none, &entry))?;
    fs::write(folder.join("orderer.yaml"), fs::read(programs.settings.join("orderer.yaml"))?)?;
    Ok(())
}

fn orderer(programs: &Programs, folder: &Path, address: &str) -> Result<Command> {
    let port = address.rsplit_once(':').context("an address has a port")?.1;
    let mut orderer = Command::new(programs.fabric("orderer"));
    orderer
        .current_dir(folder)
        .env("FABRIC_CFG_PATH", folder)
        .env("ORDERER_GENERAL_LISTENPORT", port)
        .env("ORDERER_GENERAL_LOCALMSPID", "OrdererMSP")
        .env("ORDERER_GENERAL_LOCALMSPDIR", format!("{ORDERER}/msp"))
        .env("ORDERER_GENERAL_BOOTSTRAPFILE", "system.block")
        .env("ORDERER_GENERAL_TLS_ENABLED", "true")
        .env("ORDERER_GENERAL_TLS_PRIVATEKEY", format!("{ORDERER}/tls/server.key"))
        .env("ORDERER_GENERAL_TLS_CERTIFICATE", format!("{ORDERER}/tls/server.crt"))
        .env("ORDERER_GENERAL_TLS_ROOTCAS", format!("[{ORDERER}/tls/ca.crt]"))
        .env("ORDERER_FILELEDGER_LOCATION", folder.join("orderer"))
        .env("ORDERER_CONSENSUS_WALDIR", folder.join("wal"))
        .env("ORDERER_CONSENSUS_SNAPDIR", folder.join("snapshot"))
        .env("ORDERER_OPERATIONS_LISTENADDRESS", free_address()?);
    Ok(orderer)
}

/// Starts a process whose output goes to a file, in a process group of its own.
fn begin(mut command: Command, log: &Path) -> Result<Running> {
    let log = File::options().create(true).append(true).open(log)?;
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).process_group(0);
    Ok(Running(command.spawn().with_context(|| format!("cannot start {}", workspace::shown(&command)))?))
}

/// Runs a command that is to succeed, and tells what it has said when it does not.
fn quietly(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("cannot start {}", workspace::shown(command)))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{} failed: {said}", workspace::shown(command));
    Ok(())
}
