//! Dials that succeed, and every kind of failure.

use std::net::SocketAddr;
use std::time::Duration;

use ccs_dial::connection::{ClientPair, ConnectionTls, DialError, Stage, StageError};
use ccs_dial::{ChaincodeConnection, ConnectionInfo};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::front::{self, Authority, Pair, self_signed};
use crate::{package_id, plaintext, shim};

fn tls(address: SocketAddr, root: &rcgen::Certificate, client: Option<ClientPair>) -> ConnectionInfo {
    let tls = ConnectionTls { root_cert: root.pem(), client };
    ConnectionInfo { tls: Some(tls), ..plaintext(address) }
}

fn client(pair: &Pair, domain: Option<&str>) -> ClientPair {
    let (key, cert) = (pair.key.serialize_pem(), pair.certificate.pem());
    ClientPair { key, cert, domain: domain.map(str::to_owned) }
}

async fn failure(info: &ConnectionInfo) -> DialError {
    ChaincodeConnection::dial(info).await.unwrap_err()
}

/// Dials, opens the stream and returns the ID in the chaincode's REGISTER.
async fn announced(info: &ConnectionInfo) -> String {
    let (_outbound, mut inbound) = ChaincodeConnection::dial(info).await.unwrap().open().await.unwrap();
    let message = inbound.message().await.unwrap().unwrap();
    ccs_dial::register::announced(&message).unwrap().unwrap()
}

/// Returns a port on which no program listens.
async fn closed_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

/// Accepts connections and closes them at once, like a port forwarder without a server behind it.
async fn closing() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    address
}

/// Serves one connection with a few bytes and keeps it open.
async fn saying(bytes: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(bytes).await.unwrap();
        std::future::pending::<()>().await;
    });
    address
}

/// Encodes a PKCS#8 key, or its inner SEC1 key, under another label.
fn relabeled(pair: &Pair, sec1: bool) -> String {
    let der = pair.key.serialize_der();
    // In the PKCS#8 form of a P-256 key, 29 bytes of header and algorithm precede the SEC1 structure.
    let der = if sec1 { &der[29..] } else { &der[..] };
    assert_eq!(der[0], 0x30);
    pem::encode(&pem::Pem::new("EC PRIVATE KEY", der))
}

#[tokio::test]
async fn the_rust_shim_is_reached_over_tls() {
    let authority = Authority::new();
    let address = front::serve(shim::serve().await, &authority.sign("127.0.0.1"), None).await;
    let info = tls(address, &authority.certificate, None);
    assert_eq!(announced(&info).await, package_id().to_string());
}

#[tokio::test]
async fn the_rust_shim_is_reached_over_mutual_tls_under_its_domain() {
    let (servers, clients) = (Authority::new(), Authority::new());
    let server = servers.sign("chaincode.example.com");
    let address = front::serve(shim::serve().await, &server, Some(&clients)).await;
    let pair = clients.sign("peer.example.com");
    let info = tls(address, &servers.certificate, Some(client(&pair, Some("chaincode.example.com"))));
    assert_eq!(announced(&info).await, package_id().to_string());

    let without_domain = tls(address, &servers.certificate, Some(client(&pair, None)));
    let error = failure(&without_domain).await;
    assert_eq!(error.cause.stage(), Stage::Tls);
    assert!(error.hint().unwrap().contains("subject alternative name"), "{error}");
}

#[tokio::test]
async fn keys_are_known_by_their_content_not_by_their_label() {
    let authority = Authority::new();
    let server = authority.sign("127.0.0.1");
    let address = front::serve(shim::serve().await, &server, Some(&authority)).await;
    let pair = authority.sign("peer");
    for sec1 in [false, true] {
        let client = ClientPair { key: relabeled(&pair, sec1), ..client(&pair, None) };
        ChaincodeConnection::dial(&tls(address, &authority.certificate, Some(client))).await.unwrap();
    }
}

#[tokio::test]
async fn a_self_signed_server_is_reached_with_its_own_certificate_as_root() {
    let server = self_signed(&["127.0.0.1"]);
    let address = front::serve(shim::serve().await, &server, None).await;
    ChaincodeConnection::dial(&tls(address, &server.certificate, None)).await.unwrap();

    let elsewhere = tls(address, &Authority::new().certificate, None);
    let error = failure(&elsewhere).await;
    assert_eq!(error.cause.stage(), Stage::Tls);
    assert!(error.hint().unwrap().contains("root_cert contains that certificate itself"), "{error}");

    let other_name = self_signed(&["chaincode.example.com"]);
    let address = front::serve(shim::serve().await, &other_name, None).await;
    let error = failure(&tls(address, &other_name.certificate, None)).await;
    assert!(error.hint().unwrap().contains("subject alternative name"), "{error}");
}

