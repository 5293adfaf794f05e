//! A network of Fabric's own programs: one organization, one peer with our builder, and an orderer; no channel of the system.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use xtask_kubernetes::names::with_names;

use super::administrator::{Administrator, Site};
use super::packages::CONFIGURED_HOST;
use super::programs::{self, Programs};
use crate::builder_programs;
use crate::processes::{self, Running, free_address, listening, logged, running, succeed};
use crate::report::Report;

/// Where cryptogen puts Org1, its peer and the orderer, in the network's folder.
const ORGANIZATION: &str = "organizations/peerOrganizations/org1.example.com";
pub(super) const PEER: &str = "peers/peer0.org1.example.com";
const ORDERER: &str = "organizations/ordererOrganizations/example.com/orderers/orderer.example.com";

/// The channels; the transcript calls from the first into the second.
pub(crate) const CHANNELS: [&str; 2] = ["mychannel", "other"];

/// How long a tool may take, and how long the orderer may look for its leader.
const TOOL: Duration = Duration::from_mins(1);

/// A running network; it ends when it is dropped.
pub(crate) struct Network<'a> {
    /// Dropped before the folder in which they work.
    peer: Option<Running>,
    _orderer: Running,
    folder: TempDir,
    programs: &'a Programs,
    peer_address: String,
    orderer_address: String,
    /// Further variables of the peer, which it hands on to the builder.
    variables: Vec<(&'static str, String)>,
    /// What stands for /etc/hosts to the peer and what it starts.
    hosts: Option<PathBuf>,
}

impl<'a> Network<'a> {
    /// Makes and starts the network, and joins orderer and peer to the channels.
    pub(crate) fn start(programs: &'a Programs) -> Result<Self> {
        Self::start_with(programs, Vec::new())
    }

