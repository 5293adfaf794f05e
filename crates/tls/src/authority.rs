//! Certificate authorities and the certificates they issue.

use ccs_certificates::Certificate;
use ccs_identity::Pair;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use time::{Duration, OffsetDateTime};

use crate::error::Error;
use crate::party::Role;

/// A request for a certificate.
#[derive(Debug)]
pub struct Request<'a> {
    /// The use of the certificate.
    pub role: Role,
    /// The common name.
    pub name: &'a str,
    /// Host names and IP addresses.
    pub hosts: &'a [String],
    /// The requested validity in days; limited by that of the authority.
    pub days: u32,
}

/// A certificate authority with its key.
pub struct Authority {
    certificate: String,
    issuer: Issuer<'static, KeyPair>,
    not_after: OffsetDateTime,
}

impl Authority {
    /// Makes an authority that can issue only certificates for servers and clients.
    ///
    /// Its name ends with digits of its public key. Two CAs in one bundle need different names, or a TLS library may
    /// verify a signature with the wrong key.
    pub fn make(name: &str, days: u32) -> Result<Self, Error> {
        let key = KeyPair::generate().map_err(Error::Make)?;
        let number = match *key.public_key_raw() {
            // The first byte is the form of the point.
            [_, a, b, c, d, ..] => u32::from_be_bytes([a, b, c, d]),
            _ => 0,
        };
        let mut params = params(&format!("{name} CA {number:08x}"), &[], days, None).map_err(Error::Make)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key).map_err(Error::Make)?.pem();
        let not_after = params.not_after;
        Ok(Self { certificate, issuer: Issuer::new(params, key), not_after })
    }

    /// Parses an authority from the PEM texts of its certificate and key, which must match.
    pub fn load(certificate: String, key: &str) -> Result<Self, Error> {
        let pair = ccs_certificates::read_key_pair(certificate.as_bytes(), key.as_bytes());
        let pair = pair.map_err(Error::Authority)?;
        let not_after = pair.chain.first().map(Certificate::not_after);
        let issuer = KeyPair::from_pem(key)
            .and_then(|key| Issuer::from_ca_cert_pem(&certificate, key))
            .map_err(Error::AuthorityKey)?;
        let not_after = not_after.map_or(OffsetDateTime::UNIX_EPOCH, OffsetDateTime::from);
        Ok(Self { certificate, issuer, not_after })
    }

    /// Returns the certificate, as PEM.
    #[must_use]
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// Returns the private key, as PEM.
    #[must_use]
    pub fn key(&self) -> String {
        self.issuer.key().serialize_pem()
    }

    /// Issues a certificate for a new key.
    pub fn issue(&self, request: &Request<'_>) -> Result<Pair, Error> {
        if self.not_after < OffsetDateTime::now_utc() {
            return Err(Error::AuthorityExpired);
        }
        let params = params(request.name, request.hosts, request.days, Some(self.not_after));
        let mut params = params.map_err(Error::Make)?;
        params.is_ca = IsCa::ExplicitNoCa;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![usage(request.role)];
        let issued = KeyPair::generate().and_then(|key| Ok((params.signed_by(&key, &self.issuer)?, key)));
        let (certificate, key) = issued.map_err(Error::Make)?;
        Ok(Pair { certificate: certificate.pem(), key: key.serialize_pem() })
    }
}

fn usage(role: Role) -> ExtendedKeyUsagePurpose {
    match role {
        Role::Server => ExtendedKeyUsagePurpose::ServerAuth,
        Role::Client => ExtendedKeyUsagePurpose::ClientAuth,
    }
}

fn params(
    name: &str,
    hosts: &[String],
    days: u32,
    end: Option<OffsetDateTime>,
) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(hosts)?;
    // Remove rcgen's default common name.
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    let now = OffsetDateTime::now_utc();
    // Allow for clocks that differ by a few minutes.
    params.not_before = now - Duration::minutes(5);
    let wanted = now + Duration::days(days.into());
    params.not_after = end.map_or(wanted, |end| wanted.min(end));
    Ok(params)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use ccs_certificates::{
        Certificate, Curve, ExtendedKeyUsage, KeyAlgorithm, KeyPairError, Validity, host_matches,
        read_bundle, read_key_pair,
    };

    use super::*;

    fn read(pem: &str) -> Certificate {
        read_bundle(pem.as_bytes()).unwrap().certificates.remove(0)
    }

    #[test]
    fn a_server_certificate_is_what_a_peer_expects() {
        let ca = Authority::make("basic", 3650).unwrap();
        let hosts = ["basic.example.com".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
        let request = Request { role: Role::Server, name: "basic", hosts: &hosts, days: 365 };
        let pair = ca.issue(&request).unwrap();
        read_key_pair(pair.certificate.as_bytes(), pair.key.as_bytes()).unwrap();
        let (certificate, issuer) = (read(&pair.certificate), read(ca.certificate()));
        assert!(pair.key.starts_with("-----BEGIN PRIVATE KEY-----"));
        assert_eq!(certificate.subject(), "CN=basic");
        assert_eq!(certificate.issuer(), issuer.subject());
        assert!(hosts.iter().all(|host| host_matches(&certificate, host)));
        assert_eq!(certificate.extended_key_usages(), [ExtendedKeyUsage::ServerAuthentication]);
        assert_eq!(certificate.key_algorithm(), KeyAlgorithm::Ecdsa(Curve::P256));
        assert!(issuer.is_ca() && !certificate.is_ca());
        assert_eq!(certificate.validity(SystemTime::now()), Validity::Valid { days_left: 364 });
        assert_eq!(issuer.validity(SystemTime::now()), Validity::Valid { days_left: 3649 });
    }

    #[test]
    fn a_certificate_ends_with_its_authority_at_the_latest() {
        let ca = Authority::make("basic", 10).unwrap();
        let ca = Authority::load(ca.certificate().to_owned(), &ca.key()).unwrap();
        let request = Request { role: Role::Client, name: "peer", hosts: &[], days: 365 };
        let certificate = read(&ca.issue(&request).unwrap().certificate);
        assert_eq!(certificate.not_after(), read(ca.certificate()).not_after());
        assert_eq!(certificate.extended_key_usages(), [ExtendedKeyUsage::ClientAuthentication]);
    }

    #[test]
    fn two_authorities_of_one_name_have_two_subjects() {
        let subject = || read(Authority::make("basic", 1).unwrap().certificate()).subject();
        let (one, other) = (subject(), subject());
        assert_ne!(one, other);
        assert!(one.starts_with("CN=basic CA ") && one.len() == "CN=basic CA 01234567".len(), "{one}");
    }

    #[test]
    fn a_key_of_another_authority_is_refused() {
        let (one, other) = (Authority::make("a", 1).unwrap(), Authority::make("a", 1).unwrap());
        let error = Authority::load(one.certificate().to_owned(), &other.key()).err().unwrap();
        assert_eq!(error.to_string(), "the CA cannot be used");
        assert!(matches!(error, Error::Authority(KeyPairError::Mismatch)), "{error:?}");
    }
}
