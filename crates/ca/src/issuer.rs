//! Certificates as Fabric CA issues them.

use std::fmt;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use ccs_identity::{Attributes, Pair};
use p256::ecdsa::{DerSignature, Signature, SigningKey, signature::Signer as _};
use p256::pkcs8::DecodePrivateKey as _;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use sha1::{Digest as _, Sha1};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{self, Builder as _, CertificateBuilder};
use x509_cert::certificate::{Certificate, TbsCertificate};
use x509_cert::der::asn1::{Any, BitString, Ia5String, ObjectIdentifier, OctetString};
use x509_cert::der::oid::AssociatedOid;
use x509_cert::der::oid::db::rfc4519;
use x509_cert::der::oid::db::rfc5280::{ID_CE_SUBJECT_ALT_NAME, ID_KP_CLIENT_AUTH, ID_KP_SERVER_AUTH};
use x509_cert::der::pem::LineEnding;
use x509_cert::der::{self, Decode as _, DecodePem as _, Encode, EncodePem as _, Tag};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectAltName,
    SubjectKeyIdentifier,
};
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::SubjectPublicKeyInfoRef;
use x509_cert::time::{Time, Validity};

use crate::request::Request;

/// Extension with attributes.
const ATTRIBUTES: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.3.4.5.6.7.8.1");

/// Validity of certificates.
const VALIDITY: Duration = Duration::from_hours(365 * 24);

/// Tolerance for clocks that are late.
const TOLERANCE: Duration = Duration::from_mins(5);

/// Error from reading the CA.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    /// The certificate of the CA cannot be used.
    #[error("the certificate of the CA cannot be used: {0}")]
    Certificate(String),
    /// The key of the CA cannot be used.
    #[error("the key of the CA cannot be used: {0}")]
    Key(String),
    /// The state cannot be read or created.
    #[error("the state of the CA cannot be used: {0}")]
    State(String),
}

/// CA that issues certificates.
pub(crate) struct Issuer {
    pem: String,
    subject: Name,
    not_after: SystemTime,
    /// Subject key identifier of the CA.
    key_id: Vec<u8>,
    key: SigningKey,
}

/// What the CA decides about a certificate.
pub(crate) struct Order<'a> {
    pub(crate) request: &'a Request,
    /// Organizational units: the type, and the levels of the affiliation.
    pub(crate) units: Vec<&'a str>,
    pub(crate) attributes: Option<Attributes>,
    pub(crate) is_tls: bool,
    /// Host names and addresses, which replace those of the request.
    pub(crate) hosts: &'a [String],
}

/// Issued certificate.
pub(crate) struct Issued {
    pub(crate) pem: String,
    pub(crate) serial: String,
    pub(crate) aki: String,
}

impl Issuer {
    pub(crate) fn read(pair: &Pair) -> Result<Self, IssuerError> {
        let wrong = |reason: String| IssuerError::Certificate(reason);
        let certificate =
            Certificate::from_pem(&pair.certificate).map_err(|error| wrong(error.to_string()))?;
        let tbs = certificate.tbs_certificate();
        let key_id = tbs.get_extension::<SubjectKeyIdentifier>().map_err(|error| wrong(error.to_string()))?;
        let (_, key_id) = key_id.ok_or_else(|| wrong("it has no subject key identifier".to_owned()))?;
        let der = PrivateKeyDer::from_pem_slice(pair.key.as_bytes());
        let der = der.map_err(|error| IssuerError::Key(error.to_string()))?;
        let key = SigningKey::from_pkcs8_der(der.secret_der());
        Ok(Self {
            pem: pair.certificate.clone(),
            subject: tbs.subject().clone(),
            not_after: tbs.validity().not_after.to_system_time(),
            key_id: key_id.0.as_bytes().to_vec(),
            key: key.map_err(|error| IssuerError::Key(error.to_string()))?,
        })
    }

    /// Returns the certificate of the CA, as PEM.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    pub(crate) fn issue(&self, order: &Order<'_>, now: SystemTime) -> Result<Issued, builder::Error> {
        let profile = Profile { issuer: self, order, subject: subject(order)? };
        let end = (now + VALIDITY).min(self.not_after);
        let validity = Validity::new(time(now - TOLERANCE)?, time(end)?);
        let serial = serial()?;
        let mut certificate =
            CertificateBuilder::new(profile, serial.clone(), validity, order.request.key.clone())?;
        let message = certificate.finalize(&self.key)?;
        // Fabric requires the lower of the two values that are valid.
        let signature: Signature = self.key.try_sign(&message)?;
        let signature: DerSignature = signature.normalize_s().to_der();
        let signature = BitString::from_bytes(signature.as_bytes())?;
        let certificate = certificate.assemble(signature, &self.key)?;
        let pem = certificate.to_pem(LineEnding::LF)?;
        Ok(Issued { pem, serial: number(serial.as_bytes()), aki: number(&self.key_id) })
    }
}

/// Prints no key.
impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer").field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// Writes a number as Fabric CA does: lower-case digits without leading zeros.
pub(crate) fn number(bytes: &[u8]) -> String {
    hex::encode(bytes).trim_start_matches('0').to_owned()
}

