//! Tests the Node.js sample with the same fake peer: both samples must return the same answers.

use ccs_testkit::{Authority, NodeSample};

use crate::answers;
use crate::fake_peer::{FakePeer, Security};

const CHAINCODE_ID: &str = "basic_1.0:0123456789abcdef";

/// Runs all transactions, then stops the program.
async fn check(sample: NodeSample, port: u16, security: Security<'_>) {
    let mut peer = FakePeer::connect(port, security).await.unwrap();
    assert_eq!(peer.registered_id, CHAINCODE_ID);
    answers::check(&mut peer).await;
    sample.stop().await;
}

#[tokio::test]
#[ignore = "needs Node.js 18 or later and `npm ci` in samples/asset-transfer-node"]
async fn the_node_sample_answers_a_fake_peer_over_plaintext() {
    let port = NodeSample::free_port();
    check(NodeSample::start(CHAINCODE_ID, port, None, false).await, port, Security::Plaintext).await;
}

#[tokio::test]
#[ignore = "needs Node.js 18 or later and `npm ci` in samples/asset-transfer-node"]
async fn the_node_sample_answers_a_fake_peer_over_tls() {
    let (authority, port) = (Authority::new(), NodeSample::free_port());
    let sample = NodeSample::start(CHAINCODE_ID, port, Some(&authority), false).await;
    check(sample, port, Security::Tls(&authority)).await;
}

#[tokio::test]
#[ignore = "needs Node.js 18 or later and `npm ci` in samples/asset-transfer-node"]
async fn the_node_sample_answers_a_fake_peer_over_mutual_tls_and_refuses_one_without_certificate() {
    let (authority, port) = (Authority::new(), NodeSample::free_port());
    let sample = NodeSample::start(CHAINCODE_ID, port, Some(&authority), true).await;
    let refusal = FakePeer::connect(port, Security::Tls(&authority)).await.err().expect("a refusal");
    // The server closes the connection after its alert; on a busy machine, the client may see the close first.
    let refusal = format!("{refusal:?}");
    let is_refused =
        ["CertificateRequired", "connection closed"].iter().any(|reason| refusal.contains(reason));
    assert!(is_refused, "{refusal}");
    check(sample, port, Security::MutualTls(&authority, &authority.client)).await;
}
