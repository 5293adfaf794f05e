//! Properties of certificates and revocation lists that a membership service provider uses.

use ccs_certificates::{Certificate, revocation_list_authority};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType, IsCa, Issuer, KeyIdMethod,
    KeyPair, RevokedCertParams, SerialNumber,
};
use time::{Duration, OffsetDateTime};

struct Ca {
    certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

fn ca() -> Ca {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "ca.org1.example.com");
    let made = params.self_signed(&key).unwrap();
    Ca { certificate: Certificate::from_der(made.der()).unwrap(), issuer: Issuer::new(params, key) }
}

/// Issues a client certificate with a serial number whose first bit is set.
fn issued(ca: &Ca, key: &KeyPair) -> Certificate {
    let mut params = CertificateParams::default();
    params.serial_number = Some(SerialNumber::from_slice(&[0x80, 1]));
    for (kind, value) in [
        (DnType::OrganizationalUnitName, "client"),
        (DnType::OrganizationName, "Org1"),
        (DnType::CommonName, "User1@org1.example.com"),
    ] {
        params.distinguished_name.push(kind, value);
    }
    Certificate::from_der(params.signed_by(key, &ca.issuer).unwrap().der()).unwrap()
}

fn revocation_list(ca: &Ca, key_identifier_method: KeyIdMethod) -> Vec<u8> {
    let now = OffsetDateTime::now_utc();
    let revoked = RevokedCertParams {
        serial_number: SerialNumber::from(17),
        revocation_time: now,
        reason_code: None,
        invalidity_date: None,
    };
    let list = CertificateRevocationListParams {
        this_update: now,
        next_update: now + Duration::days(1),
        crl_number: SerialNumber::from(1),
        issuing_distribution_point: None,
        revoked_certs: vec![revoked],
        key_identifier_method,
    };
    list.signed_by(&ca.issuer).unwrap().der().to_vec()
}

#[test]
fn a_certificate_tells_its_units_its_issuer_and_its_keys() {
    let ca = ca();
    let key = KeyPair::generate().unwrap();
    let client = issued(&ca, &key);
    assert_eq!(client.organizational_units().collect::<Vec<_>>(), ["client"]);
    assert_eq!(client.issuer_der(), ca.certificate.subject_der());
    assert_ne!(client.subject_der(), ca.certificate.subject_der());
    assert_eq!((client.serial_der(), client.serial_hex().as_str()), (&[0, 0x80, 1][..], "8001"));
    assert!(ca.certificate.is_ca() && !client.is_ca());
    assert!(client.public_key_info_der().ends_with(client.public_key_bytes().unwrap()));
    assert_eq!(client.public_key_bytes().unwrap(), key.public_key_raw());
    assert_eq!(ca.certificate.subject_key_identifier().unwrap().len(), 20);
    assert_eq!(client.subject_key_identifier(), None);
}

#[test]
fn a_revocation_list_tells_whose_it_is_and_broken_ones_tell_nothing() {
    let ca = ca();
    let der = revocation_list(&ca, KeyIdMethod::Sha256);
    assert_eq!(revocation_list_authority(&der).as_deref(), ca.certificate.subject_key_identifier());
    let other = revocation_list(&ca, KeyIdMethod::PreSpecified(vec![1, 2, 3]));
    assert_eq!(revocation_list_authority(&other), Some(vec![1, 2, 3]));
    for length in 0..der.len() {
        assert_eq!(revocation_list_authority(&der[..length]), None, "{length}");
    }
    assert_eq!(revocation_list_authority(ca.certificate.subject_der()), None);
}
