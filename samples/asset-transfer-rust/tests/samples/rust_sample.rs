//! Tests the Rust sample with a fake peer, in this process and as a program.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use crate::answers;
use crate::fake_peer::{FakePeer, Security};
use asset_transfer::{ServeError, ServerConfig, TlsFiles, serve_on};
use ccs_testkit::Authority;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

const CHAINCODE_ID: &str = "basic_1.0:0123456789abcdef";

struct Sample {
    port: u16,
    stop: oneshot::Sender<()>,
    served: JoinHandle<Result<(), ServeError>>,
}

async fn start(tls: Option<TlsFiles>) -> Sample {
    let listener = TcpListener::bind("localhost:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = ServerConfig { chaincode_id: CHAINCODE_ID.to_owned(), listen: String::new(), tls };
    let (stop, stopped) = oneshot::channel();
    let shutdown = async { stopped.await.unwrap() };
    Sample { port, stop, served: tokio::spawn(serve_on(listener, config, shutdown)) }
}

impl Sample {
    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.served.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn the_contract_answers_a_fake_peer_over_plaintext() {
    let sample = start(None).await;
    let mut peer = FakePeer::connect(sample.port, Security::Plaintext).await.unwrap();
    assert_eq!(peer.registered_id, CHAINCODE_ID);
    answers::check(&mut peer).await;
    // The peer is still connected: stopping must not wait for it.
    sample.stop().await;
}

#[tokio::test]
async fn the_contract_answers_a_fake_peer_over_tls() {
    let authority = Authority::new();
    let sample = start(Some(server_files(&authority, false))).await;
    let mut peer = FakePeer::connect(sample.port, Security::Tls(&authority)).await.unwrap();
    assert_eq!(peer.registered_id, CHAINCODE_ID);
    assert_eq!(peer.submit(&["AssetExists", "asset1"]).await.unwrap().payload, b"false");
    sample.stop().await;
}

#[tokio::test]
async fn mutual_tls_admits_the_certificate_of_its_ca_and_no_other() {
    let authority = Authority::new();
    let sample = start(Some(server_files(&authority, true))).await;
    let admitted = Security::MutualTls(&authority, &authority.client);
    let mut peer = FakePeer::connect(sample.port, admitted).await.unwrap();
    assert_eq!(peer.registered_id, CHAINCODE_ID);
    assert_eq!(peer.submit(&["AssetExists", "asset1"]).await.unwrap().payload, b"false");

    let stranger = Authority::new().client;
    for (security, alert) in [
        (Security::Tls(&authority), "CertificateRequired"),
        (Security::MutualTls(&authority, &stranger), "DecryptError"),
        (Security::Plaintext, "http2 error"),
    ] {
        let refusal = FakePeer::connect(sample.port, security).await.err().expect("a refusal");
        assert!(format!("{refusal:?}").contains(alert), "{refusal:?} lacks {alert}");
    }
    sample.stop().await;
}

/// Starts the sample as a program, with only `variables` as its environment.
fn program(variables: &[(&str, &str)]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_asset-transfer"))
        .env_clear()
        .envs(variables.iter().copied())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[tokio::test]
async fn the_program_says_where_it_listens_and_ends_on_sigterm_while_a_peer_is_connected() {
    let mut program = program(&[("CHAINCODE_ID", CHAINCODE_ID), ("CHAINCODE_SERVER_ADDRESS", "localhost:0")]);
    let mut stderr = BufReader::new(program.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    let address = line.strip_prefix("listening on ").unwrap();
    let (address, rest) = address.split_once(", ").unwrap();
    assert_eq!(rest, format!("chaincode {CHAINCODE_ID}, tls off\n"));

    let port = address.rsplit_once(':').unwrap().1.parse().unwrap();
    let peer = FakePeer::connect(port, Security::Plaintext).await.unwrap();
    assert_eq!(peer.registered_id, CHAINCODE_ID);
    assert!(Command::new("kill").arg(program.id().to_string()).status().unwrap().success());
    assert!(program.wait().unwrap().success());
}

#[test]
fn the_program_refuses_an_unusable_configuration_with_one_line_and_a_hint() {
    let authority = Authority::new();
    let (key, ca) = (authority.file("server.key"), authority.file("ca.pem"));
    let (key, ca) = (key.to_str().unwrap(), ca.to_str().unwrap());
    let tls = |key, certificate| {
        vec![
            ("CHAINCODE_ID", CHAINCODE_ID),
            ("CHAINCODE_SERVER_ADDRESS", "localhost:0"),
            ("CHAINCODE_TLS_DISABLED", "false"),
            ("CHAINCODE_TLS_KEY", key),
            ("CHAINCODE_TLS_CERT", certificate),
        ]
    };
    for (variables, error) in [
        (vec![], "CHAINCODE_ID is not set".to_owned()),
        (
            vec![("CHAINCODE_ID", CHAINCODE_ID), ("CHAINCODE_SERVER_ADDRESS", "localhost")],
            "cannot listen on localhost: invalid socket address".to_owned(),
        ),
        (tls(ca, ca), format!("cannot read the private key from {ca}: no items found")),
        (tls(key, key), format!("cannot read the certificate from {key}: no items found")),
        (
            tls(key, ca),
            format!("cannot use the certificate in {ca}: keys may not be consistent: KeyMismatch"),
        ),
    ] {
        let mut program = program(&variables);
        let mut stderr = String::new();
        program.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        let (first, hint) = stderr.split_once('\n').unwrap();
        assert_eq!(first, format!("error: {error}"));
        assert!(hint.starts_with("hint: ") && hint.lines().count() == 1, "{stderr}");
        assert_eq!(program.wait().unwrap().code(), Some(1));
    }
}

/// Returns the files of a server that requests client certificates, or that does not.
fn server_files(authority: &Authority, ask_for_client_certificate: bool) -> TlsFiles {
    TlsFiles {
        key: authority.file("server.key"),
        certificate: authority.file("server.pem"),
        client_ca: ask_for_client_certificate.then(|| authority.file("ca.pem")),
    }
}
