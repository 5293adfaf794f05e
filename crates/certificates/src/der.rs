//! A cursor over DER, exactly as strict as Go's `cryptobyte`.
//!
//! Tags are one byte, lengths are minimal and definite, integers minimal. Unread bytes are not checked, so any bytes
//! after the last field that a caller reads are accepted, as in Go.

use crate::oid;

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const UTF8_STRING: u8 = 0x0c;
pub(crate) const NUMERIC_STRING: u8 = 0x12;
pub(crate) const PRINTABLE_STRING: u8 = 0x13;
pub(crate) const T61_STRING: u8 = 0x14;
pub(crate) const IA5_STRING: u8 = 0x16;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const BMP_STRING: u8 = 0x1e;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// Returns the tag of a context-specific primitive field.
pub(crate) const fn context(number: u8) -> u8 {
    0x80 | number
}

/// Returns the tag of a context-specific constructed field.
pub(crate) const fn context_constructed(number: u8) -> u8 {
    0xa0 | number
}

/// One element: its tag, its content, and its whole encoding.
#[derive(Clone, Copy)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    pub(crate) raw: &'a [u8],
}

/// A bit string, with the number of unused bits in the last byte.
pub(crate) struct BitString<'a> {
    bytes: &'a [u8],
    unused: u8,
}

impl BitString<'_> {
    /// Returns the bits shifted right by the number of unused ones.
    pub(crate) fn right_aligned(&self) -> Vec<u8> {
        let shift = u32::from(self.unused);
        let mut carry = 0_u16;
        self.bytes
            .iter()
            .map(|&byte| {
                let wide = carry << 8 | u16::from(byte);
                carry = u16::from(byte);
                (wide >> shift).to_be_bytes()[1]
            })
            .collect()
    }
}

/// A reader of elements from the front of a byte string. Every method returns `None` if the bytes do not match.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Returns the bytes between this reader and a later state of it.
    pub(crate) fn until(&self, later: &Self) -> &'a [u8] {
        &self.rest[..self.rest.len().saturating_sub(later.rest.len())]
    }

    pub(crate) fn peek(&self, tag: u8) -> bool {
        self.rest.first() == Some(&tag)
    }

    pub(crate) fn any(&mut self) -> Option<Element<'a>> {
        let (tag, header, length) = header(self.rest)?;
        let end = header.checked_add(length)?;
        let raw = self.rest.get(..end)?;
        self.rest = &self.rest[end..];
        Some(Element { tag, content: &raw[header..], raw })
    }

    pub(crate) fn element(&mut self, tag: u8) -> Option<Element<'a>> {
        self.any().filter(|element| element.tag == tag)
    }

    pub(crate) fn content(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.element(tag).map(|element| element.content)
    }

    /// Enters the next element.
    pub(crate) fn enter(&mut self, tag: u8) -> Option<Self> {
        self.content(tag).map(Self::new)
    }

    /// Enters the next element if it has `tag`; returns `Some(None)` if it has another one or none follows.
    #[expect(clippy::option_option, reason = "absent and malformed are different answers")]
    pub(crate) fn enter_optional(&mut self, tag: u8) -> Option<Option<Self>> {
        if self.peek(tag) { self.enter(tag).map(Some) } else { Some(None) }
    }

    /// Returns whether `tag` follows: `Some(false)` for another tag or at the end. Returns `None` if an incomplete
    /// header follows, which Go's `encoding/asn1` rejects even for an optional field.
    pub(crate) fn is_next(&self, tag: u8) -> Option<bool> {
        if self.rest.is_empty() {
            return Some(false);
        }
        let rest = match self.rest {
            [first, number @ ..] if first & 0x1f == 0x1f => long_tag_end(number)?,
            [_, rest @ ..] => rest,
            [] => return Some(false),
        };
        length(rest)?;
        Some(self.peek(tag))
    }

    /// Skips the tag and length of a non-empty element, without limiting the following reads to that length.
    pub(crate) fn skip_header(&mut self) -> Option<()> {
        let (_, header, length) = header(self.rest)?;
        self.rest = self.rest.get(header..)?;
        (length > 0).then_some(())
    }

    /// Reads an integer as minimal two's complement bytes.
    pub(crate) fn integer(&mut self) -> Option<&'a [u8]> {
        self.content(INTEGER).filter(|bytes| is_minimal(bytes))
    }

    /// Reads a positive integer as big-endian bytes without leading zeros.
    pub(crate) fn positive_integer(&mut self) -> Option<&'a [u8]> {
        positive(self.integer()?)
    }

    pub(crate) fn small_integer(&mut self) -> Option<i64> {
        small(self.integer()?)
    }

    pub(crate) fn boolean(&mut self) -> Option<bool> {
        match self.content(BOOLEAN)? {
            [0] => Some(false),
            [0xff] => Some(true),
            _ => None,
        }
    }

    pub(crate) fn bit_string(&mut self) -> Option<BitString<'a>> {
        let (&unused, bytes) = self.content(BIT_STRING)?.split_first()?;
        let spare = match bytes.last() {
            Some(last) if unused <= 7 => last & ((1_u8 << unused) - 1),
            Some(_) => return None,
            None => unused,
        };
        (spare == 0).then_some(BitString { bytes, unused })
    }

    /// Reads an object identifier as its encoded bytes; each component must fit into 31 bits.
    pub(crate) fn object_identifier(&mut self) -> Option<&'a [u8]> {
        self.content(OBJECT_IDENTIFIER).filter(|bytes| oid::is_valid(bytes))
    }
}

