//! Binds a chaincode that connects to the peer to its TLS client certificate.

use ccs_dial::End;

/// TLS client certificate of a chaincode.
#[derive(Clone, Debug)]
pub struct CertificateBinding {
    /// SHA-256 of the certificate in hex; [`None`] if the chaincode presented none.
    pub certificate_hash: Option<String>,
    /// ID of the chaincode to which the certificate was issued; [`None`] if another CA issued it.
    pub owner: Option<String>,
}

impl CertificateBinding {
    /// Checks the ID that a chaincode registers. The texts are a peer's (Fabric 3.1
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
        // The listener requires a certificate, so only this test sees the text, which is a peer's.
        let binding = CertificateBinding { certificate_hash: None, owner: None };
        assert_eq!(
            binding.check("basic:1.0").unwrap_err().to_string(),
            "TLS is active but chaincode basic:1.0 didn't send certificate"
        );
    }
}
