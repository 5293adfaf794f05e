//! Validation of certificates by an MSP, and their roles.

use std::time::{Duration, SystemTime};

use ccs_identity::{Msp, MspError, MspSettings, NodeUnits, Role, UnitIdentifier};
use rcgen::{CertificateParams, IsCa, PKCS_ECDSA_P256_SHA256, SerialNumber};
use time::OffsetDateTime;

use crate::network::{Authority, Organization, id, params};

fn roles(identity: &ccs_identity::Identity) -> Vec<Role> {
    Role::ALL.into_iter().filter(|role| identity.has_role(*role)).collect()
}

#[test]
fn the_organizational_unit_gives_the_role() {
    let org = Organization::new("Org1MSP");
    for (unit, role) in
        [("client", Role::Client), ("peer", Role::Peer), ("admin", Role::Admin), ("orderer", Role::Orderer)]
    {
        let mut expected = vec![Role::Member, role];
        expected.sort();
        assert_eq!(roles(&org.identity("someone", unit)), expected);
    }
}

#[test]
fn exactly_one_unit_counts() {
    let org = Organization::new("Org1MSP");
    let identify = |units: &[&str]| org.msp.identify(org.ca.issue("someone", units).certificate());
    assert!(identify(&["department1", "client"]).is_ok());
    for (units, found) in [
        (&[][..], "none"),
        (&["Client"], "Client"),
        (&["client", "peer"], "client, peer"),
        (&["client", "client"], "client, client"),
    ] {
        let error = identify(units).unwrap_err().to_string();
        let expected = format!("units client, peer, admin, orderer, but has {found}");
        assert!(error.ends_with(&expected), "{error}");
    }
}

#[test]
fn without_node_units_an_identity_is_a_member_or_a_listed_administrator() {
    let ca = Authority::root("ca");
    let admin = ca.issue("admin", &["client"]).certificate();
    let mut settings = MspSettings::new(id("Org1MSP"), ca.certificate());
    settings.administrators = vec![admin.clone()];
    let msp = Msp::new(settings).unwrap();
    assert_eq!(roles(&msp.identify(admin).unwrap()), [Role::Member, Role::Admin]);
    assert_eq!(roles(&msp.identify(ca.issue("peer", &["peer"]).certificate()).unwrap()), [Role::Member]);
}

#[test]
fn units_may_be_demanded_of_every_identity() {
    let ca = Authority::root("ca");
    let mut settings = MspSettings::new(id("Org1MSP"), ca.certificate());
    settings.units =
        vec![UnitIdentifier { name: "department1".to_owned(), certifier: Some(ca.certificate()) }];
    let msp = Msp::new(settings).unwrap();
    assert!(msp.identify(ca.issue("someone", &["department1"]).certificate()).is_ok());
    let error = msp.identify(ca.issue("someone", &["department2"]).certificate()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "certificate 'OU=department2,CN=someone' must have one of the organizational units department1, but has \
         department2"
    );
}

#[test]
fn a_chain_may_have_intermediates_and_must_reach_a_root() {
    let root = Authority::root("root");
    let (one, two) = (root.intermediate("one"), root.intermediate("two"));
    let below = one.intermediate("below");
    let mut settings = MspSettings::new(id("Org1MSP"), root.certificate());
    settings.intermediates = vec![below.certificate(), one.certificate()];
    let msp = Msp::new(settings).unwrap();
    assert!(msp.identify(below.issue("someone", &[]).certificate()).is_ok());
    // As on a peer, a CA that has issued another CA of the MSP may not issue identities.
    for (ca, name) in [(&root, "root"), (&one, "one")] {
        let error = msp.identify(ca.issue("someone", &[]).certificate()).unwrap_err().to_string();
        assert_eq!(
            error,
            format!(
                "certificate 'CN=someone' was issued by 'CN={name}' directly; this MSP requires an intermediate CA"
            )
        );
    }
    for stranger in [two, Authority::root("root")] {
        let error = msp.identify(stranger.issue("someone", &[]).certificate()).unwrap_err().to_string();
        assert!(
            error.starts_with("certificate 'CN=someone' does not chain to a root of MSP Org1MSP: "),
            "{error}"
        );
    }
}

#[test]
fn a_role_may_be_bound_to_one_ca() {
    let root = Authority::root("root");
    let (one, two) = (root.intermediate("one"), root.intermediate("two"));
    let mut settings = MspSettings::new(id("Org1MSP"), root.certificate());
    settings.intermediates = vec![one.certificate(), two.certificate()];
    settings.node_units = Some(NodeUnits::usual(Some(&one.certificate())));
    let msp = Msp::new(settings).unwrap();
    assert!(msp.identify(one.issue("peer", &["peer"]).certificate()).is_ok());
    assert_eq!(
        msp.identify(two.issue("peer", &["peer"]).certificate()).unwrap_err().to_string(),
        "certificate 'OU=peer,CN=peer' was not issued by the CA that the MSP requires for organizational unit 'peer'"
    );
}

#[test]
fn a_ca_certificate_is_no_identity() {
    let org = Organization::new("Org1MSP");
    let inner = org.ca.intermediate("inner").certificate();
    for ca in [org.ca.certificate(), inner] {
        let error = org.msp.identify(ca.clone()).unwrap_err().to_string();
        assert_eq!(error, format!("'{}' is a CA certificate", ca.subject()));
    }
}

