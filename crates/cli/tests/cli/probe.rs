//! `ccs probe`, against servers that this test starts.

mod fake;
mod refused;
mod samples;
mod settings;
mod stream;
mod tls;
mod wait;

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Output;

use asset_transfer::{ServerConfig, TlsFiles};
use ccs_testkit::{Authority, Pair};
use tokio::net::TcpListener;

use crate::{ccs, stderr, stdout};

/// The ID that every server here announces.
fn id() -> String {
    format!("basic:{}", "5f".repeat(32))
}

/// Runs `ccs probe` without holding up the servers of the test.
async fn probe(arguments: &[&str]) -> Output {
    let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    let run = move || {
        let arguments: Vec<&str> =
            std::iter::once("probe").chain(arguments.iter().map(String::as_str)).collect();
        ccs(&arguments)
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

/// Probes with `--json`; returns the document.
async fn document(arguments: &[&str]) -> serde_json::Value {
    let output = probe(&[arguments, &["--json"]].concat()).await;
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(&output)))
}

/// Probes, checks code and cause, and compares the messages with a snapshot.
async fn fails(name: &str, arguments: &[&str], (code, cause): (i32, &str)) {
    let document = document(arguments).await;
    assert_eq!(document["cause"], cause, "{document:#}");
    assert_eq!(document["exit_code"], code);
    assert_eq!(document["reachable"], false);
    let output = probe(arguments).await;
    assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
    snapshot(name, &output);
}

/// Compares the output with a snapshot, without the parts that differ from run to run.
fn snapshot(name: &str, output: &Output) {
    let code = output.status.code().unwrap();
    let text = format!("{}--- stderr, exit code {code}\n{}", stdout(output), stderr(output));
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r" +[0-9.]+ (µs|ms|s)    ", " [time]    ");
    settings.add_filter(r":\d{4,5}\b", ":[port]");
    settings.add_filter(r"port \d{4,5}\b", "port [port]");
    settings.add_filter(r"'sport = \S+'", "'sport = :[port]'");
    settings.add_filter(r"/\S+/(\w+\.(json|tgz|pem|key))", "[folder]/$1");
    settings.bind(|| snapshot_of_text(name, &text));
}

/// Keeps every snapshot in one folder, whichever module asks.
fn snapshot_of_text(name: &str, text: &str) {
    insta::assert_snapshot!(name, text);
}

/// A listener on a free port of 127.0.0.1.
async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// The TLS settings of the Rust sample.
#[derive(Clone, Copy)]
enum Serve<'a> {
    Plaintext,
    Tls(&'a Authority),
    MutualTls(&'a Authority),
}

/// Starts the Rust sample under the common ID.
async fn rust_sample(serve: Serve<'_>) -> SocketAddr {
    let (listener, address) = listener().await;
    start(listener, serve, &id());
    address
}

/// Starts the Rust sample on a listener; it stops with the test.
fn start(listener: TcpListener, serve: Serve<'_>, chaincode_id: &str) {
    let files = |authority: &Authority, client_ca: Option<&str>| TlsFiles {
        key: authority.file("server.key"),
        certificate: authority.file("server.pem"),
        client_ca: client_ca.map(|name| authority.file(name)),
    };
    let tls = match serve {
        Serve::Plaintext => None,
        Serve::Tls(authority) => Some(files(authority, None)),
        Serve::MutualTls(authority) => Some(files(authority, Some("ca.pem"))),
    };
    let config = ServerConfig { chaincode_id: chaincode_id.to_owned(), listen: String::new(), tls };
    tokio::spawn(asset_transfer::serve_on(listener, config, std::future::pending()));
}

/// Returns the path of a file in the authority's folder, as text.
fn file(authority: &Authority, name: &str) -> String {
    authority.file(name).to_str().unwrap().to_owned()
}

/// Writes a client's pair into the authority's folder; returns the options that name it.
fn client_options(authority: &Authority, pair: &Pair) -> [String; 4] {
    fs::write(authority.file("client.pem"), &pair.certificate).unwrap();
    fs::write(authority.file("client.key"), &pair.key).unwrap();
    let [cert, key] = ["client.pem", "client.key"].map(|name| file(authority, name));
    ["--client-cert".to_owned(), cert, "--client-key".to_owned(), key]
}

/// Makes a package with the command; returns its ID.
fn package(out: &Path, address: &str, options: &[&str]) -> String {
    let arguments = ["package", out.to_str().unwrap(), "--label", "basic", "--address", address];
    let output = ccs(&[&arguments, options].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output).trim_end().to_owned()
}
