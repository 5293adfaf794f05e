//! Formats integers like Go's `fmt` (`fmt/format.go` of Go 1.26).

use crate::format::flags::Flags;
use crate::unicode::chars::is_printable;

/// An integer argument: its magnitude and sign, and its bits for the verbs that print a character.
#[derive(Clone, Copy)]
pub(crate) struct Integer {
    pub(crate) magnitude: u64,
    pub(crate) negative: bool,
    pub(crate) bits: u64,
}

impl From<i64> for Integer {
    fn from(value: i64) -> Self {
        Integer { magnitude: value.unsigned_abs(), negative: value < 0, bits: value.cast_unsigned() }
    }
}

impl From<u8> for Integer {
    fn from(value: u8) -> Self {
        Integer::from(i64::from(value))
    }
}

impl Integer {
    /// Returns the character with this code, or U+FFFD.
    pub(crate) fn as_char(self) -> char {
        u32::try_from(self.bits).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
    }
}

/// Formats the digits with sign, prefix and the zeros of precision or width; returns `None` if only padding is to be
/// written.
pub(crate) fn format_integer(value: Integer, verb: char, flags: &Flags) -> Option<Vec<u8>> {
    let signed = value.negative || flags.plus || flags.space;
    let digits = match flags.precision {
        Some(0) if value.magnitude == 0 => return None,
        Some(precision) => precision,
        None if flags.zero && !flags.minus => flags.width.unwrap_or(0).saturating_sub(usize::from(signed)),
        None => 0,
    };
    let number = match verb {
        'b' => format!("{:b}", value.magnitude),
        'o' | 'O' => format!("{:o}", value.magnitude),
        'x' => format!("{:x}", value.magnitude),
        'X' => format!("{:X}", value.magnitude),
        _ => value.magnitude.to_string(),
    };
    let mut text = Vec::new();
    match (value.negative, flags.plus, flags.space) {
        (true, _, _) => text.push(b'-'),
        (false, true, _) => text.push(b'+'),
        (false, false, true) => text.push(b' '),
        _ => {}
    }
    if verb == 'O' {
        text.extend_from_slice(b"0o");
    }
    let zeros = digits.saturating_sub(number.len());
    match verb {
        'b' if flags.sharp => text.extend_from_slice(b"0b"),
        'x' if flags.sharp => text.extend_from_slice(b"0x"),
        'X' if flags.sharp => text.extend_from_slice(b"0X"),
        'o' | 'O' if flags.sharp && zeros == 0 && !number.starts_with('0') => text.push(b'0'),
        _ => {}
    }
    text.resize(text.len() + zeros, b'0');
    text.extend_from_slice(number.as_bytes());
    Some(text)
}

/// Formats `%U`: `U+0041`, or `U+0041 'A'` with the flag `#`.
pub(crate) fn format_unicode(value: Integer, flags: &Flags) -> Vec<u8> {
    let digits = flags.precision.unwrap_or(4).max(4);
    let number = format!("{:X}", value.bits);
    let mut text = b"U+".to_vec();
    text.resize(2 + digits.saturating_sub(number.len()), b'0');
    text.extend_from_slice(number.as_bytes());
    let c = u32::try_from(value.bits).ok().and_then(char::from_u32);
    if let Some(c) = c.filter(|&c| flags.sharp && is_printable(c)) {
        text.extend_from_slice(format!(" '{c}'").as_bytes());
    }
    text
}