#[test]
fn an_ended_certificate_is_valid_and_expired() {
    let org = Organization::new("Org1MSP");
    let mut params = params("someone", &["client"]);
    let end = OffsetDateTime::from_unix_timestamp(1_700_000_000).unwrap();
    (params.not_before, params.not_after) = (end - time::Duration::days(1), end);
    let certificate = org.ca.issue_with(params, &PKCS_ECDSA_P256_SHA256).certificate();
    // Issued before its CA: the check uses the leaf's time, and webpki does not check the root's.
    let identity = org.msp.identify(certificate).unwrap();
    let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    assert!(!identity.is_expired(at(1_700_000_000)));
    assert!(identity.is_expired(at(1_700_000_001)));
}

fn serial(number: u64) -> CertificateParams {
    let mut params = params("someone", &["client"]);
    params.serial_number = Some(SerialNumber::from(number));
    params
}

#[test]
fn a_revoked_certificate_is_refused_even_by_an_old_list() {
    let org = Organization::new("Org1MSP");
    let (good, bad) = (
        org.ca.issue_with(serial(16), &PKCS_ECDSA_P256_SHA256),
        org.ca.issue_with(serial(17), &PKCS_ECDSA_P256_SHA256),
    );
    let mut settings = org.msp.settings().clone();
    // The list of another CA does not affect the certificates of this one.
    settings.revocation_lists = vec![Authority::root("other").revoke(16), org.ca.revoke(17)];
    let msp = Msp::new(settings).unwrap();
    assert!(msp.identify(good.certificate()).is_ok());
    assert_eq!(
        msp.identify(bad.certificate()).unwrap_err().to_string(),
        "certificate 'OU=client,CN=someone' is revoked"
    );
}

#[test]
fn a_revocation_list_is_that_of_the_key_that_has_signed_it() {
    let (old, new) = (Authority::root("ca"), Authority::root("ca"));
    let mut settings = MspSettings::new(id("Org1MSP"), old.certificate());
    settings.roots.push(new.certificate());
    settings.revocation_lists = vec![old.revoke(17)];
    let msp = Msp::new(settings).unwrap();
    let identify = |ca: &Authority, number| {
        let issued = ca.issue_with(serial(number), &PKCS_ECDSA_P256_SHA256).certificate();
        msp.identify(issued).map(drop).map_err(|error| error.to_string())
    };
    assert_eq!((identify(&new, 17), identify(&old, 16)), (Ok(()), Ok(())));
    assert_eq!(identify(&old, 17).unwrap_err(), "certificate 'OU=client,CN=someone' is revoked");
}

/// List without an authority key identifier, as `openssl ca -gencrl` creates it by default.
const OF_NOBODY: &str = "3081a5304e020101300a06082a8648ce3d040302300f310d300b06035504030c04726f6f74170d3236313132363137353230\
    395a170d3236313232363137353230395aa00e300c300a0603551d140403020103300a06082a8648ce3d0403020347003044\
    0220316ecd86bdf0503c8b2d1040644af820a2f99616f5e07acf704c193092038f5b02201b93be2deb93936430c2ee8b1132\
    95a17fabf3800ed11683dcad1bbc6d40c857";

#[test]
fn settings_that_a_peer_would_not_load_are_refused() {
    let ca = Authority::root("ca");
    let settings = || MspSettings::new(id("Org1MSP"), ca.certificate());
    let refused = |settings: MspSettings| Msp::new(settings).unwrap_err();

    let mut none = settings();
    none.roots.clear();
    assert_eq!(refused(none).to_string(), "MSP Org1MSP has no root certificate");

    let mut leaf = settings();
    leaf.roots.push(ca.issue("someone", &[]).certificate());
    assert_eq!(
        refused(leaf).to_string(),
        "certificate 'CN=someone' is not a CA certificate: its basic constraints do not include CA"
    );

    let mut orphan = settings();
    orphan.intermediates.push(Authority::root("other").intermediate("orphan").certificate());
    assert_eq!(
        refused(orphan).to_string(),
        "intermediate certificate 'CN=orphan' does not lead to a root certificate"
    );

    let mut stranger = settings();
    stranger.node_units = Some(NodeUnits::usual(Some(&Authority::root("other").certificate())));
    assert_eq!(
        refused(stranger).to_string(),
        "organizational unit 'client' names certificate 'CN=other', which is not a CA certificate of the MSP"
    );

    let mut list = settings();
    list.revocation_lists.push(b"no list".to_vec());
    assert!(matches!(refused(list), MspError::RevocationList(_)));
    let mut list = settings();
    list.revocation_lists.push(hex::decode(OF_NOBODY).unwrap());
    assert_eq!(
        refused(list).to_string(),
        "a revocation list cannot be read: it has no authority key identifier"
    );

    let mut revoked = settings();
    let inner = ca.intermediate("inner").certificate();
    let read = ccs_certificates::Certificate::from_der(inner.der()).unwrap();
    revoked.revocation_lists.push(ca.revoke_serial(read.serial_der()));
    revoked.intermediates.push(inner);
    assert_eq!(refused(revoked).to_string(), "CA certificate 'CN=inner' is revoked");
}

#[test]
fn a_ca_needs_a_subject_key_identifier() {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = params("ca", &[]);
    // rcgen writes basic constraints for CAs only, so this adds them as a custom extension.
    params.is_ca = IsCa::NoCa;
    let constraint = rcgen::CustomExtension::from_oid_content(&[2, 5, 29, 19], vec![0x30, 3, 1, 1, 0xff]);
    params.custom_extensions.push(constraint);
    let pem = params.self_signed(&key).unwrap().pem();
    let root = ccs_identity::Certificate::from_pem(pem.as_bytes()).unwrap();
    let error = Msp::new(MspSettings::new(id("Org1MSP"), root)).unwrap_err();
    assert_eq!(error.to_string(), "CA certificate 'CN=ca' has no subject key identifier");
}
