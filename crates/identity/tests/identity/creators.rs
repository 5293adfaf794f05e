//! Validation of the creators in signature headers.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ccs_proto::msp::SerializedIdentity;
use proptest::prelude::*;
use prost::Message as _;

use crate::network::{Authority, Organization, manager};

fn creator(msp_id: &str, pem: &str) -> Vec<u8> {
    SerializedIdentity { mspid: msp_id.to_owned(), id_bytes: pem.as_bytes().to_vec() }.encode_to_vec()
}

#[test]
fn a_creator_keeps_the_bytes_it_came_in() {
    let org = Organization::new("Org1MSP");
    let pem = format!("a comment\n{}", org.ca.issue("someone", &["client"]).pem.replace('\n', "\r\n"));
    let bytes = creator("Org1MSP", &pem);
    let identity = manager(&[&org]).identify(&bytes).unwrap();
    assert_eq!(identity.creator(), bytes);
    assert_eq!(identity.certificate().subject(), "OU=client,CN=someone");
}

#[test]
fn an_identity_that_has_signed_is_validated_once() {
    let org = Organization::new("Org1MSP");
    let manager = manager(&[&org]);
    let signer = org.ca.issue("someone", &["client"]).signer("Org1MSP");
    let bytes = signer.creator();
    let before = manager.identify(bytes).unwrap();
    let signature = signer.sign(b"message").unwrap();
    manager.verify_once(&before, b"message", &signature).unwrap();
    let (one, other) = (manager.identify(bytes).unwrap(), manager.identify(bytes).unwrap());
    assert!(Arc::ptr_eq(&before, &one) && Arc::ptr_eq(&one, &other));
}

#[test]
fn an_identity_without_a_right_signature_is_not_remembered() {
    let org = Organization::new("Org1MSP");
    let manager = manager(&[&org]);
    let bytes = creator("Org1MSP", &org.ca.issue("someone", &["client"]).pem);
    let identity = manager.identify(&bytes).unwrap();
    manager.verify_once(&identity, b"message", b"no signature").unwrap_err();
    manager.verify(&identity, b"message", b"no signature").unwrap_err();
    assert!(!Arc::ptr_eq(&identity, &manager.identify(&bytes).unwrap()));
    assert_eq!(Arc::strong_count(&identity), 1);
}

#[test]
fn a_creator_may_have_64_kib() {
    let org = Organization::new("Org1MSP");
    let manager = manager(&[&org]);
    let issued = org.ca.issue("someone", &["client"]);
    let of_length = |length: usize| {
        let padding = |bytes: usize| creator("Org1MSP", &format!("{}{}", issued.pem, "\n".repeat(bytes)));
        let bytes = padding(length - issued.pem.len() - "Org1MSP".len() - 6);
        assert_eq!(bytes.len(), length);
        bytes
    };
    assert!(manager.identify(&of_length(65_536)).is_ok());
    let long = of_length(65_537);
    let error = manager.identify(&long).unwrap_err();
    assert_eq!(error.to_string(), "the creator has 65537 bytes; at most 65536 are accepted");
    assert_eq!(error.organization(), None);
    let end = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40);
    assert!(manager.is_expired(&of_length(65_536), end));
    assert!(!manager.is_expired(&long, end), "nothing of it is read");
}

#[test]
fn a_certificate_ends_though_its_identity_is_remembered() {
    let org = Organization::new("Org1MSP");
    let manager = manager(&[&org]);
    let issued = org.ca.issue("someone", &["client"]);
    let signer = issued.signer("Org1MSP");
    let bytes = signer.creator().to_vec();
    let end = issued.certificate().not_after();
    for _ in ["never seen", "remembered"] {
        assert!(!manager.is_expired(&bytes, end));
        assert!(manager.is_expired(&bytes, end + Duration::from_secs(1)));
        let identity = manager.identify(&bytes).unwrap();
        manager.verify_once(&identity, b"message", &signer.sign(b"message").unwrap()).unwrap();
    }
    assert!(!manager.is_expired(b"no identity", end + Duration::from_secs(1)));
    let foreign = creator("Org2MSP", &issued.pem);
    assert!(manager.is_expired(&foreign, end + Duration::from_secs(1)));
}

#[test]
fn each_refusal_has_a_reason_and_maybe_an_organization() {
    let (org, other) = (Organization::new("Org1MSP"), Organization::new("Org2MSP"));
    let manager = manager(&[&org, &other]);
    let pem = &org.ca.issue("someone", &["client"]).pem;
    let cases = [
        (b"\xff\xff".to_vec(), None, "the creator is not a serialized identity: "),
        (creator("Org3MSP", pem), None, "the creator's MSP \"Org3MSP\" does not belong to the channel"),
        (
            creator("Org1MSP", ""),
            None,
            "the certificate of a creator of Org1MSP cannot be used: there is no PEM block CERTIFICATE",
        ),
        (
            creator("Org1MSP", "-----BEGIN CERTIFICATE-----\nMTIz\n-----END CERTIFICATE-----\n"),
            None,
            "the certificate of a creator of Org1MSP cannot be used: the certificate cannot be read: ",
        ),
        (
            creator("Org2MSP", pem),
            None,
            "MSP Org2MSP rejects a creator: certificate 'OU=client,CN=someone' does not chain to a root of MSP Org2MSP: ",
        ),
        (
            creator("Org1MSP", &Authority::root("ca").pem),
            Some("Org1MSP"),
            "MSP Org1MSP rejects a creator: 'CN=ca' is a CA certificate",
        ),
    ];
    for (bytes, organization, text) in cases {
        let error = manager.identify(&bytes).unwrap_err();
        assert!(error.to_string().starts_with(text), "{error}");
        assert_eq!(error.organization().map(ccs_identity::MspId::as_str), organization, "{error}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_refused(bytes: Vec<u8>, der: Vec<u8>) {
        let org = Organization::new("Org1MSP");
        let manager = manager(&[&org]);
        prop_assert!(manager.identify(&bytes).is_err());
        let pem = pem::encode(&pem::Pem::new("CERTIFICATE", der));
        prop_assert!(manager.identify(&creator("Org1MSP", &pem)).is_err());
    }
}
