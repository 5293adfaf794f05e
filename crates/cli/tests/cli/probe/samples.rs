//! Real chaincode: a probe reaches it and does not change it.

use ccs_chaincode::{Chaincode, RegisterOptions};
use ccs_dial::connection::{ClientPair, ConnectionTls};
use ccs_dial::{ChaincodeConnection, ConnectionInfo};
use ccs_files::PackageId;
use ccs_testkit::{Authority, NodeSample};

use super::{Serve, client_options, document, file, id, probe, rust_sample, snapshot};

/// How a chaincode is reached, as options of the command and as a peer's settings.
struct Way<'a> {
    address: String,
    authority: Option<&'a Authority>,
    mutual: bool,
}

impl Way<'_> {
    fn arguments(&self) -> Vec<String> {
        let mut arguments = vec![self.address.clone(), "--id".to_owned(), id()];
        if let Some(authority) = self.authority {
            arguments.extend(["--root-cert".to_owned(), file(authority, "ca.pem")]);
            if self.mutual {
                arguments.extend(client_options(authority, &authority.client));
            }
        }
        arguments
    }

    async fn register(&self) -> Chaincode {
        let tls = self.authority.map(|authority| ConnectionTls {
            root_cert: authority.root.clone(),
            client: self.mutual.then(|| ClientPair {
                key: authority.client.key.clone(),
                cert: authority.client.certificate.clone(),
                domain: None,
            }),
        });
        let dial_timeout = ConnectionInfo::DEFAULT_DIAL_TIMEOUT;
        let info = ConnectionInfo { address: self.address.clone(), dial_timeout, tls };
        let connection = ChaincodeConnection::dial(&info).await.unwrap();
        let id: PackageId = id().parse().unwrap();
        Chaincode::register(connection, &id, &RegisterOptions::default()).await.unwrap()
    }

    async fn reachable(&self) {
        let arguments = self.arguments();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let document = document(&arguments).await;
        assert_eq!(document["reachable"], true, "{document:#}");
        assert_eq!(document["announced_id"], id());
    }

    /// Probes before, during and after a peer's session, which continues undisturbed.
    async fn stays_as_it_was(&self) {
        for _ in 0..3 {
            self.reachable().await;
        }
        let chaincode = self.register().await;
        chaincode.submit("mychannel", "basic", &["InitLedger"]).await.unwrap();
        self.reachable().await;
        let asset = chaincode.evaluate("mychannel", "basic", &["ReadAsset", "asset1"]).await.unwrap();
        assert_eq!(asset.status, 200, "{}", asset.message);
        chaincode.close().await;
        self.reachable().await;
        let chaincode = self.register().await;
        assert_eq!(chaincode.submit("mychannel", "basic", &["InitLedger"]).await.unwrap().status, 200);
        chaincode.close().await;
    }
}

async fn rust(authority: Option<&Authority>, mutual: bool) {
    let serve = match authority {
        None => Serve::Plaintext,
        Some(authority) if mutual => Serve::MutualTls(authority),
        Some(authority) => Serve::Tls(authority),
    };
    let address = rust_sample(serve).await.to_string();
    Way { address, authority, mutual }.stays_as_it_was().await;
}

async fn node(authority: Option<&Authority>, mutual: bool) {
    let port = NodeSample::free_port();
    let sample = NodeSample::start(&id(), port, authority, mutual).await;
    Way { address: format!("127.0.0.1:{port}"), authority, mutual }.stays_as_it_was().await;
    sample.stop().await;
}

#[tokio::test]
async fn the_rust_sample_is_reached_in_plaintext_and_stays_as_it_was() {
    rust(None, false).await;
}

#[tokio::test]
async fn the_rust_sample_is_reached_over_tls_and_stays_as_it_was() {
    rust(Some(&Authority::new()), false).await;
}

#[tokio::test]
async fn the_rust_sample_is_reached_over_mutual_tls_and_stays_as_it_was() {
    rust(Some(&Authority::new()), true).await;
}

#[tokio::test]
#[ignore = "needs Node.js 18 or later and `npm ci` in samples/asset-transfer-node"]
async fn the_node_sample_is_reached_in_plaintext_and_stays_as_it_was() {
    node(None, false).await;
}

#[tokio::test]
#[ignore = "needs Node.js 18 or later and `npm ci` in samples/asset-transfer-node"]
async fn the_node_sample_is_reached_over_tls_and_stays_as_it_was() {
    node(Some(&Authority::new()), false).await;
}

#[tokio::test]
#[ignore = "needs Node.js 18 or later and `npm ci` in samples/asset-transfer-node"]
async fn the_node_sample_is_reached_over_mutual_tls_and_stays_as_it_was() {
    node(Some(&Authority::new()), true).await;
}

#[tokio::test]
async fn a_reachable_chaincode_is_told_step_by_step() {
    let authority = Authority::new();
    let address = rust_sample(Serve::MutualTls(&authority)).await.to_string();
    let way = Way { address, authority: Some(&authority), mutual: true };
    let arguments = way.arguments();
    let output = probe(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert_eq!(output.status.code(), Some(0));
    snapshot("reachable", &output);
}
