//! Why a certificate cannot be read.

/// The first reason for which Go's `x509.ParseCertificate` refuses a certificate.
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
    /// The serial number is below zero, which Go refuses since 1.23.
    #[error("the serial number is negative")]
    NegativeSerial,
    /// The signature algorithm is named twice, and differently.
    #[error("the two signature algorithm fields differ")]
    SignatureAlgorithmsDiffer,
    /// An extension is there twice.
    #[error("extension {0} is there twice")]
    DuplicateExtension(String),
    /// An extension is critical that must not be.
    #[error("the {0} extension must not be marked critical")]
    Critical(&'static str),
    /// The public key is on a curve Go does not know.
    #[error("the public key uses an elliptic curve other than P-224, P-256, P-384 and P-521")]
    UnsupportedCurve,
    /// The public key's point does not lie on its curve.
    #[error("the public key is not an uncompressed point on its curve")]
    PointNotOnCurve,
}

impl CertificateError {
    /// Returns the next thing to do.
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
            | Self::Critical(_) => "have the certificate issued again: the peer refuses this one too",
        };
        Some(hint.to_owned())
    }
}

/// Turns "not there" of the DER reader into the name of the malformed part.
pub(crate) fn malformed(part: &'static str) -> impl Fn() -> CertificateError + Copy {
    move || CertificateError::Malformed(part)
}
