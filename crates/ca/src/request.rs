//! Certificate requests (PKCS#10).

use p256::ecdsa::signature::Verifier as _;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::oid::db::rfc4519;
use x509_cert::der::oid::db::rfc5280::{ID_CE_BASIC_CONSTRAINTS, ID_CE_SUBJECT_ALT_NAME};
use x509_cert::der::oid::db::rfc5912::{ECDSA_WITH_SHA_256, ECDSA_WITH_SHA_384, ID_EXTENSION_REQ};
use x509_cert::der::{Decode as _, Encode as _, pem};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::BasicConstraints;
use x509_cert::request::{CertReq, ExtensionReq};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use crate::refusal::Refusal;

/// Parts of a subject that a certificate keeps, in the order of the request; the CA sets the units.
const KEPT: [ObjectIdentifier; 5] = [rfc4519::C, rfc4519::ST, rfc4519::L, rfc4519::O, rfc4519::SERIAL_NUMBER];

/// Labels in PEM; some tools write the second one.
const LABELS: [&str; 2] = ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"];

/// The longest part of a subject, in bytes.
const LONGEST: usize = 64;

/// Certificate request whose signature is valid.
#[derive(Debug)]
pub(crate) struct Request {
    /// Parts of the subject other than units and common name.
    pub(crate) names: Vec<AttributeTypeAndValue>,
    pub(crate) common_name: AttributeTypeAndValue,
    pub(crate) key: SubjectPublicKeyInfoOwned,
    /// Content of the extension with alternative names.
    pub(crate) alternative_names: Option<Vec<u8>>,
}

impl Request {
    /// Reads the request of an identity, and checks that the client has the key.
    pub(crate) fn read(pem: &str, id: &str) -> Result<Self, Refusal> {
        let request = decode(pem).ok_or(Refusal::Request)?;
        let parts: Vec<_> = request.info.subject.iter().cloned().collect();
        let mut common_names = parts.iter().filter(|part| part.oid == rfc4519::CN);
        let common_name = match (common_names.next(), common_names.next()) {
            (Some(name), None) if name.value.value() == id.as_bytes() => name.clone(),
            _ => return Err(Refusal::CommonName),
        };
        if let Some(part) = parts.iter().find(|part| part.value.value().len() > LONGEST) {
            return Err(Refusal::Input(format!("{} has more than {LONGEST} bytes", part.oid)));
        }
        let extensions = extensions(&request)?;
        if is_for_ca(&extensions) {
            return Err(Refusal::Authorization);
        }
        verify(&request)?;
        let alternative_names = extensions.iter().find(|it| it.extn_id == ID_CE_SUBJECT_ALT_NAME);
        Ok(Self {
            names: parts.into_iter().filter(|part| KEPT.contains(&part.oid)).collect(),
            common_name,
            alternative_names: alternative_names.map(|it| it.extn_value.as_bytes().to_vec()),
            key: request.info.public_key,
        })
    }
}

fn decode(text: &str) -> Option<CertReq> {
    let (label, der) = pem::decode_vec(text.as_bytes()).ok()?;
    let request = CertReq::from_der(&der).ok()?;
    // The decoder accepts wrong lengths of inner parts, and the signature is verified over the parts as they are encoded again.
    let is_exact = request.to_der().ok()? == der;
    (LABELS.contains(&label) && is_exact).then_some(request)
}

/// Returns the extensions that a client asks for.
fn extensions(request: &CertReq) -> Result<Vec<Extension>, Refusal> {
    let mut all = Vec::new();
    let attributes = request.info.attributes.iter().filter(|it| it.oid == ID_EXTENSION_REQ);
    for value in attributes.flat_map(|attribute| attribute.values.iter()) {
        let der = value.to_der().map_err(|_| Refusal::Request)?;
        all.extend(ExtensionReq::from_der(&der).map_err(|_| Refusal::Request)?.0);
    }
    Ok(all)
}

fn is_for_ca(extensions: &[Extension]) -> bool {
    let mut constraints = extensions.iter().filter(|it| it.extn_id == ID_CE_BASIC_CONSTRAINTS);
    // Constraints that cannot be read may be those of a CA.
    constraints.any(|it| BasicConstraints::from_der(it.extn_value.as_bytes()).map_or(true, |it| it.ca))
}

/// Verifies the signature by which the client proves that it has the key.
fn verify(request: &CertReq) -> Result<(), Refusal> {
    let failed = |reason: &str| Refusal::Signing(reason.to_owned());
    let invalid = || failed("the signature of the certificate request is invalid");
    let message = request.info.to_der().map_err(|_| Refusal::Request)?;
    let key = request.info.public_key.to_der().map_err(|_| Refusal::Request)?;
    let signature = request.signature.as_bytes().ok_or_else(invalid)?;
    let algorithm = request.algorithm.oid;
    if let Ok(key) = <p256::ecdsa::VerifyingKey as p256::pkcs8::DecodePublicKey>::from_public_key_der(&key)
        && algorithm == ECDSA_WITH_SHA_256
    {
        let signature = p256::ecdsa::Signature::from_der(signature).map_err(|_| invalid())?;
        return key.verify(&message, &signature).map_err(|_| invalid());
    }
    if let Ok(key) = <p384::ecdsa::VerifyingKey as p384::pkcs8::DecodePublicKey>::from_public_key_der(&key)
        && algorithm == ECDSA_WITH_SHA_384
    {
        let signature = p384::ecdsa::Signature::from_der(signature).map_err(|_| invalid())?;
        return key.verify(&message, &signature).map_err(|_| invalid());
    }
    Err(failed("unsupported key: expected ECDSA on P-256 with SHA-256, or on P-384 with SHA-384"))
}
