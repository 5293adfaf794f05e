//! The common parts of the benchmarks of `ccs dev`: a peer in a separate process, and its client.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use ccs_client::{Call, Endpoint, Gateway, Tls};
use ccs_identity::Signer;
use serde_json::Value;

const TIMEOUT: Duration = Duration::from_secs(30);

/// A process that is killed when it is dropped.
pub(crate) struct Process(pub(crate) Child);

impl Drop for Process {
    fn drop(&mut self) {
        // A process that has already ended cannot be killed, and does not have to be.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a peer with the chaincode `basic` at an address, and connects a client once the peer listens.
pub(crate) async fn start_peer(
    program: &str,
    folder: &Path,
    chaincode: &str,
    options: &[&str],
) -> (Process, Gateway) {
    let peer = Command::new(program)
        .args(["dev", "--json", "--listen", "127.0.0.1:0", "--chaincode-listen", "127.0.0.1:0"])
        .args(["--chaincode", &format!("basic={chaincode}")])
        .args(options)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn();
    let mut peer = Process(peer.expect("the peer"));
    let mut lines = BufReader::new(peer.0.stdout.take().expect("its output")).lines();
    let endpoint = loop {
        let line = lines.next().expect("a peer that goes on").expect("text");
        let document: Value = serde_json::from_str(&line).expect("a document");
        if document["event"] == "ready" {
            break document["endpoint"].as_str().expect("an address").to_owned();
        }
    };
    // The peer never waits for a full pipe.
    std::thread::spawn(move || lines.for_each(drop));
    let gateway = connect(folder, &endpoint).await;
    (peer, gateway)
}

/// Connects as `User1` of the organization whose files are in the folder.
async fn connect(folder: &Path, endpoint: &str) -> Gateway {
    let organization = folder.join("organizations/peerOrganizations/org1.example.com");
    let read = |path: &str| fs::read(organization.join(path)).expect("a file of the organization");
    let user = "users/User1@org1.example.com/msp";
    let keys = fs::read_dir(organization.join(user).join("keystore")).expect("a folder of keys");
    let key = keys.flatten().next().expect("a key").path();
    let certificate = read(&format!("{user}/signcerts/User1@org1.example.com-cert.pem"));
    let msp = "Org1MSP".parse().expect("an MSP ID");
    let signer = Signer::from_pem(msp, &certificate, &fs::read(key).expect("a key")).expect("a signer");
    let tls = Tls { ca: read("peers/peer0.org1.example.com/tls/ca.crt"), server_name: None };
    let endpoint = Endpoint::new(endpoint, Some(tls)).expect("an endpoint");
    Gateway::connect(&endpoint, Arc::new(signer), TIMEOUT).await.expect("a connection")
}

/// Evaluates whether a nonexistent asset exists.
pub(crate) async fn evaluate(gateway: &Gateway) {
    let mut call = Call::new("mychannel", "basic", "AssetExists");
    call.arguments = vec![b"nobody".to_vec()];
    assert_eq!(gateway.evaluate(&call).await.expect("an answer"), b"false");
}
