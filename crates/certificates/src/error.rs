//! The error of parsing a certificate.

/// The first reason for which Go's `x509.ParseCertificate` rejects a certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// The bytes are not a DER structure with the fields of a certificate.
    #[error("the {0} is malformed")]
    Malformed(&'static str),
    /// Bytes follow the certificate within its PEM block.
    #[error("{0} bytes follow the certificate in its block")]
    TrailingData(usize),
    /// The version is above 3.
    #[error("the version number {0} is not one of 1, 2 and 3")]
    UnsupportedVersion(i64),
    /// The serial number is negative, which Go rejects since 1.23.
    #[error("the serial number is negative")]
    NegativeSerial,
    /// The two fields for the signature algorithm differ.
    #[error("the two signature algorithm fields differ")]
    SignatureAlgorithmsDiffer,
    /// An extension occurs twice.
    #[error("extension {0} occurs twice")]
    DuplicateExtension(String),
    /// An extension is marked critical but must not be.
    #[error("the {0} extension must not be marked critical")]
    Critical(&'static str),
    /// The public key is on a curve that Go does not support.
    #[error("the public key uses an elliptic curve other than P-224, P-256, P-384 and P-521")]
    UnsupportedCurve,
    /// The public key's point is not on its curve.
    #[error("the public key is not an uncompressed point on its curve")]
    PointNotOnCurve,
}

impl CertificateError {
    /// Returns what to do about the error.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Malformed(_) | Self::TrailingData(_) | Self::PointNotOnCurve => {
                "copy the PEM file again in full; `openssl x509 -in FILE -noout -text` shows whether it is whole"
            }
            Self::UnsupportedCurve => "issue the certificate for a P-256 or P-384 key",
            Self::UnsupportedVersion(_)
            | Self::NegativeSerial
            | Self::SignatureAlgorithmsDiffer
            | Self::DuplicateExtension(_)
            | Self::Critical(_) => "reissue the certificate: the peer rejects it too",
        };
        Some(hint.to_owned())
    }
}

/// Returns a function that converts a missing value of the DER reader to an error for `part`.
pub(crate) fn malformed(part: &'static str) -> impl Fn() -> CertificateError + Copy {
    move || CertificateError::Malformed(part)
}