    /// Does the same with further variables for the peer, which it hands on to the builder.
    pub(crate) fn start_with(programs: &'a Programs, variables: Vec<(&'static str, String)>) -> Result<Self> {
        Self::start_among(programs, variables, None)
    }

    /// Does the same with a file in place of /etc/hosts.
    pub(crate) fn start_among(
        programs: &'a Programs,
        variables: Vec<(&'static str, String)>,
        hosts: Option<PathBuf>,
    ) -> Result<Self> {
        let temporary = tempfile::Builder::new().prefix("fabric-").tempdir()?;
        let folder = temporary.path();
        let (orderer_address, admin_address) = (free_address()?, free_address()?);
        lay_out(programs, folder, &orderer_address)?;
        let log = folder.join("orderer.log");
        let mut orderer = orderer(programs, folder, &orderer_address)?;
        let orderer = Running::start(orderer.env("ORDERER_ADMIN_LISTENADDRESS", &admin_address), &log)?;
        listening(&admin_address)?;
        for channel in CHANNELS {
            let mut osnadmin = programs.command("osnadmin");
            osnadmin.args(["channel", "join", "-o", &admin_address, "--channelID", channel]);
            succeed(osnadmin.arg("--config-block").arg(folder.join(format!("{channel}.block"))), TOOL)?;
        }
        let mut network = Self {
            peer: None,
            _orderer: orderer,
            programs,
            peer_address: free_address()?,
            orderer_address,
            variables,
            hosts,
            folder: temporary,
        };
        network.kill_and_start_peer()?;
        logged(&log, "Raft leader changed: 0 -> 1", CHANNELS.len(), TOOL)?;
        let administrator = network.administrator()?;
        for channel in CHANNELS {
            let block = network.folder().join(format!("{channel}.block"));
            administrator.expect(
                &format!("channel join -b {}", block.display()),
                "Successfully submitted proposal to join",
            )?;
        }
        Ok(network)
    }

    /// Carries out checks, and prints the logs if one of them fails.
    pub(crate) fn on(
        &mut self,
        report: &mut Report,
        checks: impl FnOnce(&mut Report, &mut Self) -> Result<()>,
    ) -> Result<()> {
        let before = report.tally().failed;
        let outcome = checks(report, self);
        if outcome.is_err() || report.tally().failed > before {
            print!("{}", self.logs());
        }
        outcome
    }

    /// Kills the peer, if it runs, and starts it again.
    pub(crate) fn kill_and_start_peer(&mut self) -> Result<()> {
        self.peer = None;
        let organization = self.organization();
        let peer = organization.join(PEER);
        // A builder under the name that a peer of 2.5 or 3.1 has in its core.yaml would do as well.
        let builders = format!(
            "[{{name: ccs-builder, path: {}, propagateEnvironment: [{}]}}]",
            self.folder().join("builder").display(),
            ["CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG"]
                .into_iter()
                .chain(self.variables.iter().map(|(name, _)| *name))
                .collect::<Vec<_>>()
                .join(", ")
        );
        let production = self.folder().join("production");
        let mut command = self.programs.command("peer");
        command
            .args(["node", "start"])
            .current_dir(self.folder())
            .env("CORE_PEER_ID", "peer0.org1.example.com")
            .env("CORE_PEER_LISTENADDRESS", &self.peer_address)
            .env("CORE_PEER_ADDRESS", &self.peer_address)
            .env("CORE_PEER_CHAINCODELISTENADDRESS", free_address()?)
            .env("CORE_PEER_GOSSIP_BOOTSTRAP", &self.peer_address)
            .env("CORE_PEER_GOSSIP_EXTERNALENDPOINT", &self.peer_address)
            .env("CORE_PEER_LOCALMSPID", "Org1MSP")
            .env("CORE_PEER_MSPCONFIGPATH", peer.join("msp"))
            .env("CORE_PEER_TLS_ENABLED", "true")
            .env("CORE_PEER_TLS_CERT_FILE", peer.join("tls/server.crt"))
            .env("CORE_PEER_TLS_KEY_FILE", peer.join("tls/server.key"))
            .env("CORE_PEER_TLS_ROOTCERT_FILE", peer.join("tls/ca.crt"))
            .env("CORE_PEER_FILESYSTEMPATH", &production)
            .env("CORE_LEDGER_SNAPSHOTS_ROOTDIR", production.join("snapshots"))
            .env("CORE_OPERATIONS_LISTENADDRESS", free_address()?)
            // What the transcript needs for a chaincode that takes too long.
            .env("CORE_CHAINCODE_EXECUTETIMEOUT", "5s")
            .env("CORE_CHAINCODE_EXTERNALBUILDERS", builders)
            .env("CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG", format!(r#"{{"host":"{CONFIGURED_HOST}"}}"#));
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        if let Some(hosts) = &self.hosts {
            command = with_names(&command, hosts);
        }
        self.peer = Some(Running::start(&mut command, &self.log())?);
        listening(&self.peer_address)
    }

    /// Sends a signal to the peer alone, and not to what it has started.
    pub(crate) fn signal_peer(&self, signal: Signal) -> Result<()> {
        let peer = self.peer.as_ref().context("the peer does not run")?;
        let id = i32::try_from(peer.id()).ok().and_then(Pid::from_raw).context("the peer has no ID")?;
        kill_process(id, signal).context("cannot signal the peer")
    }

    /// Kills what launches chaincode for the peer.
    pub(crate) fn kill_launcher(&self) -> Result<()> {
        for launcher in self.launchers() {
            kill_process(launcher, Signal::KILL).context("cannot kill a launcher")?;
        }
        Ok(())
    }

    /// Returns the processes that launch chaincode for the peer.
    pub(crate) fn launchers(&self) -> Vec<Pid> {
        let run = self.folder().join("builder/bin/run");
        running(|process| {
            fs::read(process.join("cmdline"))
                .is_ok_and(|line| line.starts_with(run.as_os_str().as_encoded_bytes()))
        })
    }

    /// Returns the folder of everything in the network.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the folder of all organizations, as cryptogen lays it out.
    pub(crate) fn organizations(&self) -> PathBuf {
        self.folder().join("organizations")
    }

    fn organization(&self) -> PathBuf {
        self.folder().join(ORGANIZATION)
    }

    /// Returns the address of the peer.
    pub(crate) fn endpoint(&self) -> &str {
        &self.peer_address
    }

    /// Returns the file in which the peer says what it does.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder().join("peer.log")
    }

    /// Returns the administrator of the peer.
    pub(crate) fn administrator(&self) -> Result<Administrator<'a>> {
        let site = Site {
            organization: self.organization(),
            peer: self.peer_address.clone(),
            log: self.log(),
            orderer: self.orderer_address.clone(),
            orderer_ca: self.folder().join(ORDERER).join("tls/ca.crt"),
        };
        Administrator::new(self.programs, site, &self.folder().join("out"))
    }

    /// Returns the folder in which the peer keeps the release of a package with this label.
    pub(crate) fn released(&self, label: &str) -> Result<PathBuf> {
        let builds = self.folder().join("production/externalbuilder/builds");
        for build in fs::read_dir(&builds).with_context(|| format!("cannot read {}", builds.display()))? {
            let build = build?;
            if build.file_name().to_string_lossy().starts_with(label) {
                return Ok(build.path().join("release"));
            }
        }
        bail!("the peer keeps no build of {label}")
    }

    /// Returns what peer and orderer have said last.
    pub(crate) fn logs(&self) -> String {
        let end = |name: &str| {
            format!("  --- the end of {name}\n  {}\n", processes::end_of(&self.folder().join(name)))
        };
        ["peer.log", "orderer.log", "contracts.log"].map(end).concat()
    }
}

