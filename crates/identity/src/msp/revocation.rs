//! Revocation lists of an MSP: finds the CA of each, and looks up certificates.
//!
//! A list belongs to the CA with the same key identifier, as in Fabric 3.1 `msp/mspimplvalidate.go`, since two CAs
//! may have the same name.

use ccs_certificates::revocation_list_authority;
use webpki::{
    CertRevocationList, OwnedCertRevocationList, RevocationCheckDepth, RevocationOptions,
    RevocationOptionsBuilder, UnknownStatusPolicy,
};

use super::MspError;
use crate::certificate::Certificate;

/// Parsed revocation list.
#[derive(Debug)]
pub(super) struct RevocationList {
    authority: Vec<u8>,
    list: CertRevocationList<'static>,
}

impl RevocationList {
    pub(super) fn from_der(der: &[u8]) -> Result<Self, MspError> {
        let list = OwnedCertRevocationList::from_der(der);
        let list = list.map_err(|error| MspError::RevocationList(error.to_string()))?;
        let authority = revocation_list_authority(der);
        let authority = authority
            .ok_or_else(|| MspError::RevocationList("it has no authority key identifier".to_owned()))?;
        Ok(Self { authority, list: list.into() })
    }

    pub(super) fn is_of(&self, ca: &Certificate) -> bool {
        ca.subject_key_identifier() == Some(self.authority.as_slice())
    }

    /// Returns whether the list contains a certificate of its CA.
    pub(super) fn revokes(&self, certificate: &Certificate) -> bool {
        // Lists that cannot be read completely were rejected when the MSP was created.
        self.list.find_serial(certificate.serial()).is_ok_and(|revoked| revoked.is_some())
    }

    pub(super) fn list(&self) -> &CertRevocationList<'static> {
        &self.list
    }
}

/// Returns options that check only the leaf, and accept expired lists; [`None`] without a list.
pub(super) fn options<'a>(lists: &'a [&'a CertRevocationList<'a>]) -> Option<RevocationOptions<'a>> {
    let builder = RevocationOptionsBuilder::new(lists).ok()?;
    let builder = builder.with_depth(RevocationCheckDepth::EndEntity);
    Some(builder.with_status_policy(UnknownStatusPolicy::Allow).build())
}
