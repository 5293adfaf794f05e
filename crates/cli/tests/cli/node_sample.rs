//! All steps, up to the official Node.js shim: `ccs package`, the builder's programs under the rules of a peer,
//! the released connection.json, the stream, transactions.

use std::fs;
use std::path::{Path, PathBuf};

use ccs_chaincode::{Chaincode, RegisterOptions};
use ccs_dial::{ChaincodeConnection, ConnectionInfo};
use ccs_files::PackageId;
use ccs_host::{BuildHost, ExternalBuilder, PackageSource};
use ccs_package::{Limits, disk};
use ccs_testkit::{Authority, NodeSample, ccs_builder};

use crate::{ccs, stderr, stdout};

/// How the peer reaches the chaincode of a package.
enum Security<'a> {
    Plaintext,
    Tls(&'a Authority),
    MutualTls(&'a Authority),
}

/// Makes the package with the command, and returns its file and ID.
fn package(folder: &Path, port: u16, security: &Security<'_>) -> (PathBuf, PackageId) {
    let out = folder.join("basic.tgz");
    let mut arguments = vec!["package".to_owned(), out.to_str().unwrap().to_owned()];
    arguments.extend(["--label", "basic_1.0", "--address"].map(str::to_owned));
    arguments.push(format!("127.0.0.1:{port}"));
    let mut option = |name: &str, text: &str| {
        let file = folder.join(name);
        fs::write(&file, text).unwrap();
        arguments.extend([format!("--{name}"), file.to_str().unwrap().to_owned()]);
    };
    match security {
        Security::Plaintext => {}
        Security::Tls(authority) => option("root-cert", &authority.root),
        Security::MutualTls(authority) => {
            option("root-cert", &authority.root);
            option("client-cert", &authority.client.certificate);
            option("client-key", &authority.client.key);
        }
    }
    let output = ccs(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(output.status.success(), "{}", stderr(&output));
    (out, stdout(&output).trim_end().parse().unwrap())
}

/// Installs the builder and runs it over the package; returns the released connection.json.
async fn build(folder: &Path, file: &Path, id: &PackageId) -> PathBuf {
    let bin = folder.join("builder/bin");
    let installed = std::process::Command::new(ccs_builder()).arg("install").arg(bin).output().unwrap();
    assert!(installed.status.success());
    let metadata = disk::load(file, &Limits::default()).unwrap().metadata_bytes().to_vec();
    let unpack = |target: &Path| {
        disk::unpack_code(fs::File::open(file)?, target, &Limits::default())?;
        Ok(())
    };
    let builder = ExternalBuilder {
        name: "ccs".to_owned(),
        path: folder.join("builder"),
        propagate_environment: vec![],
    };
    let host = BuildHost::new(vec![builder], &folder.join("peer"));
    let package = PackageSource { id, metadata: &metadata, unpack: Box::new(unpack) };
    host.build(package, &mut |_| ()).await.unwrap().connection_file().unwrap()
}

async fn answers_over(security: Security<'_>) {
    let folder = tempfile::tempdir().unwrap();
    let port = NodeSample::free_port();
    let (file, id) = package(folder.path(), port, &security);
    let released = build(folder.path(), &file, &id).await;
    let (authority, mutual) = match security {
        Security::Plaintext => (None, false),
        Security::Tls(authority) => (Some(authority), false),
        Security::MutualTls(authority) => (Some(authority), true),
    };
    let sample = NodeSample::start(&id.to_string(), port, authority, mutual).await;

    let connection = ChaincodeConnection::dial(&ConnectionInfo::read(&released).unwrap()).await.unwrap();
    let chaincode = Chaincode::register(connection, &id, &RegisterOptions::default()).await.unwrap();
    let submit = async |arguments: &[&str]| chaincode.submit("mychannel", "basic", arguments).await.unwrap();
    let evaluate =
        async |arguments: &[&str]| chaincode.evaluate("mychannel", "basic", arguments).await.unwrap();

    assert_eq!(submit(&["InitLedger"]).await.status, 200);
    let all: serde_json::Value = serde_json::from_slice(&evaluate(&["GetAllAssets"]).await.payload).unwrap();
    assert_eq!(all.as_array().unwrap().len(), 6);
    assert_eq!(submit(&["TransferAsset", "asset1", "Ada"]).await.payload, b"Tomoko");
    let asset = evaluate(&["ReadAsset", "asset1"]).await.payload;
    assert!(
        String::from_utf8_lossy(&asset).contains(r#""Owner":"Ada""#),
        "{}",
        String::from_utf8_lossy(&asset)
    );
    assert_eq!(submit(&["DeleteAsset", "asset1"]).await.status, 200);
    let refused = evaluate(&["ReadAsset", "asset1"]).await;
    assert_eq!(refused.status, 500);
    assert!(refused.message.contains("the asset asset1 does not exist"), "{}", refused.message);
    chaincode.close().await;
    sample.stop().await;
}

#[tokio::test]
#[ignore = "needs Node.js 18 or later and `npm ci` in samples/asset-transfer-node"]
async fn the_node_sample_answers_over_plaintext() {
    answers_over(Security::Plaintext).await;
}

#[tokio::test]
#[ignore = "needs Node.js 18 or later and `npm ci` in samples/asset-transfer-node"]
async fn the_node_sample_answers_over_tls() {
    answers_over(Security::Tls(&Authority::new())).await;
}

#[tokio::test]
#[ignore = "needs Node.js 18 or later and `npm ci` in samples/asset-transfer-node"]
async fn the_node_sample_answers_over_mutual_tls() {
    answers_over(Security::MutualTls(&Authority::new())).await;
}
