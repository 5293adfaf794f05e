//! A certificate with what an MSP asks of it, read once.

use std::time::{Duration, SystemTime};

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, UnixTime};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::FromDer;

use crate::public_key::PublicKey;

/// Says why a certificate cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// There is no certificate in the PEM text.
    #[error("there is no PEM block CERTIFICATE")]
    NoPem,
    /// The PEM text is broken.
    #[error("the PEM text cannot be read: {0}")]
    Pem(String),
    /// The block is no X.509 certificate.
    #[error("the certificate cannot be read: {0}")]
    X509(String),
}

/// A certificate, and what an MSP asks of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    der: CertificateDer<'static>,
    subject: String,
    names: Names,
    units: Vec<String>,
    not_before: i64,
    not_after: i64,
    is_ca: bool,
    serial: Vec<u8>,
    subject_key_identifier: Option<Vec<u8>>,
    key: PublicKey,
    key_info: Vec<u8>,
}

/// Subject and issuer as DER, to compare.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Names {
    subject: Vec<u8>,
    issuer: Vec<u8>,
}

impl Certificate {
    /// Reads a certificate from DER.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        let failed = |error: &dyn std::fmt::Display| CertificateError::X509(error.to_string());
        let (rest, read) = X509Certificate::from_der(der).map_err(|error| failed(&error))?;
        if !rest.is_empty() {
            return Err(failed(&"bytes follow it"));
        }
        let constraints = read.basic_constraints().map_err(|error| failed(&error))?;
        let units = read.subject().iter_organizational_unit();
        let units = units.map(|unit| unit.as_str().map(str::to_owned)).collect::<Result<_, _>>();
        let mut identifiers =
            read.iter_extensions().filter_map(|extension| match extension.parsed_extension() {
                ParsedExtension::SubjectKeyIdentifier(identifier) => Some(identifier.0.to_vec()),
                _ => None,
            });
        let names =
            Names { subject: read.subject().as_raw().to_vec(), issuer: read.issuer().as_raw().to_vec() };
        Ok(Self {
            subject: read.subject().to_string(),
            names,
            units: units.map_err(|error| failed(&error))?,
            not_before: read.validity().not_before.timestamp(),
            not_after: read.validity().not_after.timestamp(),
            is_ca: constraints.is_some_and(|constraints| constraints.value.ca),
            serial: read.raw_serial().to_vec(),
            subject_key_identifier: identifiers.next(),
            key: PublicKey::of(read.public_key()),
            key_info: read.public_key().raw.to_vec(),
            der: CertificateDer::from(der.to_vec()),
        })
    }

    /// Reads the first certificate of a PEM text, as Fabric does where it wants one.
    pub fn from_pem(pem: &[u8]) -> Result<Self, CertificateError> {
        let first = CertificateDer::pem_slice_iter(pem).next().ok_or(CertificateError::NoPem)?;
        Self::from_der(&first.map_err(|error| CertificateError::Pem(error.to_string()))?)
    }

    /// Gives the DER bytes.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Gives the PEM text, in lines of 64 characters.
    #[must_use]
    pub fn pem(&self) -> String {
        pem::encode_config(
            &pem::Pem::new("CERTIFICATE", self.der.to_vec()),
            pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF),
        )
    }

    /// Gives the subject in words, for messages.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Gives the organizational units of the subject, in their order.
    #[must_use]
    pub fn units(&self) -> &[String] {
        &self.units
    }

    /// Tells whether the certificate may issue others.
    #[must_use]
    pub fn is_ca(&self) -> bool {
        self.is_ca
    }

    /// Gives the subject key identifier, if there is one.
    #[must_use]
    pub fn subject_key_identifier(&self) -> Option<&[u8]> {
        self.subject_key_identifier.as_deref()
    }

    /// Tells whether the certificate has ended at a time.
    #[must_use]
    pub fn is_expired(&self, now: SystemTime) -> bool {
        let since_1970 = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        // To the second is not enough: a certificate ends with the second it names.
        let end = u64::try_from(self.not_after).map_or(Duration::ZERO, Duration::from_secs);
        since_1970 > end
    }

    /// Gives the end of the certificate, in seconds since 1970.
    #[must_use]
    pub fn not_after(&self) -> i64 {
        self.not_after
    }

    /// Gives the moment at which chains are checked: a second after the certificate begins, so that its end does not
    /// count (Fabric 3.1 `msp/mspimplvalidate.go`).
    pub(crate) fn moment_of_chain(&self) -> UnixTime {
        let seconds = u64::try_from(self.not_before.saturating_add(1)).unwrap_or(0);
        UnixTime::since_unix_epoch(Duration::from_secs(seconds))
    }

    /// Gives the bytes of the serial number.
    pub(crate) fn serial(&self) -> &[u8] {
        &self.serial
    }

    pub(crate) fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Gives the subject public key info, as DER.
    pub(crate) fn key_info(&self) -> &[u8] {
        &self.key_info
    }

    pub(crate) fn is_issued_by(&self, other: &Self) -> bool {
        self.names.issuer == other.names.subject
    }

    pub(crate) fn as_der(&self) -> &CertificateDer<'static> {
        &self.der
    }
}
