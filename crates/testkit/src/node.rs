//! The Node.js sample with the official shim.

use std::net::TcpListener;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use crate::Authority;

/// The Node.js sample as a server on 127.0.0.1; killed when dropped.
#[derive(Debug)]
pub struct NodeSample {
    program: Child,
    /// Reads the log continuously, so that a full pipe never blocks the program.
    log: JoinHandle<()>,
}

impl NodeSample {
    /// Returns a port that was free a moment ago: the shim cannot use an open listener and does not report its port.
    #[must_use]
    pub fn free_port() -> u16 {
        TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
    }

    /// Runs the command of `npm start`, with TLS if there is an authority, and waits until the log reports that it
    /// serves.
    pub async fn start(chaincode_id: &str, port: u16, tls: Option<&Authority>, ask_for_client: bool) -> Self {
        let folder = crate::source_tree().join("samples/asset-transfer-node");
        assert!(folder.join("node_modules").is_dir(), "type npm ci in {}", folder.display());
        let mut command = Command::new("node");
        command
            .args(["node_modules/fabric-shim/cli.js", "server"])
            .current_dir(folder)
            .env("CORE_CHAINCODE_ID", chaincode_id)
            .env("CORE_CHAINCODE_ADDRESS", format!("127.0.0.1:{port}"))
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        if let Some(authority) = tls {
            command.env("CORE_CHAINCODE_TLS_KEY_FILE", authority.file("server.key"));
            command.env("CORE_CHAINCODE_TLS_CERT_FILE", authority.file("server.pem"));
            if ask_for_client {
                command.env("CORE_CHAINCODE_TLS_CLIENT_CACERT_FILE", authority.file("ca.pem"));
            }
        }
        let mut program = command.spawn().unwrap();
        let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
        loop {
            let line = lines.next_line().await.unwrap();
            assert!(line.is_some(), "the Node.js sample ended: {:?}", program.wait().await);
            if line.is_some_and(|line| line.contains("Bootstrap process completed")) {
                break;
            }
        }
        let log = tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { program, log }
    }

    /// Kills the program and waits for its end.
    pub async fn stop(mut self) {
        self.program.kill().await.unwrap();
        self.log.await.unwrap();
    }
}
