//! A parsed X.509 certificate. The submodules parse its parts by Go's rules.

mod alternative_names;
mod date;
mod extensions;
mod name;
mod name_constraints;
mod structure;
mod text;
mod uri;

use std::{fmt, time::SystemTime};

pub use alternative_names::SubjectAlternativeName;
pub use extensions::ExtendedKeyUsage;

use crate::{
    curve::Curve,
    der::Reader,
    error::CertificateError,
    public_half::UncheckedKey,
    public_key::{KeyAlgorithm, PublicKey},
    validity::Validity,
};
use name::Name;

/// An X.509 certificate that Go's `x509.ParseCertificate` accepts.
#[derive(Clone)]
pub struct Certificate {
    version: u8,
    /// The encoded bytes, with the leading zero byte if the first bit is set.
    serial: Vec<u8>,
    subject: Name,
    issuer: Name,
    /// Subject and issuer as DER.
    raw_names: RawNames,
    not_before: SystemTime,
    not_after: SystemTime,
    public_key: PublicKey,
    /// The `SubjectPublicKeyInfo` as DER.
    public_key_info: Vec<u8>,
    subject_key_identifier: Option<Vec<u8>>,
    alternative_names: Vec<SubjectAlternativeName>,
    is_ca: bool,
    extended_key_usages: Vec<ExtendedKeyUsage>,
    attributes: Option<Vec<u8>>,
}

/// The names of a certificate as DER, for comparison byte by byte.
#[derive(Clone)]
struct RawNames {
    subject: Vec<u8>,
    issuer: Vec<u8>,
}

impl Certificate {
    /// Parses a certificate in DER.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        structure::read(der)
    }

    /// Returns the subject in the form of RFC 2253, last part first: `CN=peer0,OU=peer,O=Org1,C=US`.
    #[must_use]
    pub fn subject(&self) -> String {
        self.subject.to_string()
    }

    /// Returns the issuer in the form of [`Certificate::subject`].
    #[must_use]
    pub fn issuer(&self) -> String {
        self.issuer.to_string()
    }

    /// Returns the subject's common name, the last one if there are several, as Go does.
    #[must_use]
    pub fn common_name(&self) -> Option<&str> {
        self.subject.common_name()
    }

    /// Returns the version, 1 to 3.
    #[must_use]
    pub fn version(&self) -> u8 {
        self.version
    }

    /// Returns the serial number in lower-case hexadecimal digits without leading zero bytes.
    #[must_use]
    pub fn serial_hex(&self) -> String {
        let magnitude = match self.serial.as_slice() {
            [0, magnitude @ ..] if !magnitude.is_empty() => magnitude,
            whole => whole,
        };
        let mut digits = String::with_capacity(magnitude.len() * 2);
        for byte in magnitude {
            for half in [byte >> 4, byte & 15] {
                digits.extend(char::from_digit(u32::from(half), 16));
            }
        }
        digits
    }

    /// Returns the start of the validity period, which is part of it.
    #[must_use]
    pub fn not_before(&self) -> SystemTime {
        self.not_before
    }

    /// Returns the end of the validity period, which is part of it.
    #[must_use]
    pub fn not_after(&self) -> SystemTime {
        self.not_after
    }

    /// Compares `now` with the validity period. Go does not check it when it loads a certificate; the other side of a
    /// TLS handshake does.
    #[must_use]
    pub fn validity(&self, now: SystemTime) -> Validity {
        Validity::at(now, self.not_before, self.not_after)
    }

    /// Returns the subject alternative names in the order of the certificate, without the kinds that Go ignores.
    #[must_use]
    pub fn subject_alternative_names(&self) -> &[SubjectAlternativeName] {
        &self.alternative_names
    }

    /// Returns whether the basic constraints name a certificate authority.
    #[must_use]
    pub fn is_ca(&self) -> bool {
        self.is_ca
    }

    /// Returns the algorithm and size of the public key.
    #[must_use]
    pub fn key_algorithm(&self) -> KeyAlgorithm {
        self.public_key.algorithm()
    }

    /// Returns the extended key usages; if empty, every use is allowed.
    #[must_use]
    pub fn extended_key_usages(&self) -> &[ExtendedKeyUsage] {
        &self.extended_key_usages
    }

    /// Returns the content of the extension in which Fabric CA writes attributes, if the certificate has it.
    #[must_use]
    pub fn attributes(&self) -> Option<&[u8]> {
        self.attributes.as_deref()
    }

    /// Returns whether subject and issuer are equal, without checking the signature.
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    /// Returns the subject as DER.
    #[must_use]
    pub fn subject_der(&self) -> &[u8] {
        &self.raw_names.subject
    }

    /// Returns the issuer as DER. Another certificate can be the issuer's only if its
    /// [`subject_der`](Self::subject_der) is equal.
    #[must_use]
    pub fn issuer_der(&self) -> &[u8] {
        &self.raw_names.issuer
    }

    /// Returns the organizational units of the subject, in the order of the certificate.
    pub fn organizational_units(&self) -> impl Iterator<Item = &str> {
        self.subject.organizational_units()
    }

    /// Returns the content bytes of the serial number in DER, which identify a certificate in a revocation list.
    #[must_use]
    pub fn serial_der(&self) -> &[u8] {
        &self.serial
    }

    /// Returns the subject key identifier, if the certificate has one.
    #[must_use]
    pub fn subject_key_identifier(&self) -> Option<&[u8]> {
        self.subject_key_identifier.as_deref()
    }

    /// Returns the `SubjectPublicKeyInfo` as DER.
    #[must_use]
    pub fn public_key_info_der(&self) -> &[u8] {
        &self.public_key_info
    }

    /// Returns why the numbers of the public key were not checked, or [`None`] if they were.
    #[must_use]
    pub fn unchecked_key(&self) -> Option<UncheckedKey> {
        matches!(self.public_key, PublicKey::Ec { curve: Curve::P224, .. }).then_some(UncheckedKey::P224)
    }

    /// Returns the uncompressed point of an ECDSA key or the 32 bytes of an Ed25519 key, and [`None`] for a key of
    /// another algorithm.
    #[must_use]
    pub fn public_key_bytes(&self) -> Option<&[u8]> {
        match &self.public_key {
            PublicKey::Ec { point, .. } => Some(point),
            PublicKey::Ed25519(bytes) => Some(bytes),
            _ => None,
        }
    }

    pub(crate) fn public_key(&self) -> &PublicKey {
        &self.public_key
    }
}

/// Parses a distinguished name in DER, for example of an authority that a TLS server names, and formats it like
/// [`Certificate::subject`].
#[must_use]
pub fn distinguished_name(der: &[u8]) -> Option<String> {
    Name::read(&mut Reader::new(der)).map(|name| name.to_string())
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("subject", &self.subject())
            .field("issuer", &self.issuer())
            .field("serial", &self.serial_hex())
            .finish_non_exhaustive()
    }
}