#[tokio::test]
async fn a_closed_port_is_tried_until_the_timeout_which_names_address_and_stage() {
    let address = closed_port().await;
    let info = ConnectionInfo { dial_timeout: Duration::from_millis(250), ..plaintext(address) };
    let start = std::time::Instant::now();
    let error = failure(&info).await;
    assert!(start.elapsed() >= Duration::from_millis(250));
    assert_eq!(
        error.to_string(),
        format!(
            "could not connect to the chaincode at {address} within 250ms: TCP: Connection refused (os error 111)"
        )
    );
    assert!(error.hint().unwrap().starts_with("the chaincode must run and listen on that port"));
}

#[tokio::test]
async fn a_negative_timeout_is_over_at_once() {
    let info = ConnectionInfo { dial_timeout: Duration::ZERO, ..plaintext(closed_port().await) };
    assert_eq!(failure(&info).await.timeout, Some(Duration::ZERO));
}

#[tokio::test]
async fn a_chaincode_that_listens_late_is_reached() {
    let address = closed_port().await;
    let info = plaintext(address);
    let mut dial = std::pin::pin!(ChaincodeConnection::dial(&info));
    // A future connects only when it is first polled, so the first attempt finds no listener.
    let first = tokio::time::timeout(Duration::from_millis(50), &mut dial).await;
    assert!(first.is_err(), "the first attempt has ended the dial: {first:?}");
    let listen = async {
        let listener = TcpListener::bind(address).await.unwrap();
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"\0\0\0\x04\0\0\0\0\0").await.unwrap();
        stream
    };
    let (dialed, _stream) = tokio::join!(dial, listen);
    dialed.unwrap();
}

#[tokio::test]
async fn tls_to_a_plaintext_server_is_named() {
    let authority = Authority::new();
    let error = failure(&tls(shim::serve().await, &authority.certificate, None)).await;
    assert!(matches!(error.cause, StageError::NotTls | StageError::TlsClosed), "{error}");
    assert!(error.hint().unwrap().contains("plaintext"), "{error}");
    assert_eq!(error.timeout, None);
}

#[tokio::test]
async fn plaintext_to_a_tls_server_is_named() {
    let authority = Authority::new();
    let address = front::serve(shim::serve().await, &authority.sign("127.0.0.1"), None).await;
    let error = failure(&plaintext(address)).await;
    assert_eq!(
        error.to_string(),
        format!(
            "could not connect to the chaincode at {address}: HTTP/2: the server answered in TLS, but tls_required is false"
        )
    );
    assert_eq!(error.hint().unwrap(), "set tls_required to true and add root_cert");
}

#[tokio::test]
async fn another_ca_is_refused() {
    let (authority, other) = (Authority::new(), Authority::new());
    let address = front::serve(shim::serve().await, &authority.sign("127.0.0.1"), None).await;
    let error = failure(&tls(address, &other.certificate, None)).await;
    assert_eq!(error.cause.stage(), Stage::Tls);
    assert_eq!(error.hint().unwrap(), "root_cert is not the CA that signed the chaincode's certificate");
}

#[tokio::test]
async fn a_missing_or_foreign_client_certificate_is_named_as_the_servers_refusal() {
    let (authority, other) = (Authority::new(), Authority::new());
    let address = front::serve(shim::serve().await, &authority.sign("127.0.0.1"), Some(&authority)).await;
    let error = failure(&tls(address, &authority.certificate, None)).await;
    assert_eq!(error.cause.stage(), Stage::Tls);
    assert!(error.to_string().contains("CertificateRequired"), "{error}");
    assert!(error.hint().unwrap().contains("set client_auth_required"), "{error}");

    let foreign = client(&other.sign("peer"), None);
    let error = failure(&tls(address, &authority.certificate, Some(foreign))).await;
    assert_eq!(error.cause.stage(), Stage::Tls);
    assert!(error.hint().unwrap().contains("a certificate of its client CA"), "{error}");
}

