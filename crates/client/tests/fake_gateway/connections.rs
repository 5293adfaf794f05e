//! Connections over TLS and in plaintext.

use std::sync::Arc;

use ccs_client::{Endpoint, Error, Gateway, Tls};
use ccs_identity::Organization;
use ccs_testkit::{FakeAnswers, FakeGateway, organization};

use crate::{TIMEOUT, call};

async fn connect(address: &str, organization: &Organization, tls: Option<Tls>) -> Result<Gateway, Error> {
    Gateway::connect(&Endpoint::new(address, tls).unwrap(), Arc::clone(organization.user()), TIMEOUT).await
}

fn tls(organization: &Organization, server_name: Option<&str>) -> Tls {
    Tls { ca: organization.tls().ca.clone().into_bytes(), server_name: server_name.map(str::to_owned) }
}

#[tokio::test]
async fn tls_trusts_the_given_ca_alone_and_checks_the_name() {
    let organization = organization();
    let fake = FakeGateway::serve_tls(&organization, FakeAnswers::default()).await;
    let address = format!("localhost:{}", fake.address.port());
    for name in [None, Some("peer0.org1.example.com")] {
        let gateway = connect(&address, &organization, Some(tls(&organization, name))).await.unwrap();
        assert_eq!(gateway.evaluate(&call()).await.unwrap(), b"");
    }
    let other = ccs_testkit::organization();
    for (tls, hint) in [
        (tls(&other, None), "the TLS CA is not the one that issued the peer's certificate (--tls-ca)"),
        (
            tls(&organization, Some("elsewhere.example.com")),
            "the peer's certificate is for another name: pass a name that it contains (--server-name)",
        ),
    ] {
        let error = connect(&address, &organization, Some(tls)).await.unwrap_err();
        assert_eq!(error.hint().as_deref(), Some(hint), "{error}");
        assert!(error.to_string().starts_with(&format!("cannot connect to {address} over TLS: ")), "{error}");
    }
}

#[tokio::test]
async fn plaintext_where_tls_is_and_tls_where_plaintext_is_have_a_hint() {
    let organization = organization();
    let plain = FakeGateway::serve(&organization, FakeAnswers::default()).await;
    let address = plain.address.to_string();
    let error = connect(&address, &organization, Some(tls(&organization, Some("localhost"))));
    let error = error.await.unwrap_err();
    assert_eq!(
        error.hint().as_deref(),
        Some("the peer may not use TLS on this port: try plaintext (--no-tls)"),
        "{error}"
    );
    let secured = FakeGateway::serve_tls(&organization, FakeAnswers::default()).await;
    // The server closes a connection without TLS, either at the start or at the first call.
    let error = match connect(&secured.address.to_string(), &organization, None).await {
        Ok(gateway) => gateway.evaluate(&call()).await.unwrap_err(),
        Err(error) => error,
    };
    assert_eq!(error.hint().as_deref(), Some("the peer may require TLS on this port"), "{error}");
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_told() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let error = connect(&address, &organization(), None).await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot connect to {address} in plaintext: Connection refused"));
    assert_eq!(
        error.hint().as_deref(),
        Some("check that the peer runs and listens on this address; `ccs dev` starts a development peer")
    );
}
