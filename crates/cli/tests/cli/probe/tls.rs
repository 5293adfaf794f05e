//! Errors of a TLS connection, and the side that rejects it.

use std::fs;

use ccs_testkit::{Authority, Pair};
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, date_time_ymd};

use super::fake::{Conduct, serve};
use super::{Serve, client_options, document, fails, file, rust_sample};

/// An authority whose server certificate differs from a good one.
fn with_server(hosts: &[&str], differ: impl FnOnce(&mut CertificateParams)) -> Authority {
    let authority = Authority::new();
    let Pair { certificate, key } = authority.issue_with("server", hosts, differ);
    fs::write(authority.file("server.pem"), certificate).unwrap();
    fs::write(authority.file("server.key"), key).unwrap();
    authority
}

/// Probes the Rust sample over TLS, with that authority's certificate as root.
async fn fails_over_tls(name: &str, authority: &Authority, code_and_cause: (i32, &str)) {
    let address = rust_sample(Serve::Tls(authority)).await.to_string();
    fails(name, &[&address, "--root-cert", &file(authority, "ca.pem")], code_and_cause).await;
}

#[tokio::test]
async fn a_server_certificate_of_another_ca_is_told_with_its_issuer() {
    let (servers, other) = (Authority::new(), Authority::new());
    let address = rust_sample(Serve::Tls(&servers)).await.to_string();
    let arguments = [&address, "--root-cert", &file(&other, "ca.pem")];
    fails("unknown_ca", &arguments, (32, "unknown-ca")).await;
}

#[tokio::test]
async fn an_expired_server_certificate_is_told_with_its_last_day() {
    let authority = with_server(&["127.0.0.1"], |params| params.not_after = date_time_ymd(2020, 5, 17));
    fails_over_tls("expired", &authority, (32, "expired")).await;
}

#[tokio::test]
async fn a_server_certificate_from_the_future_is_told_with_its_first_day() {
    let authority = with_server(&["127.0.0.1"], |params| params.not_before = date_time_ymd(2999, 1, 2));
    fails_over_tls("not_yet_valid", &authority, (32, "not-yet-valid")).await;
}

#[tokio::test]
async fn a_server_certificate_for_other_names_is_told_with_them() {
    let authority = with_server(&["basic.example.com", "10.0.0.7"], |_| ());
    fails_over_tls("wrong_name", &authority, (32, "wrong-name")).await;
}

#[tokio::test]
async fn a_server_certificate_for_clients_only_is_told_with_its_key_usage() {
    let clients_only = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let authority = with_server(&["127.0.0.1"], |params| params.extended_key_usages = clients_only);
    fails_over_tls("wrong_key_usage", &authority, (32, "wrong-key-usage")).await;
}

#[tokio::test]
async fn tls_to_a_plaintext_server_is_told_with_32() {
    let authority = Authority::new();
    let address = rust_sample(Serve::Plaintext).await.to_string();
    fails("plaintext", &[&address, "--root-cert", &file(&authority, "ca.pem")], (32, "plaintext")).await;
}

#[tokio::test]
async fn a_missing_client_certificate_is_told_with_the_authorities_that_the_server_takes() {
    let authority = Authority::new();
    let address = rust_sample(Serve::MutualTls(&authority)).await.to_string();
    let arguments = [&address, "--root-cert", &file(&authority, "ca.pem")];
    fails("client_certificate_missing", &arguments, (32, "client-certificate-missing")).await;
    let document = document(&[&arguments[..], &["--level", "tls"]].concat()).await;
    assert_eq!(
        document["cause"], "client-certificate-missing",
        "with TLS 1.3 the verdict comes after the handshake"
    );
}

#[tokio::test]
async fn a_client_certificate_of_another_ca_is_told_as_the_servers_refusal() {
    let (authority, other) = (Authority::new(), Authority::new());
    let address = rust_sample(Serve::MutualTls(&authority)).await.to_string();
    let root = file(&authority, "ca.pem");
    let client = client_options(&other, &other.client);
    let mut arguments = vec![address.as_str(), "--root-cert", &root];
    arguments.extend(client.iter().map(String::as_str));
    fails("client_certificate_refused", &arguments, (32, "client-certificate-refused")).await;
}

#[tokio::test]
async fn a_server_that_resets_or_closes_during_the_handshake_is_told_with_32() {
    let authority = Authority::new();
    for (name, conduct) in [("tls_reset", Conduct::Resets), ("tls_closed", Conduct::Closes)] {
        let address = serve(conduct).await.to_string();
        fails(name, &[&address, "--root-cert", &file(&authority, "ca.pem")], (32, "tls-closed")).await;
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_to_tls_is_told_after_the_timeout() {
    let authority = Authority::new();
    let address = serve(Conduct::Says(b"")).await.to_string();
    let arguments = [&address, "--root-cert", &file(&authority, "ca.pem"), "--timeout", "1s"];
    fails("tls_silent", &arguments, (32, "tls-silent")).await;
}
