//! The extensions of a certificate: those that this crate shows, and those that make Go reject a certificate.

use std::{collections::HashSet, fmt};

use super::{SubjectAlternativeName, alternative_names, name_constraints};
use crate::{
    der::{self, Reader},
    error::{CertificateError, malformed},
    oid,
};

/// A purpose for which a key may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExtendedKeyUsage {
    /// Any purpose.
    Any,
    /// The server's side of TLS.
    ServerAuthentication,
    /// The client's side of TLS, which a peer needs with `client_auth_required`.
    ClientAuthentication,
    /// Another purpose, by its object identifier in dotted form.
    Other(String),
}

impl fmt::Display for ExtendedKeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::ServerAuthentication => f.write_str("server authentication"),
            Self::ClientAuthentication => f.write_str("client authentication"),
            Self::Other(identifier) => f.write_str(identifier),
        }
    }
}

/// The parsed extensions of one certificate.
#[derive(Default)]
pub(super) struct Extensions {
    pub(super) alternative_names: Vec<SubjectAlternativeName>,
    pub(super) is_ca: bool,
    pub(super) subject_key_identifier: Option<Vec<u8>>,
    pub(super) extended_key_usages: Vec<ExtendedKeyUsage>,
    pub(super) attributes: Option<Vec<u8>>,
}

struct Extension<'a> {
    identifier: &'a [u8],
    critical: bool,
    value: &'a [u8],
}

pub(super) fn read(field: &mut Reader<'_>) -> Result<Extensions, CertificateError> {
    let mut list = field.enter(der::SEQUENCE).ok_or_else(malformed("extension list"))?;
    let mut all = Vec::new();
    let mut seen = HashSet::new();
    while !list.is_empty() {
        let extension = read_one(&mut list).ok_or_else(malformed("extension list"))?;
        if !seen.insert(extension.identifier) {
            return Err(CertificateError::DuplicateExtension(oid::dotted(extension.identifier)));
        }
        all.push(extension);
    }
    let mut extensions = Extensions::default();
    for extension in &all {
        interpret(extension, &mut extensions)?;
    }
    Ok(extensions)
}

fn read_one<'a>(list: &mut Reader<'a>) -> Option<Extension<'a>> {
    let mut fields = list.enter(der::SEQUENCE)?;
    let identifier = fields.object_identifier()?;
    let critical = if fields.peek(der::BOOLEAN) { fields.boolean()? } else { false };
    Some(Extension { identifier, critical, value: fields.content(der::OCTET_STRING)? })
}

/// Parses the extension types that Go parses; the third byte is the last number of 2.5.29.n.
fn interpret(extension: &Extension<'_>, into: &mut Extensions) -> Result<(), CertificateError> {
    let mut value = Reader::new(extension.value);
    match extension.identifier {
        oid::FABRIC_ATTRIBUTES => {
            into.attributes = Some(extension.value.to_vec());
            Ok(())
        }
        oid::AUTHORITY_INFO_ACCESS => {
            not_critical(extension, "authority information access")?;
            authority_info_access(value).ok_or_else(malformed("authority information access extension"))
        }
        [0x55, 0x1d, 14] => {
            not_critical(extension, "subject key identifier")?;
            let identifier =
                value.content(der::OCTET_STRING).ok_or_else(malformed("subject key identifier"))?;
            into.subject_key_identifier = Some(identifier.to_vec());
            Ok(())
        }
        [0x55, 0x1d, 15] => value.bit_string().map(drop).ok_or_else(malformed("key usage extension")),
        [0x55, 0x1d, 17] => {
            into.alternative_names = alternative_names::read(extension.value)?;
            Ok(())
        }
        [0x55, 0x1d, 19] => {
            into.is_ca = basic_constraints(value).ok_or_else(malformed("basic constraints extension"))?;
            Ok(())
        }
        [0x55, 0x1d, 30] => {
            name_constraints::check(value).ok_or_else(malformed("name constraints extension"))
        }
        [0x55, 0x1d, 31] => {
            distribution_points(value).ok_or_else(malformed("CRL distribution points extension"))
        }
        [0x55, 0x1d, 32] => policies(value).ok_or_else(malformed("certificate policies extension")),
        [0x55, 0x1d, 33] => policy_mappings(value).ok_or_else(malformed("policy mappings extension")),
        [0x55, 0x1d, 35] => {
            not_critical(extension, "authority key identifier")?;
            authority_key_identifier(value).ok_or_else(malformed("authority key identifier"))
        }
        [0x55, 0x1d, 36] => policy_constraints(value).ok_or_else(malformed("policy constraints extension")),
        [0x55, 0x1d, 37] => {
            into.extended_key_usages =
                extended_key_usages(value).ok_or_else(malformed("extended key usage extension"))?;
            Ok(())
        }
        [0x55, 0x1d, 54] => {
            value.small_integer().map(drop).ok_or_else(malformed("inhibit any policy extension"))
        }
        _ => Ok(()),
    }
}

