//! Why the CA refuses a call: HTTP status, code and text.

use std::fmt;

/// Refusal of a call, in the words of Fabric CA 1.5 (`lib/caerrors`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The method has no meaning for the path.
    Method(String),
    /// The call needs a proof of identity.
    NoHeader,
    /// The body is not the expected document.
    Body(String),
    /// The caller's proof is wrong. The answer does not say why.
    Authentication,
    /// The caller may not do this. The answer does not say why.
    Authorization,
    /// No CA has this name.
    UnknownCa(String),
    /// The identity exists.
    Duplicate(String),
    /// The certificate request is for another name.
    CommonName,
    /// The certificate request cannot be decoded.
    Request,
    /// The certificate request has a part that is too long.
    Input(String),
    /// Attributes that the client needs are missing.
    Attributes(Vec<String>),
    /// The certificate cannot be issued.
    Signing(String),
    /// No certificate has this number.
    UnknownCertificate {
        /// Serial number.
        serial: String,
        /// Identifier of the issuer's key.
        aki: String,
    },
    /// The certificate belongs to another identity.
    WrongOwner {
        /// Serial number.
        serial: String,
        /// Identifier of the issuer's key.
        aki: String,
        /// Name in the call.
        id: String,
    },
    /// The certificate is revoked already.
    RevokedCertificate {
        /// Serial number.
        serial: String,
        /// Identifier of the issuer's key.
        aki: String,
    },
    /// No identity has this name.
    UnknownIdentity(String),
    /// The call names neither an identity nor a certificate.
    NothingToRevoke,
    /// This CA has no revocation lists.
    RevocationList,
    /// No function has this path.
    Path(String),
    /// The state cannot be saved.
    State(String),
}

impl Refusal {
    /// Returns the HTTP status and the code.
    pub(crate) fn numbers(&self) -> (u16, u32) {
        match self {
            Self::Method(_) => (405, 1),
            Self::NoHeader => (401, 2),
            Self::Body(_) => (400, 5),
            Self::UnknownCertificate { .. } => (404, 8),
            Self::WrongOwner { .. } => (400, 9),
            Self::UnknownIdentity(_) => (404, 10),
            Self::NothingToRevoke => (400, 15),
            Self::UnknownCa(_) => (404, 19),
            Self::Authentication => (401, 20),
            Self::Request => (400, 31),
            Self::RevocationList => (400, 41),
            Self::RevokedCertificate { .. } => (404, 66),
            Self::Authorization => (403, 71),
            Self::Duplicate(_) => (409, 74),
            Self::CommonName => (403, 77),
            Self::Input(_) => (400, 80),
            Self::Path(_) => (404, 0),
            Self::Attributes(_) | Self::Signing(_) | Self::State(_) => (500, 0),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Method(method) => write!(f, "Method {method} is not allowed"),
            Self::NoHeader => f.write_str("No authorization header"),
            Self::Body(reason) => write!(f, "Invalid request body: {reason}"),
            Self::Authentication => f.write_str("Authentication failure"),
            Self::Authorization => f.write_str("Authorization failure"),
            Self::UnknownCa(name) => write!(f, "CA '{name}' does not exist"),
            Self::Duplicate(id) => write!(f, "Identity '{id}' is already registered"),
            Self::CommonName => f.write_str("The CSR subject common name must equal the enrollment ID"),
            Self::Request => f.write_str("CSR Decode failed"),
            Self::Input(reason) => write!(f, "CSR input validation failed: {reason}"),
            Self::Attributes(names) => write!(
                f,
                "Failed to find requested attributes: The following required attributes are missing: [{}]",
                names.join(" ")
            ),
            Self::Signing(reason) => write!(f, "Certificate signing failure: {reason}"),
            Self::UnknownCertificate { serial, aki } => {
                write!(f, "Certificate with serial {serial} and AKI {aki} was not found")
            }
            Self::WrongOwner { serial, aki, id } => {
                write!(f, "Certificate with serial {serial} and AKI {aki} is not owned by {id}")
            }
            Self::RevokedCertificate { serial, aki } => {
                write!(f, "Certificate with serial {serial} and AKI {aki} was already revoked")
            }
            Self::UnknownIdentity(id) => write!(f, "Identity {id} was not found"),
            Self::NothingToRevoke => {
                f.write_str("Either Name or Serial and AKI are required for a revoke request")
            }
            Self::RevocationList => f.write_str(
                "this CA of a development network creates no revocation lists; call without gencrl",
            ),
            Self::Path(path) => write!(
                f,
                "this CA of a development network has no {path}; it has cainfo, enroll, reenroll, register and revoke"
            ),
            Self::State(reason) => write!(f, "cannot save the state of the CA: {reason}"),
        }
    }
}
