//! Each official shim, started with exactly the variables of `ccs env`, registers with a peer over plaintext, TLS and mutual
//! TLS.

use ccs_chaincode::{Chaincode, RegisterOptions};
use ccs_dial::{ChaincodeConnection, ConnectionInfo};
use ccs_testkit::{NodeSample, Shim, ShimServer};

use tempfile::TempDir;

use super::{packages, succeed};

/// The variables of `ccs env`.
fn variables(folder: &TempDir, package: &str, lang: &str, options: &[&str]) -> Vec<(String, String)> {
    let env = succeed(folder, &[&["env", package, "--lang", lang, "--json"], options].concat());
    let env: serde_json::Value = serde_json::from_slice(&env.stdout).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    env["variables"].as_array().unwrap().iter().map(|v| (text(&v["name"]), text(&v["value"]))).collect()
}

/// Dials as the package says and registers; the dialer tries again until the server listens.
async fn register(folder: &TempDir, package: &str) -> Result<Chaincode, String> {
    let code = tempfile::tempdir().unwrap();
    let unpacked = ccs_package::disk::unpack_code(
        std::fs::File::open(folder.path().join(package)).unwrap(),
        code.path(),
        &ccs_package::Limits::default(),
    );
    let file = folder.path().join("connection.json");
    std::fs::copy(code.path().join("connection.json"), &file).unwrap();
    let info = ConnectionInfo::read(&file).unwrap();
    let connection = ChaincodeConnection::dial(&info).await.map_err(|error| format!("{package}: {error}"))?;
    Chaincode::register(connection, unpacked.unwrap().id(), &RegisterOptions::default())
        .await
        .map_err(|error| format!("{package}: {error}"))
}

/// Runs all steps for each kind of security: package, `ccs env`, the server, a peer that dials and registers.
async fn registers(lang: &str, shim: Shim) {
    for package in ["plain.tgz", "tls.tgz", "mutual.tgz"] {
        let folder = packages(&format!("127.0.0.1:{}", NodeSample::free_port()));
        let tls = if package == "plain.tgz" { &[][..] } else { &["--tls", "tls"] };
        let server = ShimServer::start(&shim, &variables(&folder, package, lang, tls));
        // The probe does not change the server, so the peer can dial afterwards.
        let probe = succeed(&folder, &["probe", package, "--wait", "60s", "--json"]);
        let probe: serde_json::Value = serde_json::from_slice(&probe.stdout).unwrap();
        let id = succeed(&folder, &["id", package]).stdout;
        assert_eq!(probe["announced_id"], String::from_utf8_lossy(&id).trim_end());
        let chaincode = register(&folder, package).await;
        let chaincode = chaincode.unwrap_or_else(|error| panic!("{error}: {}", server.log()));
        let written = chaincode.submit("mychannel", "basic", &["InitLedger"]).await.unwrap();
        assert_eq!(written.status, 200, "{}", written.message);
        let asset = chaincode.evaluate("mychannel", "basic", &["ReadAsset", "asset3"]).await.unwrap();
        assert_eq!(
            String::from_utf8_lossy(&asset.payload),
            r#"{"AppraisedValue":500,"Color":"green","ID":"asset3","Owner":"Jin Soo","Size":10}"#
        );
        let refused = chaincode.evaluate("mychannel", "basic", &["ReadAsset", "asset7"]).await.unwrap();
        assert!(refused.status == 500 && refused.message.contains("the asset asset7 does not exist"));
        chaincode.close().await;
        if package == "mutual.tgz" {
            // No variable makes the Java shim ask for a certificate, as `ccs env` warns.
            assert_eq!(dials_without_certificate(&folder).await, lang == "java", "{}", server.log());
        }
        server.stop();
    }
}

/// Returns whether a peer without a certificate gets through to the server of mutual.tgz.
async fn dials_without_certificate(folder: &TempDir) -> bool {
    let file = folder.path().join("without.json");
    let json = std::fs::read_to_string(folder.path().join("connection.json")).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&json).unwrap();
    json["client_auth_required"] = false.into();
    json["dial_timeout"] = "2s".into();
    std::fs::write(&file, json.to_string()).unwrap();
    ChaincodeConnection::dial(&ConnectionInfo::read(&file).unwrap()).await.is_ok()
}

fn rust_sample() -> Shim {
    let program = assert_cmd::cargo::cargo_bin("ccs");
    Shim::Other { program, arguments: vec!["sample-chaincode".to_owned()] }
}

#[tokio::test]
async fn at_each_step_of_a_change_of_the_ca_the_files_of_one_side_may_be_a_step_behind() {
    let folder = packages(&format!("127.0.0.1:{}", NodeSample::free_port()));
    for (step, options) in
        [&[][..], &["rotate", "tls"], &["rotate", "tls", "--reissue"], &["rotate", "tls", "--finish"]]
            .iter()
            .enumerate()
    {
        if !options.is_empty() {
            succeed(&folder, &[&["tls"], *options].concat());
        }
        let copied = std::process::Command::new("cp")
            .args(["-r", "tls", &format!("tls{step}")])
            .current_dir(folder.path())
            .status();
        assert!(copied.unwrap().success());
    }
    let port = NodeSample::free_port();
    let address = format!("127.0.0.1:{port}");
    for step in 0..4 {
        let (out, tls) = (format!("{step}.tgz"), format!("tls{step}"));
        let package =
            ["package", &out, "--label", "basic_1.0", "--address", &address, "--dial-timeout", "20s"];
        succeed(&folder, &[&package[..], &["--tls", &tls]].concat());
    }
    for (peer, server) in [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (2, 1), (2, 2), (2, 3), (3, 2), (3, 3)] {
        let package = format!("{peer}.tgz");
        let started = ShimServer::start(
            &rust_sample(),
            &variables(&folder, &package, "rust", &["--tls", &format!("tls{server}")]),
        );
        let chaincode = register(&folder, &package).await;
        let chaincode =
            chaincode.unwrap_or_else(|error| panic!("server {server}: {error}: {}", started.log()));
        chaincode.close().await;
        started.stop();
    }
    // Two steps apart they do not trust each other, which is why there are steps.
    let variables = variables(&folder, "0.tgz", "rust", &["--tls", "tls2"]);
    let started = ShimServer::start(&rust_sample(), &variables);
    let error = register(&folder, "0.tgz").await.err().unwrap();
    assert!(error.contains("certificate"), "{error}: {}", started.log());
}

#[tokio::test]
async fn the_rust_sample_registers_with_these_variables_and_nothing_else() {
    registers("rust", rust_sample()).await;
}

#[tokio::test]
#[ignore = "needs Node.js 18 or later and `npm ci` in samples/asset-transfer-node"]
async fn the_node_shim_registers_with_these_variables_and_nothing_else() {
    registers("node", Shim::Node).await;
}

#[tokio::test]
#[ignore = "needs Go and `go build -o target/asset-transfer-go .` in samples/asset-transfer-go"]
async fn the_go_shim_registers_with_these_variables_and_nothing_else() {
    registers("go", Shim::Go).await;
}

#[tokio::test]
#[ignore = "needs Java, and Maven for `mvn package` in samples/asset-transfer-java"]
async fn the_java_shim_registers_with_these_variables_and_nothing_else() {
    registers("java", Shim::Java).await;
}
