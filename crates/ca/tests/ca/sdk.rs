//! The clients of Fabric: the SDK for Node.js, and the command line of Fabric CA.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::client::{Network, certificate};

/// What the SDK for Node.js prints.
const NODE: &str = "\
admin: none
secret: 12 letters
appUser1: {\"attrs\":{\"abac.creator\":\"true\",\"hf.Affiliation\":\"org1.department1\",\"hf.EnrollmentID\":\"appUser1\",\"hf.Type\":\"client\"}}
again: {\"attrs\":{\"abac.creator\":\"true\",\"hf.Affiliation\":\"org1.department1\",\"hf.EnrollmentID\":\"appUser1\",\"hf.Type\":\"client\"}}
wrong secret: 20 Authentication failure
enrolled twice: 20 Authentication failure
registered twice: 74 Identity 'appUser1' is already registered
not a registrar: 71 Authorization failure
revoked: 2
revoked: 20 Authentication failure
";

fn conformance(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance").join(folder)
}

/// Serves a CA while a function runs, to which it passes the URL and the file with the certificate to trust.
async fn with_server<T: Send + 'static>(act: impl FnOnce(&str, &Path) -> T + Send + 'static) -> T {
    let network = Network::new();
    let folder = tempfile::tempdir().unwrap();
    let tls = certificate();
    let root = folder.path().join("ca-cert.pem");
    std::fs::write(&root, &tls.certificate).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let stop = CancellationToken::new();
    let (ca, stopping) = (Arc::new(network.ca), stop.clone());
    let serving = tokio::spawn(async move { ccs_ca::serve(listener, &tls, ca, stopping).await });
    let done = tokio::task::spawn_blocking(move || act(&url, &root)).await.unwrap();
    stop.cancel();
    serving.await.unwrap().unwrap();
    done
}

/// Runs a command, and returns its output and its messages.
fn run(command: &mut Command) -> (String, String) {
    let output = command.output().unwrap();
    let [text, messages] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(output.status.success(), "{command:?}: {text}{messages}");
    (text, messages)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Node.js 18 or later and npm"]
async fn the_sdk_for_node_gets_the_answers_of_fabric_ca() {
    let (text, _) = with_server(|url, _| {
        let folder = conformance("ca-node");
        let mut npm = Command::new("npm");
        run(npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder));
        run(Command::new("node").arg("check.js").args([url, "ca-org1"]).current_dir(folder))
    })
    .await;
    assert_eq!(text, NODE);
}

/// Runs the command line of Fabric CA for an identity, whose files are in a folder.
fn fabric_ca_client(folder: &Path, arguments: &[&str]) -> (String, String) {
    let mut client = Command::new("go");
    client.args(["tool", "fabric-ca-client"]).args(arguments).arg("--home").arg(folder);
    run(client
        .arg("--tls.certfiles")
        .arg(folder.with_file_name("ca-cert.pem"))
        .current_dir(conformance("go-ca")))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Go, and builds the command line of Fabric CA, which takes minutes the first time"]
async fn the_command_line_of_fabric_ca_registers_and_enrolls() {
    with_server(|url, root| {
        let [admin, user] = ["admin", "user"].map(|name| root.with_file_name(name));
        let at = |secret: &str| url.replace("https://", &format!("https://{secret}@"));
        fabric_ca_client(&admin, &["enroll", "-u", &at("admin:adminpw"), "--caname", "ca-org1"]);
        let creator = ["--id.name", "creator1", "--id.secret", "creator1pw", "--id.type", "client"];
        let more = ["--id.affiliation", "org1", "--id.attrs", "abac.creator=true:ecert", "-u", url];
        let (text, _) = fabric_ca_client(&admin, &[&["register"][..], &creator, &more].concat());
        assert_eq!(text, "Password: creator1pw\n");
        fabric_ca_client(&user, &["enroll", "-u", &at("creator1:creator1pw"), "--caname", "ca-org1"]);
        let read = || std::fs::read(user.join("msp/signcerts/cert.pem")).unwrap();
        let first = read();
        let certificate = ccs_identity::Certificate::from_pem(&first).unwrap();
        // The default request of this client, with the units of the CA.
        assert_eq!(
            certificate.subject(),
            "CN=creator1,OU=org1+OU=client,O=Hyperledger,ST=North Carolina,C=US"
        );
        let parsed = ccs_certificates::Certificate::from_der(certificate.der()).unwrap();
        assert_eq!(
            parsed.attributes().map(|json| String::from_utf8_lossy(json).into_owned()).as_deref(),
            Some(
                "{\"attrs\":{\"abac.creator\":\"true\",\"hf.Affiliation\":\"org1\",\
                 \"hf.EnrollmentID\":\"creator1\",\"hf.Type\":\"client\"}}"
            )
        );
        fabric_ca_client(&user, &["reenroll", "-u", url, "--caname", "ca-org1"]);
        assert_ne!(read(), first);
        let (_, messages) = fabric_ca_client(&admin, &["revoke", "-e", "creator1", "-u", url]);
        assert!(messages.contains("Successfully revoked certificates"), "{messages}");
    })
    .await;
}
