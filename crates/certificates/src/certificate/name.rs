//! Distinguished names: subject and issuer.

use std::fmt;

use crate::{
    der::{self, Reader},
    oid,
};

const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const ORGANIZATIONAL_UNIT: &[u8] = &[0x55, 0x04, 0x0b];

/// Short names of attribute types, as RFC 2253 and Go print them.
const SHORT_NAMES: [(&[u8], &str); 9] = [
    (COMMON_NAME, "CN"),
    (&[0x55, 0x04, 0x05], "SERIALNUMBER"),
    (&[0x55, 0x04, 0x06], "C"),
    (&[0x55, 0x04, 0x07], "L"),
    (&[0x55, 0x04, 0x08], "ST"),
    (&[0x55, 0x04, 0x09], "STREET"),
    (&[0x55, 0x04, 0x0a], "O"),
    (ORGANIZATIONAL_UNIT, "OU"),
    (&[0x55, 0x04, 0x11], "POSTALCODE"),
];

/// A sequence of relative names, each a set of attributes.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Name {
    parts: Vec<Vec<Attribute>>,
}

#[derive(Clone, PartialEq, Eq)]
struct Attribute {
    kind: Vec<u8>,
    value: String,
}

impl Name {
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let mut sequence = reader.enter(der::SEQUENCE)?;
        let mut parts = Vec::new();
        while !sequence.is_empty() {
            let mut set = sequence.enter(der::SET)?;
            let mut part = Vec::new();
            while !set.is_empty() {
                let mut attribute = set.enter(der::SEQUENCE)?;
                let kind = attribute.object_identifier()?.to_vec();
                let value = attribute.any()?;
                part.push(Attribute { kind, value: string(value.tag, value.content)? });
            }
            parts.push(part);
        }
        Some(Self { parts })
    }

    pub(super) fn common_name(&self) -> Option<&str> {
        self.values(COMMON_NAME).next_back()
    }

    pub(super) fn organizational_units(&self) -> impl Iterator<Item = &str> {
        self.values(ORGANIZATIONAL_UNIT)
    }

    fn values(&self, kind: &'static [u8]) -> impl DoubleEndedIterator<Item = &str> {
        let attributes = self.parts.iter().flatten().filter(move |attribute| attribute.kind == kind);
        attributes.map(|attribute| attribute.value.as_str())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in self.parts.iter().rev().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            for (index, attribute) in part.iter().enumerate() {
                if index > 0 {
                    f.write_str("+")?;
                }
                attribute.fmt(f)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match SHORT_NAMES.iter().find(|(kind, _)| *kind == self.kind) {
            Some((_, short)) => f.write_str(short)?,
            None => f.write_str(&oid::dotted(&self.kind))?,
        }
        f.write_str("=")?;
        let last = self.value.chars().count().saturating_sub(1);
        for (index, c) in self.value.chars().enumerate() {
            match c {
                ',' | '+' | '"' | '\\' | '<' | '>' | ';' => write!(f, "\\{c}")?,
                '#' if index == 0 => f.write_str("\\#")?,
                ' ' if index == 0 || index == last => f.write_str("\\ ")?,
                c if c.is_control() => write!(f, "\\{:02X}", u32::from(c))?,
                c => write!(f, "{c}")?,
            }
        }
        Ok(())
    }
}

/// Decodes the string types that Go knows (`parseASN1String`); returns `None` for others and for invalid bytes.
fn string(tag: u8, content: &[u8]) -> Option<String> {
    match tag {
        der::UTF8_STRING => String::from_utf8(content.to_vec()).ok(),
        der::PRINTABLE_STRING => ascii(content, is_printable),
        der::IA5_STRING => ascii(content, |byte| byte.is_ascii()),
        der::NUMERIC_STRING => ascii(content, |byte| byte.is_ascii_digit() || byte == b' '),
        // Decoded as Latin-1, as in Go and in practice.
        der::T61_STRING => Some(content.iter().map(|&byte| char::from(byte)).collect()),
        der::BMP_STRING => basic_plane(content),
        _ => None,
    }
}

fn ascii(content: &[u8], allowed: impl Fn(u8) -> bool) -> Option<String> {
    content.iter().map(|&byte| allowed(byte).then_some(char::from(byte))).collect()
}

/// The printable set of X.680 with `*` and `&`, which real certificates contain.
fn is_printable(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b" '()+,-./:=?*&".contains(&byte)
}

/// Decodes two bytes per character, rejects surrogates and non-characters, and drops one final NUL.
fn basic_plane(content: &[u8]) -> Option<String> {
    if !content.len().is_multiple_of(2) {
        return None;
    }
    let content = content.strip_suffix(&[0, 0]).unwrap_or(content);
    content
        .chunks_exact(2)
        .map(|pair| match u16::from_be_bytes([pair[0], pair[1]]) {
            0xfffe | 0xffff | 0xfdd0..=0xfdef => None,
            unit => char::from_u32(u32::from(unit)),
        })
        .collect()
}
