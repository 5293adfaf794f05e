//! One X.509 certificate: what a person or a check asks of it. The submodules read it, each part by Go's rules.

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
    der::Reader,
    error::CertificateError,
    public_key::{KeyAlgorithm, PublicKey},
    validity::Validity,
};
use name::Name;

/// An X.509 certificate that Go's `x509.ParseCertificate` accepts.
#[derive(Clone)]
pub struct Certificate {
    version: u8,
    serial: Vec<u8>,
    subject: Name,
    issuer: Name,
    not_before: SystemTime,
    not_after: SystemTime,
    public_key: PublicKey,
    alternative_names: Vec<SubjectAlternativeName>,
    is_ca: bool,
    extended_key_usages: Vec<ExtendedKeyUsage>,
}

impl Certificate {
    /// Reads one certificate from DER.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        structure::read(der)
    }

    /// Gives the subject in the form of RFC 2253: last part first, `CN=peer0,OU=peer,O=Org1,C=US`.
    #[must_use]
    pub fn subject(&self) -> String {
        self.subject.to_string()
    }

    /// Gives the issuer in the form of [`Certificate::subject`].
    #[must_use]
    pub fn issuer(&self) -> String {
        self.issuer.to_string()
    }

    /// Gives the subject's common name, the last one if there are several, as Go does.
    #[must_use]
    pub fn common_name(&self) -> Option<&str> {
        self.subject.common_name()
    }

    /// Gives the version, 1 to 3.
    #[must_use]
    pub fn version(&self) -> u8 {
        self.version
    }

    /// Gives the serial number in lower-case hexadecimal digits without leading zero bytes.
    #[must_use]
    pub fn serial_hex(&self) -> String {
        let mut digits = String::with_capacity(self.serial.len() * 2);
        for byte in &self.serial {
            for half in [byte >> 4, byte & 15] {
                digits.extend(char::from_digit(u32::from(half), 16));
            }
        }
        digits
    }

    /// Gives the first valid moment.
    #[must_use]
    pub fn not_before(&self) -> SystemTime {
        self.not_before
    }

    /// Gives the last valid moment.
    #[must_use]
    pub fn not_after(&self) -> SystemTime {
        self.not_after
    }

    /// Tells where `now` lies in the period of validity. Go does not look at it when it loads a certificate; the
    /// other side of a TLS handshake does.
    #[must_use]
    pub fn validity(&self, now: SystemTime) -> Validity {
        Validity::at(now, self.not_before, self.not_after)
    }

    /// Gives the subject alternative names in the order of the certificate, without kinds that Go ignores.
    #[must_use]
    pub fn subject_alternative_names(&self) -> &[SubjectAlternativeName] {
        &self.alternative_names
    }

    /// Tells whether the basic constraints name a certificate authority.
    #[must_use]
    pub fn is_ca(&self) -> bool {
        self.is_ca
    }

    /// Gives the algorithm and size of the public key.
    #[must_use]
    pub fn key_algorithm(&self) -> KeyAlgorithm {
        self.public_key.algorithm()
    }

    /// Gives the extended key usages; empty means that every use is allowed.
    #[must_use]
    pub fn extended_key_usages(&self) -> &[ExtendedKeyUsage] {
        &self.extended_key_usages
    }

    /// Tells whether subject and issuer are the same. The signature is not looked at.
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    pub(crate) fn public_key(&self) -> &PublicKey {
        &self.public_key
    }
}

/// Reads a distinguished name from DER, for example of an authority that a TLS server names; its form is that of
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