/// Makes keys and the first blocks of the channels, and installs our builder.
fn lay_out(programs: &Programs, folder: &Path, orderer_address: &str) -> Result<()> {
    let templates = programs::folder().join("network");
    let (host, port) = orderer_address.rsplit_once(':').context("an address has a port")?;
    let configtx = fs::read_to_string(templates.join("configtx.yaml"))?
        .replace("ORDERER_HOST", host)
        .replace("ORDERER_PORT", port)
        .replace("CHANNEL_CAPABILITY", programs.release.channel_capability);
    fs::write(folder.join("configtx.yaml"), configtx)?;
    let mut cryptogen = programs.command("cryptogen");
    cryptogen.args(["generate", "--output", "organizations", "--config"]);
    succeed(cryptogen.arg(templates.join("crypto-config.yaml")).current_dir(folder), TOOL)?;
    for channel in CHANNELS {
        let mut configtxgen = programs.command("configtxgen");
        configtxgen.args(["-profile", "Channel", "-channelID", channel, "-outputBlock"]);
        configtxgen.arg(format!("{channel}.block")).current_dir(folder).env("FABRIC_CFG_PATH", folder);
        succeed(&mut configtxgen, TOOL)?;
    }
    builder_programs::put(&programs.builder, &folder.join("builder/bin"))
}

fn orderer(programs: &Programs, folder: &Path, address: &str) -> Result<Command> {
    let port = address.rsplit_once(':').context("an address has a port")?.1;
    let orderer = folder.join(ORDERER);
    let (key, certificate) = (orderer.join("tls/server.key"), orderer.join("tls/server.crt"));
    let mut command = programs.command("orderer");
    command
        .current_dir(folder)
        .env("ORDERER_GENERAL_LISTENPORT", port)
        .env("ORDERER_GENERAL_LOCALMSPID", "OrdererMSP")
        .env("ORDERER_GENERAL_LOCALMSPDIR", orderer.join("msp"))
        // 3.1 has no other way; 2.5 must be told.
        .env("ORDERER_GENERAL_BOOTSTRAPMETHOD", "none")
        .env("ORDERER_CHANNELPARTICIPATION_ENABLED", "true")
        .env("ORDERER_GENERAL_TLS_ENABLED", "true")
        .env("ORDERER_GENERAL_TLS_PRIVATEKEY", &key)
        .env("ORDERER_GENERAL_TLS_CERTIFICATE", &certificate)
        .env("ORDERER_GENERAL_TLS_ROOTCAS", format!("[{}]", orderer.join("tls/ca.crt").display()))
        .env("ORDERER_GENERAL_CLUSTER_CLIENTPRIVATEKEY", &key)
        .env("ORDERER_GENERAL_CLUSTER_CLIENTCERTIFICATE", &certificate)
        .env("ORDERER_FILELEDGER_LOCATION", folder.join("orderer"))
        .env("ORDERER_CONSENSUS_WALDIR", folder.join("wal"))
        .env("ORDERER_CONSENSUS_SNAPDIR", folder.join("snapshot"))
        .env("ORDERER_OPERATIONS_LISTENADDRESS", free_address()?);
    Ok(command)
}
