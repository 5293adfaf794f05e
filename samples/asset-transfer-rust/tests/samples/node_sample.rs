//! The Node.js sample against the same fake peer: both samples must give the same answers.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::answers;
use crate::certificates::Authority;
use crate::fake_peer::{FakePeer, Security};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

const CHAINCODE_ID: &str = "basic_1.0:0123456789abcdef";

struct Sample {
    port: u16,
    /// Killed when dropped.
    program: Child,
}

/// Starts what `npm start` starts, and waits until its log says that it serves.
async fn start(tls: &[(&str, PathBuf)]) -> Sample {
    // The shim takes no listener and tells no port, so this one was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut program = Command::new("node")
        .args(["node_modules/fabric-shim/cli.js", "server"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../asset-transfer-node"))
        .env("CORE_CHAINCODE_ID", CHAINCODE_ID)
        .env("CORE_CHAINCODE_ADDRESS", format!("127.0.0.1:{port}"))
        .envs(tls.iter().map(|(variable, file)| (variable, file)))
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("node is on the PATH");
    let mut log = BufReader::new(program.stdout.as_mut().unwrap()).lines();
    while let Some(line) = log.next_line().await.unwrap() {
        if line.contains("Bootstrap process completed") {
            return Sample { port, program };
        }
    }
    panic!("the Node.js sample ended: {:?}", program.wait().await);
}

/// Holds the whole conversation, then stops the program.
async fn check(mut sample: Sample, security: Security<'_>) {
    let mut peer = FakePeer::connect(sample.port, security).await.unwrap();
    assert_eq!(peer.registered_id, CHAINCODE_ID);
    // Read on, so that the program is never held up by a full pipe.
    let mut log = BufReader::new(sample.program.stdout.take().unwrap()).lines();
    let reader = tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
    answers::check(&mut peer).await;
    sample.program.kill().await.unwrap();
    reader.await.unwrap();
}

#[tokio::test]
#[ignore = "needs Node.js 18 or later and `npm ci` in samples/asset-transfer-node"]
async fn the_node_sample_answers_a_fake_peer_over_plaintext() {
    check(start(&[]).await, Security::Plaintext).await;
}

#[tokio::test]
#[ignore = "needs Node.js 18 or later and `npm ci` in samples/asset-transfer-node"]
async fn the_node_sample_answers_a_fake_peer_over_tls() {
    let authority = Authority::new();
    let sample = start(&key_and_certificate(&authority)).await;
    check(sample, Security::Tls(&authority)).await;
}

#[tokio::test]
#[ignore = "needs Node.js 18 or later and `npm ci` in samples/asset-transfer-node"]
async fn the_node_sample_answers_a_fake_peer_over_mutual_tls_and_refuses_one_without_certificate() {
    let authority = Authority::new();
    let mut files = key_and_certificate(&authority).to_vec();
    files.push(("CORE_CHAINCODE_TLS_CLIENT_CACERT_FILE", authority.file("ca.pem")));
    let sample = start(&files).await;
    let refusal = FakePeer::connect(sample.port, Security::Tls(&authority)).await.err().expect("a refusal");
    assert!(format!("{refusal:?}").contains("CertificateRequired"), "{refusal:?}");
    check(sample, Security::MutualTls(&authority, &authority.client)).await;
}

fn key_and_certificate(authority: &Authority) -> [(&'static str, PathBuf); 2] {
    [
        ("CORE_CHAINCODE_TLS_KEY_FILE", authority.file("server.key")),
        ("CORE_CHAINCODE_TLS_CERT_FILE", authority.file("server.pem")),
    ]
}
