//! Why there is no MSP, and why a certificate is no identity.

use crate::msp_id::MspId;

/// Says why an MSP cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MspError {
    /// There is nothing to trust.
    #[error("MSP {0} has no root certificate")]
    NoRoot(MspId),
    /// A root or intermediate certificate may not issue.
    #[error("certificate '{subject}' is no CA certificate: its basic constraints do not say CA")]
    NotACa {
        /// The certificate's subject.
        subject: String,
    },
    /// A CA certificate lacks what Fabric demands.
    #[error("CA certificate '{subject}' has no subject key identifier")]
    NoSubjectKeyIdentifier {
        /// The certificate's subject.
        subject: String,
    },
    /// An intermediate certificate leads nowhere.
    #[error("intermediate certificate '{subject}' does not lead to a root certificate")]
    Orphan {
        /// The certificate's subject.
        subject: String,
    },
    /// An intermediate certificate is on the list of its CA.
    #[error("CA certificate '{subject}' is revoked")]
    Revoked {
        /// The certificate's subject.
        subject: String,
    },
    /// A root certificate that webpki cannot use.
    #[error("CA certificate '{subject}' cannot be used: {reason}")]
    Anchor {
        /// The certificate's subject.
        subject: String,
        /// What webpki says.
        reason: String,
    },
    /// A revocation list that cannot be read.
    #[error("a revocation list cannot be read: {0}")]
    RevocationList(String),
    /// The certifier of an organizational unit is not among the CA certificates.
    #[error(
        "organizational unit '{unit}' names certificate '{subject}', which is no CA certificate of the MSP"
    )]
    UnknownCertifier {
        /// The unit.
        unit: String,
        /// The certificate's subject.
        subject: String,
    },
}

/// Says why a certificate is no identity of an MSP: text for a log, never for a client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValidationError {
    /// A CA does not sign transactions.
    #[error("'{0}' is a CA certificate")]
    CaCertificate(String),
    /// The chain does not hold, or the certificate is revoked.
    #[error("certificate '{subject}' does not chain to a root of MSP {msp_id}: {reason}")]
    Chain {
        /// The MSP asked.
        msp_id: MspId,
        /// The certificate's subject.
        subject: String,
        /// What webpki says.
        reason: String,
    },
    /// The CA issues other CAs of the MSP, and so no identities.
    #[error(
        "certificate '{subject}' was issued by '{issuer}', and not by one of the CAs which that has issued"
    )]
    Issuer {
        /// The certificate's subject.
        subject: String,
        /// The subject of the CA.
        issuer: String,
    },
    /// The certificate is on a revocation list.
    #[error("certificate '{0}' is revoked")]
    Revoked(String),
    /// The organizational units do not give one role.
    #[error("certificate '{subject}' must have one of the organizational units {expected}, and has {found}")]
    Units {
        /// The certificate's subject.
        subject: String,
        /// The units of the MSP.
        expected: String,
        /// The units of the certificate.
        found: String,
    },
    /// The unit counts only when a certain CA gave it.
    #[error(
        "organizational unit '{unit}' of certificate '{subject}' was given by another CA than the MSP demands"
    )]
    Certifier {
        /// The certificate's subject.
        subject: String,
        /// The unit.
        unit: String,
    },
}
