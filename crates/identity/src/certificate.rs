//! Parsed certificates, with the properties that an MSP checks.

use std::time::{Duration, SystemTime};

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, UnixTime};

use crate::public_key::PublicKey;

/// Error from reading a certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// The PEM text contains no certificate.
    #[error("there is no PEM block CERTIFICATE")]
    NoPem,
    /// The PEM text is malformed.
    #[error("the PEM text cannot be read: {0}")]
    Pem(String),
    /// The block is not an X.509 certificate that Go accepts.
    #[error("the certificate cannot be read: {0}")]
    X509(ccs_certificates::CertificateError),
}

/// Parsed certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    der: CertificateDer<'static>,
    subject: String,
    names: Names,
    units: Vec<String>,
    not_before: SystemTime,
    not_after: SystemTime,
    is_ca: bool,
    serial: Vec<u8>,
    subject_key_identifier: Option<Vec<u8>>,
    key: PublicKey,
    key_info: Vec<u8>,
}

/// Subject and issuer as DER, for comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Names {
    subject: Vec<u8>,
    issuer: Vec<u8>,
}

impl Certificate {
    /// Parses a certificate from DER, as strictly as Go.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        let read = ccs_certificates::Certificate::from_der(der).map_err(CertificateError::X509)?;
        Ok(Self {
            subject: read.subject(),
            names: Names { subject: read.subject_der().to_vec(), issuer: read.issuer_der().to_vec() },
            units: read.organizational_units().map(str::to_owned).collect(),
            not_before: read.not_before(),
            not_after: read.not_after(),
            is_ca: read.is_ca(),
            serial: read.serial_der().to_vec(),
            subject_key_identifier: read.subject_key_identifier().map(<[u8]>::to_vec),
            key: PublicKey::of(&read),
            key_info: read.public_key_info_der().to_vec(),
            der: CertificateDer::from(der.to_vec()),
        })
    }

    /// Parses the first certificate of a PEM text, like Fabric does where it expects a single one.
    pub fn from_pem(pem: &[u8]) -> Result<Self, CertificateError> {
        let first = CertificateDer::pem_slice_iter(pem).next().ok_or(CertificateError::NoPem)?;
        Self::from_der(&first.map_err(|error| CertificateError::Pem(error.to_string()))?)
    }

    /// Returns the certificate as DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Returns the certificate as PEM text with lines of 64 characters.
    #[must_use]
    pub fn pem(&self) -> String {
        pem::encode_config(
            &pem::Pem::new("CERTIFICATE", self.der.to_vec()),
            pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF),
        )
    }

    /// Returns the subject as text, for messages.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Returns the organizational units of the subject, in order.
    #[must_use]
    pub fn units(&self) -> &[String] {
        &self.units
    }

    /// Returns whether the certificate may issue other certificates.
    #[must_use]
    pub fn is_ca(&self) -> bool {
        self.is_ca
    }

    /// Returns the subject key identifier, if present.
    #[must_use]
    pub fn subject_key_identifier(&self) -> Option<&[u8]> {
        self.subject_key_identifier.as_deref()
    }

    /// Returns whether the certificate has expired at the given time, that is, whether `now` is later than [`Self::not_after`],
    /// even by a fraction of a second.
    #[must_use]
    pub fn is_expired(&self, now: SystemTime) -> bool {
        now > self.not_after
    }

    /// Returns the last moment at which the certificate is valid.
    #[must_use]
    pub fn not_after(&self) -> SystemTime {
        self.not_after
    }

    /// Returns the time at which chains are verified: one second after the certificate's start, so that its expiry is
    /// ignored (Fabric 3.1 `msp/mspimplvalidate.go`).
    pub(crate) fn moment_of_chain(&self) -> UnixTime {
        let since_1970 = self.not_before.duration_since(SystemTime::UNIX_EPOCH);
        UnixTime::since_unix_epoch(since_1970.map_or(Duration::ZERO, |begin| begin + Duration::from_secs(1)))
    }

    /// Returns the bytes of the serial number.
    pub(crate) fn serial(&self) -> &[u8] {
        &self.serial
    }

    pub(crate) fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Returns the subject public key info as DER.
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
