//! The stand-in for CouchDB: `PouchDB` behind CouchDB's HTTP interface.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// The stand-in on 127.0.0.1; killed when dropped.
#[derive(Debug)]
pub struct CouchDbStandIn {
    _program: Child,
    port: u16,
}

impl CouchDbStandIn {
    /// Starts it and waits until it serves. With `NAME:PASSWORD`, it requires these credentials.
    pub async fn start(credentials: Option<&str>) -> Self {
        let folder = crate::source_tree().join("conformance/couchdb-stand-in");
        assert!(folder.join("node_modules").is_dir(), "type npm ci --ignore-scripts in {}", folder.display());
        let mut program = Command::new("node")
            .arg("server.mjs")
            .args(credentials)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
        let port = lines.next_line().await.unwrap().unwrap();
        Self { _program: program, port: port.parse().unwrap() }
    }

    /// Returns the port on which it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}
