//! The fields of a certificate in their order (RFC 5280 section 4.1), as Go's `parseCertificate` parses them.

use super::{
    Certificate, RawNames, date,
    extensions::{self, Extensions},
    name::Name,
};
use crate::{
    der::{self, Reader},
    error::{CertificateError, malformed},
    public_key::PublicKey,
};

pub(super) fn read(bytes: &[u8]) -> Result<Certificate, CertificateError> {
    let mut input = Reader::new(bytes);
    let mut outer = input.enter(der::SEQUENCE).ok_or_else(malformed("certificate"))?;
    let mut signed = outer.enter(der::SEQUENCE).ok_or_else(malformed("signed part of the certificate"))?;

    let version = version(&mut signed)?;
    let serial = serial(&mut signed)?;
    signature_algorithm(&mut signed, &mut outer)?;
    let (issuer, raw_issuer) = raw(&mut signed, Name::read);
    let issuer = issuer.ok_or_else(malformed("issuer"))?;
    let mut validity = signed.enter(der::SEQUENCE).ok_or_else(malformed("validity"))?;
    let not_before = date::read(&mut validity).ok_or_else(malformed("start of validity"))?;
    let not_after = date::read(&mut validity).ok_or_else(malformed("end of validity"))?;
    let (subject, raw_subject) = raw(&mut signed, Name::read);
    let subject = subject.ok_or_else(malformed("subject"))?;
    let (public_key, public_key_info) = raw(&mut signed, PublicKey::read);
    let public_key = public_key?;
    let extensions = extensions(&mut signed, version)?;

    outer.bit_string().ok_or_else(malformed("signature"))?;
    if !input.is_empty() {
        return Err(CertificateError::TrailingData(input.remaining()));
    }
    Ok(Certificate {
        version,
        serial,
        subject,
        issuer,
        raw_names: RawNames { subject: raw_subject, issuer: raw_issuer },
        not_before,
        not_after,
        public_key,
        public_key_info,
        subject_key_identifier: extensions.subject_key_identifier,
        alternative_names: extensions.alternative_names,
        is_ca: extensions.is_ca,
        extended_key_usages: extensions.extended_key_usages,
        attributes: extensions.attributes,
    })
}

/// Parses a field, and also returns its bytes.
fn raw<'a, T>(signed: &mut Reader<'a>, read: impl FnOnce(&mut Reader<'a>) -> T) -> (T, Vec<u8>) {
    let before = *signed;
    let field = read(signed);
    (field, before.until(signed).to_vec())
}

/// Parses the version, whose encoding starts at zero.
fn version(signed: &mut Reader<'_>) -> Result<u8, CertificateError> {
    let malformed = malformed("version");
    let Some(field) = signed.enter_optional(der::context_constructed(0)).ok_or_else(&malformed)? else {
        return Ok(1);
    };
    let mut field = field;
    let number =
        field.small_integer().filter(|number| *number >= 0 && field.is_empty()).ok_or_else(malformed)?;
    match number {
        0 => Ok(1),
        1 => Ok(2),
        2 => Ok(3),
        _ => Err(CertificateError::UnsupportedVersion(number.saturating_add(1))),
    }
}

fn serial(signed: &mut Reader<'_>) -> Result<Vec<u8>, CertificateError> {
    let serial = signed.integer().ok_or_else(malformed("serial number"))?;
    match serial {
        [first, ..] if first & 0x80 != 0 => Err(CertificateError::NegativeSerial),
        _ => Ok(serial.to_vec()),
    }
}

/// Compares the algorithm inside the signed part with the one outside.
fn signature_algorithm(signed: &mut Reader<'_>, outer: &mut Reader<'_>) -> Result<(), CertificateError> {
    let malformed = malformed("signature algorithm");
    let inside = signed.content(der::SEQUENCE).ok_or_else(&malformed)?;
    let beside = outer.content(der::SEQUENCE).ok_or_else(&malformed)?;
    if inside != beside {
        return Err(CertificateError::SignatureAlgorithmsDiffer);
    }
    let mut algorithm = Reader::new(inside);
    algorithm.object_identifier().ok_or_else(&malformed)?;
    if !algorithm.is_empty() {
        algorithm.any().ok_or_else(malformed)?;
    }
    Ok(())
}

fn extensions(signed: &mut Reader<'_>, version: u8) -> Result<Extensions, CertificateError> {
    if version == 1 {
        return Ok(Extensions::default());
    }
    for (number, part) in [(1, "issuer's unique identifier"), (2, "subject's unique identifier")] {
        signed.enter_optional(der::context(number)).ok_or_else(malformed(part))?;
    }
    if version == 2 {
        return Ok(Extensions::default());
    }
    match signed.enter_optional(der::context_constructed(3)).ok_or_else(malformed("extension list"))? {
        Some(mut field) => extensions::read(&mut field),
        None => Ok(Extensions::default()),
    }
}
