//! Keys and certificates for one chaincode and one peer, from a CA whose key is discarded immediately.

use ccs_launch::server::Certificates;
use ccs_launch::{ExitCode, Failure};
use ccs_report::moment;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose,
};
use sha2::{Digest as _, Sha256};
use time::{Duration, OffsetDateTime};

/// How long certificates are valid: as long as those that a peer issues to chaincode.
pub const VALIDITY: Duration = Duration::days(3650);

/// The tolerated difference between clocks.
const SKEW: Duration = Duration::minutes(5);

/// Creates keys and certificates for a server with these names, and returns when they expire.
///
/// The key of the CA never leaves this function, so no further certificate can be issued.
pub fn make(name: &str, hosts: &[String]) -> Result<(Certificates, String), Failure> {
    of_name(name, hosts).map_err(|error| {
        Failure::new(ExitCode::InputOutput, format!("cannot make certificates for {name}: {error}"))
    })
}

fn of_name(name: &str, hosts: &[String]) -> Result<(Certificates, String), rcgen::Error> {
    let end = OffsetDateTime::now_utc() + VALIDITY;
    let key = KeyPair::generate()?;
    // The CAs in a bundle need different names, or a TLS library may check a signature with the key of the wrong one. The number
    // comes first, so that truncating a long name keeps it.
    let number = hex::encode(key.public_key_raw().get(1..5).unwrap_or_default());
    let mut params = named(&format!("CA {number} of {name}"), &[], end)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let ca = params.self_signed(&key)?.pem();
    let issuer = Issuer::new(params, key);
    let issue = |name: &str, hosts: &[String], usage| -> Result<(String, String), rcgen::Error> {
        let mut params = named(name, hosts, end)?;
        params.is_ca = IsCa::ExplicitNoCa;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate()?;
        Ok((params.signed_by(&key, &issuer)?.pem(), key.serialize_pem()))
    };
    let server = issue(name, hosts, ExtendedKeyUsagePurpose::ServerAuth)?;
    let client = issue(&format!("peer of {name}"), &[], ExtendedKeyUsagePurpose::ClientAuth)?;
    let checksum = hex::encode(Sha256::digest(format!("{ca}{}", server.0)));
    Ok((Certificates { ca, server, client, checksum }, moment::timestamp(end.into())))
}

fn named(name: &str, hosts: &[String], end: OffsetDateTime) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(hosts)?;
    params.distinguished_name = DistinguishedName::new();
    // X.509 allows 64 characters.
    params.distinguished_name.push(DnType::CommonName, name.chars().take(64).collect::<String>());
    params.not_before = OffsetDateTime::now_utc() - SKEW;
    params.not_after = end;
    Ok(params)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use ccs_certificates::{
        Certificate, ExtendedKeyUsage, Validity, host_matches, read_bundle, read_key_pair,
    };

    use super::*;

    fn read(pem: &str) -> Certificate {
        read_bundle(pem.as_bytes()).unwrap().certificates.remove(0)
    }

    #[test]
    fn both_sides_have_what_a_peer_accepts_and_nobody_has_the_key_of_the_ca() {
        let name = format!("ccs-{}-bpzgucek5hlow", "a".repeat(40));
        let hosts = [format!("{name}.hlf.svc"), name.clone()];
        let (certificates, end) = make(&name, &hosts).unwrap();
        let ca = read(&certificates.ca);
        assert!(ca.is_ca());
        for ((certificate, key), usage) in [
            (&certificates.server, ExtendedKeyUsage::ServerAuthentication),
            (&certificates.client, ExtendedKeyUsage::ClientAuthentication),
        ] {
            read_key_pair(certificate.as_bytes(), key.as_bytes()).unwrap();
            let certificate = read(certificate);
            assert_eq!(certificate.issuer(), ca.subject());
            assert_eq!(certificate.extended_key_usages(), [usage]);
            assert!(!certificate.is_ca());
            assert!(read_key_pair(certificates.ca.as_bytes(), key.as_bytes()).is_err());
        }
        let server = read(&certificates.server.0);
        assert!(hosts.iter().all(|host| host_matches(&server, host)));
        assert_eq!(server.validity(SystemTime::now()), Validity::Valid { days_left: 3649 });
        assert_eq!(end.len(), "2036-11-26T20:00:00Z".len());
        let (other, _) = make(&name, &hosts).unwrap();
        assert_ne!(other.checksum, certificates.checksum);
        assert_ne!(read(&other.ca).subject(), ca.subject());
    }
}
