//! CAs that issue certificates for an organization, or for the chaincode of one peer.

use std::fmt;
use std::time::SystemTime;

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData, SignatureAlgorithm, SigningKey,
};
use time::{Duration, OffsetDateTime};

use crate::attributes::{self, Attributes};

/// Validity of certificates in days: ten years, as cryptogen's.
const DAYS: i64 = 3650;

/// Error from creating a certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot create a certificate for {name}: {reason}")]
pub struct IssueError {
    name: String,
    reason: String,
}

/// Certificate and its key, as PEM texts.
#[derive(Clone, PartialEq, Eq)]
pub struct Pair {
    /// The certificate.
    pub certificate: String,
    /// The private key, PKCS#8.
    pub key: String,
}

/// Prints the certificate, but not the key.
impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pair").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

/// Purpose of a TLS certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TlsUse {
    /// A peer, which accepts connections and dials.
    ServerAndClient,
    /// A client, which only dials.
    Client,
}

/// Certificate request to an authority.
pub(crate) enum Request<'a> {
    /// A certificate to sign transactions, with the organizational unit of its role, and possibly with attributes.
    Identity { name: &'a str, unit: &'a str, attributes: Option<&'a Attributes> },
    /// A TLS certificate with host names and addresses.
    Tls { name: &'a str, hosts: &'a [String], usage: TlsUse },
}

/// Country, state or province, and locality in the name of a CA.
pub(crate) type Place = [&'static str; 3];

/// CA with its key.
pub(crate) struct Authority {
    certificate: String,
    issuer: Issuer<'static, LowS>,
    now: OffsetDateTime,
}

/// P-256 key whose signatures always have S in the lower half of its range.
///
/// Fabric rewrites certificates with a high S before it uses them, and then no longer finds a rewritten root (Fabric
/// 1.4.12 `msp/mspimplsetup.go`, with Go 1.26). Cryptogen issues none either.
struct LowS(KeyPair);

impl PublicKeyData for LowS {
    fn der_bytes(&self) -> &[u8] {
        self.0.der_bytes()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.0.algorithm()
    }
}

impl SigningKey for LowS {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let signature = p256::ecdsa::Signature::from_der(&self.0.sign(message)?);
        let signature = signature.map_err(|_| rcgen::Error::RemoteKeyError)?;
        Ok(signature.normalize_s().to_der().as_bytes().to_vec())
    }
}

impl Authority {
    /// Creates a CA with a common name and an organization, and possibly a place.
    pub(crate) fn make(
        name: &str,
        organization: &str,
        place: Option<Place>,
        now: SystemTime,
    ) -> Result<Self, IssueError> {
        let failed = |error: rcgen::Error| IssueError { name: name.to_owned(), reason: error.to_string() };
        let now = OffsetDateTime::from(now);
        let key = LowS(KeyPair::generate().map_err(failed)?);
        let mut params = params(name, now);
        params.distinguished_name = DistinguishedName::new();
        // The order is that of the test network's CAs, because chaincode sees the name as a text.
        if let Some([country, state, locality]) = place {
            params.distinguished_name.push(DnType::CountryName, country);
            params.distinguished_name.push(DnType::StateOrProvinceName, state);
            params.distinguished_name.push(DnType::LocalityName, locality);
        }
        params.distinguished_name.push(DnType::OrganizationName, organization);
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages =
            vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key).map_err(failed)?.pem();
        Ok(Self { certificate, issuer: Issuer::new(params, key), now })
    }

    /// Reads a CA from PEM texts. The name is for messages.
    pub(crate) fn read(
        name: &str,
        certificate: &str,
        key: &str,
        now: SystemTime,
    ) -> Result<Self, IssueError> {
        let failed = |error: rcgen::Error| IssueError { name: name.to_owned(), reason: error.to_string() };
        let key = LowS(KeyPair::from_pem(key).map_err(failed)?);
        let issuer = Issuer::from_ca_cert_pem(certificate, key).map_err(failed)?;
        Ok(Self { certificate: certificate.to_owned(), issuer, now: now.into() })
    }

    /// Returns the certificate, as PEM.
    pub(crate) fn certificate(&self) -> &str {
        &self.certificate
    }

    /// Returns the certificate and the key.
    pub(crate) fn pair(&self) -> Pair {
        Pair { certificate: self.certificate.clone(), key: self.issuer.key().0.serialize_pem() }
    }

    /// Issues a certificate for a new key.
    pub(crate) fn issue(&self, request: &Request<'_>) -> Result<Pair, IssueError> {
        let (Request::Identity { name, .. } | Request::Tls { name, .. }) = request;
        let failed = |error: rcgen::Error| IssueError { name: (*name).to_owned(), reason: error.to_string() };
        let mut params = params(name, self.now);
        params.is_ca = IsCa::ExplicitNoCa;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        match request {
            Request::Identity { unit, attributes, .. } => {
                params.distinguished_name.push(DnType::OrganizationalUnitName, *unit);
                let extension = attributes.map(|attributes| {
                    CustomExtension::from_oid_content(attributes::EXTENSION, attributes.to_json())
                });
                params.custom_extensions.extend(extension);
            }
            Request::Tls { hosts, usage, .. } => {
                params.subject_alt_names = CertificateParams::new(*hosts).map_err(failed)?.subject_alt_names;
                params.extended_key_usages = match usage {
                    TlsUse::ServerAndClient => {
                        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth]
                    }
                    TlsUse::Client => vec![ExtendedKeyUsagePurpose::ClientAuth],
                };
            }
        }
        let key = KeyPair::generate().map_err(failed)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(failed)?;
        Ok(Pair { certificate: certificate.pem(), key: key.serialize_pem() })
    }
}

fn params(name: &str, now: OffsetDateTime) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    // A few minutes of tolerance for clocks that differ, such as those of a container and its host.
    params.not_before = now - Duration::minutes(5);
    params.not_after = now + Duration::days(DAYS);
    params
}
