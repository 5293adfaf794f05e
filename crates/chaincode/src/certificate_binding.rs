//! Binds a chaincode that comes by itself to the certificate that it shows.

use ccs_dial::End;

/// Whose certificate a chaincode has shown.
#[derive(Clone, Debug)]
pub struct CertificateBinding {
    /// The SHA-256 in hex; [`None`] where none was shown.
    pub certificate_hash: Option<String>,
    /// The ID of the chaincode that it was issued to; [`None`] for a certificate of somebody else.
    pub owner: Option<String>,
}

impl CertificateBinding {
    /// Checks the ID that a chaincode announces; the texts are a peer's (Fabric 3.1
    /// `core/chaincode/accesscontrol/access.go`).
    pub(crate) fn check(&self, announced: &str) -> Result<(), End> {
        let reason = match (&self.certificate_hash, &self.owner) {
            (_, Some(owner)) if owner == announced => return Ok(()),
            (None, _) => format!("TLS is active but chaincode {announced} didn't send certificate"),
            (Some(hash), None) => {
                format!("chaincode {announced} with given certificate hash {hash} not found in registry")
            }
            (Some(hash), Some(_)) => {
                format!(
                    "chaincode {announced} with given certificate hash {hash} belongs to a different chaincode"
                )
            }
        };
        Err(End::Uncertified(reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_that_is_not_shown_is_missed() {
        // The listener lets nobody in without one; a peer has the words all the same.
        let binding = CertificateBinding { certificate_hash: None, owner: None };
        assert_eq!(
            binding.check("basic:1.0").unwrap_err().to_string(),
            "TLS is active but chaincode basic:1.0 didn't send certificate"
        );
    }
}
