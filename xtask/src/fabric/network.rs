//! A network of Fabric's own programs: one organization, one peer with our builder, and an orderer; no channel of the system.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use xtask_kubernetes::names::with_names;

use super::administrator::Administrator;
use super::layout::{
    ORDERER_LOG, PEER_LOG, administrator, join_orderer, join_peer, lay_out, orderer_environment,
    peer_environment, released,
};
use super::packages::CONFIGURED_HOST;
use super::programs::Programs;
use crate::processes::{self, Running, free_address, listening, running};
use crate::report::Report;

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

    /// Like [`Self::start`], with further variables for the peer, which it propagates to the builder.
    pub(crate) fn start_with(programs: &'a Programs, variables: Vec<(&'static str, String)>) -> Result<Self> {
        Self::start_among(programs, variables, None)
    }

    /// Like [`Self::start_with`], with a file instead of /etc/hosts.
    pub(crate) fn start_among(
        programs: &'a Programs,
        variables: Vec<(&'static str, String)>,
        hosts: Option<PathBuf>,
    ) -> Result<Self> {
        let temporary = tempfile::Builder::new().prefix("fabric-").tempdir()?;
        let folder = temporary.path();
        let (orderer_address, admin_address) = (free_address()?, free_address()?);
        lay_out(programs, folder, &orderer_address)?;
        let log = folder.join(ORDERER_LOG);
        let mut orderer = orderer(programs, folder, &orderer_address)?;
        let orderer = Running::start(orderer.env("ORDERER_ADMIN_LISTENADDRESS", &admin_address), &log)?;
        listening(&admin_address)?;
        join_orderer(programs, folder, &admin_address)?;
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
        join_peer(&network.administrator()?, network.folder())?;
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
        let mut command = self.programs.command("peer");
        command
            .args(["node", "start"])
            .current_dir(self.folder())
            .envs(peer_environment(self.folder(), &self.variables))
            .env("CORE_PEER_LISTENADDRESS", &self.peer_address)
            .env("CORE_PEER_ADDRESS", &self.peer_address)
            .env("CORE_PEER_CHAINCODELISTENADDRESS", free_address()?)
            .env("CORE_PEER_GOSSIP_BOOTSTRAP", &self.peer_address)
            .env("CORE_PEER_GOSSIP_EXTERNALENDPOINT", &self.peer_address)
            .env("CORE_OPERATIONS_LISTENADDRESS", free_address()?)
            // What the transcript needs for a chaincode that takes too long.
            .env("CORE_CHAINCODE_EXECUTETIMEOUT", "5s")
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

    /// Returns the address of the peer.
    pub(crate) fn endpoint(&self) -> &str {
        &self.peer_address
    }

    /// Returns the file in which the peer says what it does.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder().join(PEER_LOG)
    }

    /// Returns the administrator of the peer.
    pub(crate) fn administrator(&self) -> Result<Administrator<'a>> {
        administrator(self.programs, self.folder(), (&self.peer_address, &self.orderer_address))
    }

    /// Returns the folder in which the peer keeps the release of a package with this label.
    pub(crate) fn released(&self, label: &str) -> Result<PathBuf> {
        released(self.folder(), label)
    }

    /// Returns what peer and orderer have said last.
    pub(crate) fn logs(&self) -> String {
        let end = |name: &str| {
            format!("  --- the end of {name}\n  {}\n", processes::end_of(&self.folder().join(name)))
        };
        [PEER_LOG, ORDERER_LOG, "contracts.log"].map(end).concat()
    }
}

fn orderer(programs: &Programs, folder: &Path, address: &str) -> Result<Command> {
    let port = address.rsplit_once(':').context("an address has a port")?.1;
    let mut command = programs.command("orderer");
    command
        .current_dir(folder)
        .envs(orderer_environment(folder))
        .env("ORDERER_GENERAL_LISTENPORT", port)
        .env("ORDERER_OPERATIONS_LISTENADDRESS", free_address()?);
    Ok(command)
}
