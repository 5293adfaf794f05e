//! Signatures of identities.

use ccs_identity::{MspManager, SignatureError, Signer, SignerError};
use proptest::prelude::*;
use rcgen::{PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, SigningKey as _};

use crate::network::{Organization, id, manager, params};

#[test]
fn both_curves_sign_over_sha_256_with_a_low_s() {
    let org = Organization::new("Org1MSP");
    let manager = manager(&[&org]);
    for algorithm in [&PKCS_ECDSA_P256_SHA256, &PKCS_ECDSA_P384_SHA384] {
        let signer = org.ca.issue_with(params("someone", &["client"]), algorithm).signer("Org1MSP");
        let identity = manager.identify(signer.creator()).unwrap();
        // Half of all signatures would have a high S.
        for number in 0..32_u8 {
            let signature = signer.sign(&[number]).unwrap();
            assert_eq!(identity.verify(&[number], &signature), Ok(()));
            assert_eq!(identity.verify(&[number, 0], &signature), Err(SignatureError::Wrong));
        }
    }
}

#[test]
fn a_high_s_is_refused() {
    let org = Organization::new("Org1MSP");
    let signer = org.signer("someone", "client");
    let identity = manager(&[&org]).identify(signer.creator()).unwrap();
    let signature = p256::ecdsa::Signature::from_der(&signer.sign(b"message").unwrap()).unwrap();
    let (r, s) = signature.split_scalars();
    let high = p256::ecdsa::Signature::from_scalars(r.to_bytes(), (-*s.as_ref()).to_bytes()).unwrap();
    assert_eq!(identity.verify(b"message", high.to_der().as_bytes()), Err(SignatureError::HighS));
    let low = high.normalize_s();
    assert_eq!(identity.verify(b"message", low.to_der().as_bytes()), Ok(()));
}

#[test]
fn a_signature_that_is_known_vouches_for_nothing_else() {
    let org = Organization::new("Org1MSP");
    let manager = manager(&[&org]);
    let (one, other) = (org.signer("one", "client"), org.signer("other", "client"));
    let identity = |signer: &Signer| manager.identify(signer.creator()).unwrap();
    let own = manager.sign(&one, b"message").unwrap();
    let brought = one.sign(b"message").unwrap();
    for signature in [&own, &brought, &own, &brought] {
        assert_eq!(manager.verify(&identity(&one), b"message", signature), Ok(()));
        assert_eq!(manager.verify(&identity(&one), b"massage", signature), Err(SignatureError::Wrong));
        assert_eq!(manager.verify(&identity(&other), b"message", signature), Err(SignatureError::Wrong));
        let cut = &signature[..signature.len() - 1];
        assert_eq!(manager.verify(&identity(&one), b"message", cut), Err(SignatureError::Malformed));
    }
}

#[test]
fn ed25519_signs_the_message_where_the_channel_allows_it() {
    let org = Organization::new("Org1MSP");
    let issued = org.ca.issue_with(params("someone", &["client"]), &PKCS_ED25519);
    let creator = ccs_identity::Msp::identify(&org.msp, issued.certificate()).unwrap().creator().to_vec();
    let error = manager(&[&org]).identify(&creator).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a creator of Org1MSP has an Ed25519 key, which requires the channel capability V3_0"
    );
    let manager = MspManager::new(vec![org.msp.clone()]).with_ed25519();
    let identity = manager.identify(&creator).unwrap();
    let signature = issued.key.sign(b"message").unwrap();
    assert_eq!(identity.verify(b"message", &signature), Ok(()));
    assert_eq!(identity.verify(b"massage", &signature), Err(SignatureError::Wrong));
}

#[test]
fn a_signer_needs_the_key_of_its_certificate() {
    let org = Organization::new("Org1MSP");
    let (one, other) = (org.ca.issue("one", &["client"]), org.ca.issue("other", &["client"]));
    let refused = |certificate: &str, key: &str| {
        Signer::from_pem(id("Org1MSP"), certificate.as_bytes(), key.as_bytes()).unwrap_err().to_string()
    };
    assert_eq!(
        refused(&one.pem, &other.key.serialize_pem()),
        "the key does not belong to certificate 'OU=client,CN=one'"
    );
    assert_eq!(
        refused("", &one.key.serialize_pem()),
        "the signer's certificate cannot be used: there is no PEM block CERTIFICATE"
    );
    let error = refused(&one.pem, "-----BEGIN PRIVATE KEY-----\nMTIz\n-----END PRIVATE KEY-----\n");
    assert!(error.starts_with("the signer's key cannot be read: "), "{error}");
    let ed25519 = org.ca.issue_with(params("someone", &[]), &PKCS_ED25519);
    let error =
        Signer::from_pem(id("Org1MSP"), ed25519.pem.as_bytes(), ed25519.key.serialize_pem().as_bytes());
    assert_eq!(error.unwrap_err(), SignerError::Kind);
}

#[test]
fn a_pkcs8_key_may_be_labeled_as_sec_1() {
    let issued = Organization::new("Org1MSP").ca.issue("one", &["client"]);
    let key = issued.key.serialize_pem().replace("PRIVATE KEY", "EC PRIVATE KEY");
    Signer::from_pem(id("Org1MSP"), issued.pem.as_bytes(), key.as_bytes()).unwrap();
}

#[test]
fn a_signer_shows_nothing_of_its_key() {
    let shown = format!("{:?}", Organization::new("Org1MSP").signer("someone", "client"));
    assert_eq!(shown, r#"Signer { msp_id: MspId("Org1MSP"), subject: "OU=client,CN=someone", .. }"#);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn bytes_that_are_no_signature_are_refused(bytes: Vec<u8>) {
        let org = Organization::new("Org1MSP");
        let identity = org.identity("someone", "client");
        prop_assert!(identity.verify(b"message", &bytes).is_err());
    }

    #[test]
    fn a_changed_signature_is_refused(at: prop::sample::Index, flip in 1_u8..) {
        let org = Organization::new("Org1MSP");
        let signer = org.signer("someone", "client");
        let identity = manager(&[&org]).identify(signer.creator()).unwrap();
        let mut signature = signer.sign(b"message").unwrap();
        let at = at.index(signature.len());
        signature[at] ^= flip;
        prop_assert!(identity.verify(b"message", &signature).is_err());
    }
}