struct Profile<'a> {
    issuer: &'a Issuer,
    order: &'a Order<'a>,
    subject: Name,
}

impl BuilderProfile for Profile<'_> {
    fn get_issuer(&self, _: &Name) -> Name {
        self.issuer.subject.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        key: SubjectPublicKeyInfoRef<'_>,
        _: SubjectPublicKeyInfoRef<'_>,
        _: &TbsCertificate,
    ) -> Result<Vec<Extension>, builder::Error> {
        let Order { request, attributes, is_tls, hosts, .. } = self.order;
        let usage = if *is_tls {
            KeyUsages::DigitalSignature | KeyUsages::KeyEncipherment | KeyUsages::KeyAgreement
        } else {
            KeyUsages::DigitalSignature.into()
        };
        let mut all = vec![extension(true, &KeyUsage(usage))?];
        if *is_tls {
            all.push(extension(false, &ExtendedKeyUsage(vec![ID_KP_SERVER_AUTH, ID_KP_CLIENT_AUTH]))?);
        }
        all.push(extension(true, &BasicConstraints { ca: false, path_len_constraint: None })?);
        let key_id = Sha1::digest(key.subject_public_key.raw_bytes());
        all.push(extension(false, &SubjectKeyIdentifier(OctetString::new(key_id.as_slice())?))?);
        let authority = AuthorityKeyIdentifier {
            key_identifier: Some(OctetString::new(self.issuer.key_id.as_slice())?),
            ..AuthorityKeyIdentifier::default()
        };
        all.push(extension(false, &authority)?);
        let names = if hosts.is_empty() { request.alternative_names.clone() } else { Some(names(hosts)?) };
        all.extend(names.map(|names| raw(ID_CE_SUBJECT_ALT_NAME, names)).transpose()?);
        let attributes = attributes.as_ref().map(|attributes| raw(ATTRIBUTES, attributes.to_json()));
        all.extend(attributes.transpose()?);
        Ok(all)
    }
}

fn extension<T: AssociatedOid + Encode>(critical: bool, content: &T) -> der::Result<Extension> {
    let extn_value = OctetString::new(content.to_der()?)?;
    Ok(Extension { extn_id: T::OID, critical, extn_value })
}

fn raw(extn_id: ObjectIdentifier, content: Vec<u8>) -> der::Result<Extension> {
    Ok(Extension { extn_id, critical: false, extn_value: OctetString::new(content)? })
}

/// Returns the alternative names for hosts.
fn names(hosts: &[String]) -> der::Result<Vec<u8>> {
    let name = |host: &String| match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => OctetString::new(address.octets()).map(GeneralName::IpAddress),
        Ok(IpAddr::V6(address)) => OctetString::new(address.octets()).map(GeneralName::IpAddress),
        Err(_) if host.contains('@') => Ia5String::new(host).map(GeneralName::Rfc822Name),
        Err(_) => Ia5String::new(host).map(GeneralName::DnsName),
    };
    SubjectAltName(hosts.iter().map(name).collect::<der::Result<Vec<_>>>()?).to_der()
}

/// Returns the subject: the parts of the request, all units in one part, and the common name.
fn subject(order: &Order<'_>) -> der::Result<Name> {
    let mut parts = RdnSequence::default();
    for part in &order.request.names {
        parts.push(RelativeDistinguishedName::try_from(vec![part.clone()])?);
    }
    let units = order.units.iter().map(|unit| {
        Ok(AttributeTypeAndValue { oid: rfc4519::OU, value: Any::new(text_tag(unit), unit.as_bytes())? })
    });
    let mut units = units.collect::<der::Result<Vec<_>>>()?;
    // A set holds each value once.
    units.sort_by(|one, other| one.value.value().cmp(other.value.value()));
    units.dedup();
    parts.push(RelativeDistinguishedName::try_from(units)?);
    parts.push(RelativeDistinguishedName::try_from(vec![order.request.common_name.clone()])?);
    Name::from_der(&parts.to_der()?)
}

/// Returns the type in which Go writes a text.
fn text_tag(text: &str) -> Tag {
    let printable = |byte: u8| byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&byte);
    if text.bytes().all(printable) { Tag::PrintableString } else { Tag::Utf8String }
}

fn time(moment: SystemTime) -> der::Result<Time> {
    let since_1970 = moment.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    // Times in certificates have whole seconds.
    let since_1970 = Duration::from_secs(since_1970.as_secs());
    Ok(Time::GeneralTime(der::asn1::GeneralizedTime::from_unix_duration(since_1970)?))
}

/// Returns a random serial number of twenty bytes.
fn serial() -> Result<SerialNumber, builder::Error> {
    let mut bytes = [0; 20];
    getrandom::fill(&mut bytes).map_err(|_| der::Error::from(der::ErrorKind::Failed))?;
    // Positive, and with the full length.
    bytes[0] = (bytes[0] & 0x7f) | 0x40;
    Ok(SerialNumber::new(&bytes)?)
}
