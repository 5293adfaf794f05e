//! The selection of peer and identity.

use ccs_testkit::{FakeAnswers, FakeGateway, organization};

use super::{Network, assert_told, run};
use crate::{stderr, stdout};

#[test]
fn without_an_identity_the_next_step_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["query", "basic", "ReadAsset"], &[]);
    assert_eq!(output.status.code(), Some(14));
    assert_told("no_identity", &stderr(&output));
    let output = run(
        folder.path(),
        &["query", "basic", "ReadAsset", "--identity", "nowhere", "--msp", "Org1MSP"],
        &[],
    );
    assert_eq!(output.status.code(), Some(14));
    assert_told("no_folder", &stderr(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn options_come_before_variables_and_variables_before_the_folder() {
    let network = Network::with(FakeAnswers { result: Ok(b"ours".to_vec()), ..FakeAnswers::default() }).await;
    let endpoint = format!("localhost:{}", network.fake.address.port());
    let organization = network.folder.path().join("organizations/peerOrganizations/org1.example.com");
    let path = |inner: &str| organization.join(inner).to_str().unwrap().to_owned();
    let (ca, msp) =
        (path("peers/peer0.org1.example.com/tls/ca.crt"), path("users/User1@org1.example.com/msp"));
    let elsewhere = tempfile::tempdir().unwrap();
    let query = ["query", "basic", "ReadAsset"];

    let variables = [
        ("CORE_PEER_ADDRESS", endpoint.as_str()),
        ("CORE_PEER_TLS_ROOTCERT_FILE", &ca),
        ("CORE_PEER_LOCALMSPID", "Org1MSP"),
        ("CORE_PEER_MSPCONFIGPATH", &msp),
    ];
    let output = run(elsewhere.path(), &query, &variables);
    assert_eq!((stdout(&output).as_str(), stderr(&output).as_str()), ("ours", ""));

    let user = path("users/User1@org1.example.com");
    let options = ["--endpoint", &endpoint, "--tls-ca", &ca, "--identity", &user];
    let wrong = [("CORE_PEER_ADDRESS", "localhost:1"), ("CORE_PEER_LOCALMSPID", "Org9MSP")];
    let output = run(elsewhere.path(), &[&query[..], &options].concat(), &wrong);
    assert_eq!((stdout(&output).as_str(), stderr(&output).as_str()), ("ours", ""));

    let (cert, key) = (
        path("users/User1@org1.example.com/msp/signcerts/User1@org1.example.com-cert.pem"),
        path("users/User1@org1.example.com/msp/keystore/priv_sk"),
    );
    let options =
        ["--endpoint", &endpoint, "--tls-ca", &ca, "--cert", &cert, "--key", &key, "--msp", "Org1MSP"];
    let output = run(elsewhere.path(), &[&query[..], &options].concat(), &[]);
    assert_eq!((stdout(&output).as_str(), stderr(&output).as_str()), ("ours", ""));
    let output = run(elsewhere.path(), &[&query[..], &options[..8]].concat(), &[]);
    assert_eq!(
        stderr(&output),
        "error: the MSP of the identity is unknown\nhint: pass its ID, for example --msp Org1MSP\n"
    );

    let output = run(network.folder.path(), &query, &[("CORE_PEER_ADDRESS", "localhost:1")]);
    assert_eq!(output.status.code(), Some(50));
    assert_told("unreachable", &stderr(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn plaintext_is_used_where_it_is_asked_for() {
    let network = Network::with(FakeAnswers::default()).await;
    let organization = ccs_testkit::organization_in(network.folder.path(), "localhost:7051");
    let plain = FakeGateway::serve(
        &organization,
        FakeAnswers { result: Ok(b"plain".to_vec()), ..FakeAnswers::default() },
    );
    let address = plain.await.address.to_string();
    let output = network.run(&["query", "basic", "ReadAsset", "--endpoint", &address, "--no-tls"]);
    assert_eq!((stdout(&output).as_str(), stderr(&output).as_str()), ("plain", ""));
    let variables = [("CORE_PEER_ADDRESS", address.as_str()), ("CORE_PEER_TLS_ENABLED", "false")];
    let output = run(network.folder.path(), &["query", "basic", "ReadAsset"], &variables);
    assert_eq!((stdout(&output).as_str(), stderr(&output).as_str()), ("plain", ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_of_another_ca_is_told_with_50() {
    let network = Network::with(FakeAnswers::default()).await;
    let other = network.folder.path().join("other.pem");
    std::fs::write(&other, &organization().tls().ca).unwrap();
    let output = network.run(&["query", "basic", "ReadAsset", "--tls-ca", "other.pem"]);
    assert_eq!(output.status.code(), Some(50));
    assert_told("unknown_ca", &network.plain(&stderr(&output)));
}