/// Returns tag, header length and content length.
fn header(bytes: &[u8]) -> Option<(u8, usize, usize)> {
    let (&tag, rest) = bytes.split_first()?;
    if tag & 0x1f == 0x1f {
        return None;
    }
    let (octets, length) = length(rest)?;
    Some((tag, 1 + octets, length))
}

/// Reads a length from the front; returns the number of bytes of its encoding, and its value.
fn length(bytes: &[u8]) -> Option<(usize, usize)> {
    let (&first, rest) = bytes.split_first()?;
    if first & 0x80 == 0 {
        return Some((1, usize::from(first)));
    }
    let count = usize::from(first & 0x7f);
    if !(1..=4).contains(&count) {
        return None;
    }
    let digits = rest.get(..count)?;
    let length = digits.iter().fold(0_usize, |length, &digit| length << 8 | usize::from(digit));
    (length >= 0x80 && digits[0] != 0).then_some((1 + count, length))
}

/// Skips a tag number of more than one byte.
fn long_tag_end(bytes: &[u8]) -> Option<&[u8]> {
    let last = bytes.iter().position(|byte| byte & 0x80 == 0)?;
    let (number, rest) = bytes.split_at(last + 1);
    let is_minimal = oid::is_valid(number) && (number.len() > 1 || number[0] >= 0x1f);
    is_minimal.then_some(rest)
}

pub(crate) fn is_minimal(integer: &[u8]) -> bool {
    match integer {
        [] => false,
        [0, next, ..] => next & 0x80 != 0,
        [0xff, next, ..] => next & 0x80 == 0,
        _ => true,
    }
}

/// Strips the sign byte of a positive integer.
pub(crate) fn positive(integer: &[u8]) -> Option<&[u8]> {
    match integer {
        [0] => None,
        [0, magnitude @ ..] => Some(magnitude),
        [first, ..] if first & 0x80 != 0 => None,
        magnitude => Some(magnitude),
    }
}

pub(crate) fn small(integer: &[u8]) -> Option<i64> {
    if integer.len() > 8 {
        return None;
    }
    let sign = if integer.first()? & 0x80 == 0 { 0 } else { -1 };
    Some(integer.iter().fold(sign, |value, &byte| value << 8 | i64::from(byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_must_be_minimal_and_within_the_input() {
        assert_eq!(Reader::new(&[0x04, 0x01, 7]).content(OCTET_STRING), Some(&[7][..]));
        assert!(Reader::new(&[0x04, 0x81, 0x01, 7]).any().is_none());
        assert!(Reader::new(&[0x04, 0x80, 0, 0]).any().is_none());
        assert!(Reader::new(&[0x04, 0x02, 7]).any().is_none());
        assert!(Reader::new(&[0x04, 0x84, 0xff, 0xff, 0xff, 0xff]).any().is_none());
        assert!(Reader::new(&[0x1f, 0x01, 7]).any().is_none());
    }

    #[test]
    fn integers_keep_their_sign() {
        assert_eq!(Reader::new(&[2, 1, 0xff]).small_integer(), Some(-1));
        assert_eq!(Reader::new(&[2, 2, 1, 0]).small_integer(), Some(256));
        assert_eq!(Reader::new(&[2, 2, 0, 1]).small_integer(), None);
        assert_eq!(Reader::new(&[2, 9, 0, 0x80, 0, 0, 0, 0, 0, 0, 0]).small_integer(), None);
        assert_eq!(Reader::new(&[2, 2, 0, 0x80]).positive_integer(), Some(&[0x80][..]));
        assert_eq!(Reader::new(&[2, 1, 0x80]).positive_integer(), None);
    }

    #[test]
    fn bit_strings_are_aligned_to_the_right() {
        let bits = Reader::new(&[3, 3, 4, 0x12, 0x30]).bit_string().unwrap();
        assert_eq!(bits.right_aligned(), [0x01, 0x23]);
        assert!(Reader::new(&[3, 3, 4, 0x12, 0x31]).bit_string().is_none());
        assert!(Reader::new(&[3, 1, 1]).bit_string().is_none());
    }
}