fn not_critical(extension: &Extension<'_>, name: &'static str) -> Result<(), CertificateError> {
    if extension.critical { Err(CertificateError::Critical(name)) } else { Ok(()) }
}

fn basic_constraints(mut value: Reader<'_>) -> Option<bool> {
    let mut fields = value.enter(der::SEQUENCE)?;
    let is_ca = if fields.peek(der::BOOLEAN) { fields.boolean()? } else { false };
    if fields.peek(der::INTEGER) {
        fields.small_integer().filter(|length| *length >= 0)?;
    }
    Some(is_ca)
}

fn extended_key_usages(mut value: Reader<'_>) -> Option<Vec<ExtendedKeyUsage>> {
    let mut list = value.enter(der::SEQUENCE)?;
    let mut usages = Vec::new();
    while !list.is_empty() {
        usages.push(match list.object_identifier()? {
            [0x55, 0x1d, 37, 0] => ExtendedKeyUsage::Any,
            [0x2b, 6, 1, 5, 5, 7, 3, 1] => ExtendedKeyUsage::ServerAuthentication,
            [0x2b, 6, 1, 5, 5, 7, 3, 2] => ExtendedKeyUsage::ClientAuthentication,
            other => ExtendedKeyUsage::Other(oid::dotted(other)),
        });
    }
    Some(usages)
}

fn distribution_points(mut value: Reader<'_>) -> Option<()> {
    const URI: u8 = der::context(6);
    let mut list = value.enter(der::SEQUENCE)?;
    while !list.is_empty() {
        let mut point = list.enter(der::SEQUENCE)?;
        let Some(mut choice) = point.enter_optional(der::context_constructed(0))? else { continue };
        let mut names = choice.enter(der::context_constructed(0))?;
        while names.peek(URI) {
            names.content(URI)?;
        }
    }
    Some(())
}

fn authority_key_identifier(mut value: Reader<'_>) -> Option<()> {
    value.enter(der::SEQUENCE)?.enter_optional(der::context(0)).map(drop)
}

fn authority_info_access(mut value: Reader<'_>) -> Option<()> {
    let mut list = value.enter(der::SEQUENCE)?;
    while !list.is_empty() {
        let mut access = list.enter(der::SEQUENCE)?;
        access.object_identifier()?;
        access.enter_optional(der::context(6))?;
    }
    Some(())
}

/// Policies must differ; the numbers in their identifiers may have any size.
fn policies(mut value: Reader<'_>) -> Option<()> {
    let mut list = value.enter(der::SEQUENCE)?;
    let mut seen = HashSet::new();
    while !list.is_empty() {
        let identifier = list.enter(der::SEQUENCE)?.content(der::OBJECT_IDENTIFIER)?;
        (oid::is_minimal(identifier) && seen.insert(identifier)).then_some(())?;
    }
    Some(())
}

fn policy_mappings(mut value: Reader<'_>) -> Option<()> {
    let mut list = value.enter(der::SEQUENCE)?;
    while !list.is_empty() {
        let mut pair = list.enter(der::SEQUENCE)?;
        pair.content(der::OBJECT_IDENTIFIER)?;
        pair.content(der::OBJECT_IDENTIFIER)?;
    }
    Some(())
}

fn policy_constraints(mut value: Reader<'_>) -> Option<()> {
    let mut fields = value.enter(der::SEQUENCE)?;
    for tag in [der::context(0), der::context(1)] {
        if fields.peek(tag) {
            der::small(fields.content(tag).filter(|bytes| der::is_minimal(bytes))?)?;
        }
    }
    Some(())
}
