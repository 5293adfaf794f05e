//! Credentials of chaincode that a peer launches.

use std::time::SystemTime;

use ccs_certificates::{host_matches, read_bundle, read_key_pair};
use ccs_identity::{Certificate, ChaincodeTls, Host};

fn listener() -> ChaincodeTls {
    let hosts: [Host; 2] = ["peer0.org1.example.com".parse().unwrap(), "127.0.0.1".parse().unwrap()];
    ChaincodeTls::new(&hosts, SystemTime::now()).unwrap()
}

#[test]
fn the_listener_is_known_by_the_hosts_that_chaincode_dials() {
    let tls = listener();
    let server = &tls.server();
    let pair = read_key_pair(server.certificate.as_bytes(), server.key.as_bytes()).unwrap();
    assert!(
        host_matches(&pair.chain[0], "peer0.org1.example.com") && host_matches(&pair.chain[0], "127.0.0.1")
    );
    let ca = read_bundle(tls.ca().as_bytes()).unwrap().certificates.remove(0);
    assert_eq!(pair.chain[0].issuer(), ca.subject());
}

#[test]
fn a_credential_belongs_to_one_chaincode() {
    let tls = listener();
    let der = |pem: &str| Certificate::from_pem(pem.as_bytes()).unwrap().der().to_vec();
    let [one, again, other] =
        ["basic_1.0:aa", "basic_1.0:aa", "other_1.0:bb"].map(|id| der(&tls.issue(id).unwrap().certificate));
    assert_ne!(one, again);
    assert_eq!(tls.owner(&one).as_deref(), Some("basic_1.0:aa"));
    assert_eq!(tls.owner(&again).as_deref(), Some("basic_1.0:aa"));
    assert_eq!(tls.owner(&other).as_deref(), Some("other_1.0:bb"));
    assert_eq!(tls.owner(&der(tls.ca())), None);
    assert_eq!(listener().owner(&one), None);
}

#[test]
fn a_credential_is_for_a_server_on_this_machine_too() {
    let tls = listener();
    let pair = tls.issue("basic_1.0:aa").unwrap();
    let chain = read_key_pair(pair.certificate.as_bytes(), pair.key.as_bytes()).unwrap().chain;
    for host in ["127.0.0.1", "::1", "localhost"] {
        assert!(host_matches(&chain[0], host), "{host}");
    }
}

#[test]
fn the_key_has_the_label_that_a_peer_gives_it() {
    let pair = listener().issue("basic_1.0:aa").unwrap();
    assert!(pair.key.starts_with("-----BEGIN EC PRIVATE KEY-----"));
    assert!(pair.key.trim_end().ends_with("-----END EC PRIVATE KEY-----"));
    // Go accepts it as well.
    read_key_pair(pair.certificate.as_bytes(), pair.key.as_bytes()).unwrap();
    assert!(!format!("{pair:?}").contains("PRIVATE"));
}
