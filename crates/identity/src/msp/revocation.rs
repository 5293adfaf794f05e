//! Revocation lists of an MSP: whose they are, and whom they name.
//!
//! A list is that of the CA whose key identifier it has, as in Fabric 3.1 `msp/mspimplvalidate.go`: two CAs may have one name.

use webpki::{
    CertRevocationList, OwnedCertRevocationList, RevocationCheckDepth, RevocationOptions,
    RevocationOptionsBuilder, UnknownStatusPolicy,
};
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::FromDer as _;

use super::MspError;
use crate::certificate::Certificate;

/// A revocation list, read once.
#[derive(Debug)]
pub(super) struct RevocationList {
    authority: Vec<u8>,
    list: CertRevocationList<'static>,
}

impl RevocationList {
    pub(super) fn from_der(der: &[u8]) -> Result<Self, MspError> {
        let failed = |error: &dyn std::fmt::Display| MspError::RevocationList(error.to_string());
        let list = OwnedCertRevocationList::from_der(der).map_err(|error| failed(&error))?;
        let read = x509_parser::revocation_list::CertificateRevocationList::from_der(der);
        let (_, read) = read.map_err(|error| failed(&error))?;
        let authority = read.extensions().iter().find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::AuthorityKeyIdentifier(authority) => {
                authority.key_identifier.as_ref().map(|identifier| identifier.0.to_vec())
            }
            _ => None,
        });
        Ok(Self {
            authority: authority.ok_or_else(|| failed(&"it has no authority key identifier"))?,
            list: list.into(),
        })
    }

    pub(super) fn is_of(&self, ca: &Certificate) -> bool {
        ca.subject_key_identifier() == Some(self.authority.as_slice())
    }

    /// Tells whether the list names a certificate of its CA.
    pub(super) fn revokes(&self, certificate: &Certificate) -> bool {
        // A list that cannot be read to its end was refused when it came.
        self.list.find_serial(certificate.serial()).is_ok_and(|revoked| revoked.is_some())
    }

    pub(super) fn list(&self) -> &CertRevocationList<'static> {
        &self.list
    }
}

/// Asks the lists about the leaf alone; an old list still counts. There are no options without a list.
pub(super) fn options<'a>(lists: &'a [&'a CertRevocationList<'a>]) -> Option<RevocationOptions<'a>> {
    let builder = RevocationOptionsBuilder::new(lists).ok()?;
    let builder = builder.with_depth(RevocationCheckDepth::EndEntity);
    Some(builder.with_status_policy(UnknownStatusPolicy::Allow).build())
}
