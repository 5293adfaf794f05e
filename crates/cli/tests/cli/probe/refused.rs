//! Errors before an HTTP/2 connection, in plaintext.

use super::fake::{Conduct, serve};
use super::{Serve, fails, listener, rust_sample};

#[tokio::test]
async fn a_name_without_address_is_told_with_30() {
    // No name server knows the domain (RFC 2606).
    fails("name_unknown", &["chaincode.invalid:9999"], (30, "name-unknown")).await;
}

#[tokio::test]
async fn a_port_on_which_nothing_listens_is_told_with_31_and_the_typical_causes() {
    let (listener, address) = listener().await;
    drop(listener);
    fails("refused", &[&address.to_string()], (31, "refused")).await;
}

#[tokio::test]
async fn a_server_bound_to_127_0_0_1_is_told_when_another_address_of_the_machine_is_dialed() {
    let port = rust_sample(Serve::Plaintext).await.port();
    fails("loopback_only", &[&format!("127.0.0.2:{port}")], (31, "loopback-only")).await;
}

#[tokio::test]
async fn plaintext_to_a_tls_server_is_told_with_33() {
    let authority = ccs_testkit::Authority::new();
    let address = rust_sample(Serve::Tls(&authority)).await;
    fails("needs_tls", &[&address.to_string()], (33, "needs-tls")).await;
}

#[tokio::test]
async fn a_web_server_is_told_by_its_first_bytes() {
    for bytes in [b"HTTP/1.1 400 Bad Request\r\n\r\n".as_slice(), b"<!DOCTYPE HTML>\n"] {
        let address = serve(Conduct::Says(bytes)).await.to_string();
        let name = if bytes[0] == b'<' { "web_page" } else { "web_server" };
        fails(name, &[&address], (33, "web-server")).await;
    }
}

#[tokio::test]
async fn another_server_is_told_with_what_it_says() {
    let address = serve(Conduct::Says(b"SSH-2.0-OpenSSH_9.2\r\n")).await;
    fails("not_http2", &[&address.to_string()], (33, "not-http2")).await;
}

#[tokio::test]
async fn a_server_that_accepts_and_says_nothing_is_told_after_the_timeout() {
    let address = serve(Conduct::Says(b"")).await;
    fails("silent", &[&address.to_string(), "--timeout", "1s"], (33, "silent")).await;
}

#[tokio::test]
async fn a_half_open_connection_that_no_server_takes_is_told_after_the_timeout() {
    // The kernel completes the connection; no program calls accept.
    let (_listener, address) = listener().await;
    fails("half_open", &[&address.to_string(), "--timeout", "1s"], (33, "silent")).await;
}

#[tokio::test]
async fn a_server_that_accepts_and_closes_is_told_with_33() {
    let address = serve(Conduct::Closes).await;
    fails("closed", &[&address.to_string()], (33, "closed")).await;
}
