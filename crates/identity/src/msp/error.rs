//! Errors from creating an MSP and from validating a certificate.

use crate::msp_id::MspId;

/// Error from creating an MSP.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MspError {
    /// The MSP has no root certificate.
    #[error("MSP {0} has no root certificate")]
    NoRoot(MspId),
    /// A root or intermediate certificate is not a CA certificate.
    #[error("certificate '{subject}' is not a CA certificate: its basic constraints do not include CA")]
    NotACa {
        /// Subject of the certificate.
        subject: String,
    },
    /// A CA certificate lacks the subject key identifier that Fabric requires.
    #[error("CA certificate '{subject}' has no subject key identifier")]
    NoSubjectKeyIdentifier {
        /// Subject of the certificate.
        subject: String,
    },
    /// An intermediate certificate does not chain to a root.
    #[error("intermediate certificate '{subject}' does not lead to a root certificate")]
    Orphan {
        /// Subject of the certificate.
        subject: String,
    },
    /// An intermediate certificate is on the revocation list of its CA.
    #[error("CA certificate '{subject}' is revoked")]
    Revoked {
        /// Subject of the certificate.
        subject: String,
    },
    /// webpki rejects a root certificate.
    #[error("CA certificate '{subject}' cannot be used: {reason}")]
    Anchor {
        /// Subject of the certificate.
        subject: String,
        /// Error text of webpki.
        reason: String,
    },
    /// A revocation list cannot be read.
    #[error("a revocation list cannot be read: {0}")]
    RevocationList(String),
    /// The certifier of an organizational unit is not among the CA certificates.
    #[error(
        "organizational unit '{unit}' names certificate '{subject}', which is not a CA certificate of the MSP"
    )]
    UnknownCertifier {
        /// Name of the unit.
        unit: String,
        /// Subject of the certificate.
        subject: String,
    },
}

/// Reason why a certificate is not an identity of an MSP. The text is for logs and must not reach clients.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValidationError {
    /// The certificate is a CA certificate, which does not sign transactions.
    #[error("'{0}' is a CA certificate")]
    CaCertificate(String),
    /// The chain is invalid, or the certificate is revoked.
    #[error("certificate '{subject}' does not chain to a root of MSP {msp_id}: {reason}")]
    Chain {
        /// ID of the MSP.
        msp_id: MspId,
        /// Subject of the certificate.
        subject: String,
        /// Error text of webpki.
        reason: String,
    },
    /// The certificate was issued by a CA that issues other CAs of the MSP, and so may not issue identities.
    #[error(
        "certificate '{subject}' was issued by '{issuer}' directly; this MSP requires an intermediate CA"
    )]
    Issuer {
        /// Subject of the certificate.
        subject: String,
        /// Subject of the CA.
        issuer: String,
    },
    /// The certificate is on a revocation list.
    #[error("certificate '{0}' is revoked")]
    Revoked(String),
    /// The organizational units do not determine exactly one role.
    #[error("certificate '{subject}' must have one of the organizational units {expected}, but has {found}")]
    Units {
        /// Subject of the certificate.
        subject: String,
        /// Units that the MSP defines.
        expected: String,
        /// Units of the certificate.
        found: String,
    },
    /// The certificate was not issued by the CA that the unit requires.
    #[error(
        "certificate '{subject}' was not issued by the CA that the MSP requires for organizational unit '{unit}'"
    )]
    Certifier {
        /// Subject of the certificate.
        subject: String,
        /// Name of the unit.
        unit: String,
    },
}
