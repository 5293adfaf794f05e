//! Identifies the issuer of a revocation list. To read the rest of a list, use a library that also checks its
//! signature.

use crate::der::{self, Reader};

const AUTHORITY_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 35];

/// Returns the key identifier of the CA that issued a revocation list (RFC 5280 section 5.2.1).
///
/// Returns [`None`] if the list has none, or if the bytes up to the extensions are not a revocation list. Reads
/// neither the revoked certificates nor the signature.
#[must_use]
pub fn revocation_list_authority(der: &[u8]) -> Option<Vec<u8>> {
    let mut signed = Reader::new(der).enter(der::SEQUENCE)?.enter(der::SEQUENCE)?;
    if signed.peek(der::INTEGER) {
        signed.integer()?;
    }
    // The signature algorithm, the issuer and the time of this list.
    signed.content(der::SEQUENCE)?;
    signed.content(der::SEQUENCE)?;
    signed.any()?;
    for optional in [der::UTC_TIME, der::GENERALIZED_TIME, der::SEQUENCE] {
        if signed.peek(optional) {
            signed.any()?;
        }
    }
    let mut extensions = signed.enter(der::context_constructed(0))?.enter(der::SEQUENCE)?;
    while !extensions.is_empty() {
        let mut extension = extensions.enter(der::SEQUENCE)?;
        let identifier = extension.object_identifier()?;
        if extension.peek(der::BOOLEAN) {
            extension.boolean()?;
        }
        if identifier == AUTHORITY_KEY_IDENTIFIER {
            let mut value = Reader::new(extension.content(der::OCTET_STRING)?).enter(der::SEQUENCE)?;
            return value.content(der::context(0)).map(<[u8]>::to_vec);
        }
    }
    None
}
