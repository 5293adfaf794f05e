//! The chaincode's own process.

use std::env;
use std::process::Stdio;
use std::time::Duration;

use ccs_files::PackageId;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::timeout;

use super::material::Material;
use crate::failure::Failure;

/// How long the chaincode may take to listen, and to stop.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running chaincode server, which is killed when this is dropped.
pub(super) struct Server {
    child: Child,
    process_id: u32,
    log: Lines<BufReader<ChildStderr>>,
}

impl Server {
    /// Starts the sample with the variables that it reads, and no others, and waits until it listens.
    pub(super) async fn start(
        id: &PackageId,
        address: &str,
        material: Option<&Material>,
    ) -> Result<Self, Failure> {
        let program = env::current_exe().map_err(|error| Failure::from_error(&error))?;
        let mut command = Command::new(program);
        command.arg("sample-chaincode").env_clear();
        command.env("CHAINCODE_ID", id.to_string()).env("CHAINCODE_SERVER_ADDRESS", address);
        if let Some(material) = material {
            let files = &material.files;
            command
                .env("CHAINCODE_TLS_DISABLED", "false")
                .env("CHAINCODE_TLS_KEY", &files.key)
                .env("CHAINCODE_TLS_CERT", &files.certificate)
                .env("CHAINCODE_CLIENT_CA_CERT", &files.client_ca);
        }
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| Failure::new(format!("cannot start the chaincode: {error}")))?;
        let (Some(stderr), Some(process_id)) = (child.stderr.take(), child.id()) else {
            return Err(Failure::new("the chaincode ended as soon as it was started"));
        };
        let mut server = Self { child, process_id, log: BufReader::new(stderr).lines() };
        timeout(PATIENCE, server.listening()).await.unwrap_or_else(|_| {
            Err(Failure::new(format!("the chaincode does not listen after {} s", PATIENCE.as_secs())))
        })?;
        Ok(server)
    }

    /// Returns the process's ID.
    pub(super) fn process_id(&self) -> u32 {
        self.process_id
    }

    async fn listening(&mut self) -> Result<(), Failure> {
        let mut said = Vec::new();
        while let Ok(Some(line)) = self.log.next_line().await {
            if line.contains("listening on") {
                return Ok(());
            }
            said.push(line);
        }
        Err(Failure::new(format!("the chaincode ended before it listened: {}", said.join("; "))))
    }

    /// Stops the process and waits for its end.
    pub(super) async fn stop(mut self) -> Result<String, Failure> {
        let process = i32::try_from(self.process_id).ok().and_then(Pid::from_raw);
        if let Some(process) = process {
            // Waiting shows whether it has ended by itself.
            let _ = kill_process(process, Signal::TERM);
        }
        let waited = timeout(PATIENCE, self.child.wait()).await.map_err(|_| {
            Failure::new(format!("the chaincode does not stop after {} s", PATIENCE.as_secs()))
        })?;
        let status = waited.map_err(|error| Failure::from_error(&error))?;
        if status.success() {
            Ok(format!("the chaincode's process, {status}"))
        } else {
            Err(Failure::new(format!("the chaincode ended with {status}")))
        }
    }
}