#[tokio::test]
async fn other_servers_are_told_apart_by_what_they_say() {
    for (bytes, text) in [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n".as_slice(), "HTTP/2: the server answered in HTTP/1"),
        (
            b"SSH-2.0-x\r\n",
            "HTTP/2: the server answered with [53, 53, 48, 2d, 32, 2e, 30, 2d], which is not HTTP/2",
        ),
    ] {
        let address = saying(bytes).await;
        let error = failure(&plaintext(address)).await;
        assert_eq!(error.to_string(), format!("could not connect to the chaincode at {address}: {text}"));
    }
}

#[tokio::test]
async fn a_server_that_closes_is_tried_until_the_timeout() {
    let dial_timeout = Duration::from_millis(250);
    let authority = Authority::new();
    let address = closing().await;
    let plain = failure(&ConnectionInfo { dial_timeout, ..plaintext(address) }).await;
    assert_eq!(
        plain.to_string(),
        format!(
            "could not connect to the chaincode at {address} within 250ms: HTTP/2: the server closed the connection \
             before its HTTP/2 settings"
        )
    );
    assert!(plain.hint().unwrap().starts_with("if the chaincode serves TLS"));
    let tls = failure(&ConnectionInfo { dial_timeout, ..tls(address, &authority.certificate, None) }).await;
    assert_eq!(tls.timeout, Some(dial_timeout));
    assert!(tls.to_string().ends_with("TLS: the server closed the connection during the handshake"), "{tls}");
}

#[tokio::test]
async fn a_name_without_address_is_named() {
    let address = "chaincode.invalid:7052".to_owned();
    let dial_timeout = Duration::from_millis(300);
    let error = failure(&ConnectionInfo { address, dial_timeout, tls: None }).await;
    // Without a name server, there is no answer at all.
    assert_eq!(error.cause.stage(), Stage::Resolve);
    let prefix =
        "could not connect to the chaincode at chaincode.invalid:7052 within 300ms: name resolution: ";
    assert!(error.to_string().starts_with(prefix), "{error}");
}

#[tokio::test]
async fn a_silent_server_is_waited_for_until_the_timeout() {
    let address = saying(b"").await;
    let info = ConnectionInfo { dial_timeout: Duration::from_millis(200), ..plaintext(address) };
    let error = failure(&info).await;
    assert_eq!(
        error.to_string(),
        format!("could not connect to the chaincode at {address} within 200ms: HTTP/2: no answer")
    );
}

#[tokio::test]
async fn material_that_cannot_be_used_is_named_before_anything_is_dialed() {
    let authority = Authority::new();
    let address = closed_port().await;
    let no_root = ConnectionInfo {
        tls: Some(ConnectionTls { root_cert: "certs/ca.pem".to_owned(), client: None }),
        ..plaintext(address)
    };
    let text = failure(&no_root).await.to_string();
    assert!(
        text.ends_with("settings: error adding root certificate: root_cert contains no readable certificate"),
        "{text}"
    );

    let (one, two) = (authority.sign("a"), authority.sign("b"));
    for (key, part) in [
        (
            "nothing".to_owned(),
            "failed to load client certificate: client_key contains no readable private key",
        ),
        (two.key.serialize_pem(), "failed to load client certificate: "),
    ] {
        let pair = ClientPair { key, ..client(&one, None) };
        let error = failure(&tls(address, &authority.certificate, Some(pair))).await;
        assert_eq!(error.cause.stage(), Stage::Settings);
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[tokio::test]
async fn addresses_that_cannot_be_dialed_are_refused_at_once() {
    for (address, text) in [
        ("chaincode", "settings: address \"chaincode\" has no port"),
        ("unix:/run/cc.sock", "settings: addresses with the scheme unix cannot be dialed from here"),
        ("dns:///chaincode", "settings: address \"chaincode\" has no port"),
    ] {
        let info = ConnectionInfo { address: address.to_owned(), ..plaintext(closed_port().await) };
        let error = failure(&info).await.to_string();
        assert_eq!(error, format!("could not connect to the chaincode at {address}: {text}"));
    }
}

#[tokio::test]
async fn a_target_with_the_dns_resolver_is_dialed() {
    let address = shim::serve().await;
    let info = ConnectionInfo { address: format!("dns:///{address}"), ..plaintext(address) };
    ChaincodeConnection::dial(&info).await.unwrap();
}
