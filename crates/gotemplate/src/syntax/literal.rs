//! Parses Go literals: quoted strings, characters and numbers (`strconv` and `text/template/parse` of Go 1.26).

use crate::error::quoted;
use crate::syntax::ast::Number;

/// Unquotes a string token, `"..."` or `` `...` ``; returns `None` if Go's `strconv.Unquote` fails.
pub(crate) fn unquote(token: &str) -> Option<Vec<u8>> {
    if let Some(raw) = token.strip_prefix('`') {
        let raw = raw.strip_suffix('`')?;
        return Some(raw.bytes().filter(|&byte| byte != b'\r').collect());
    }
    let mut rest = token.strip_prefix('"')?.strip_suffix('"')?;
    let mut text = Vec::with_capacity(rest.len());
    while !rest.is_empty() {
        let (unit, tail) = unquote_unit(rest, '"')?;
        match unit {
            Unit::Byte(byte) => text.push(byte),
            Unit::Char(c) => text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        rest = tail;
    }
    Some(text)
}

/// The meaning of one character or escape of a literal: `\xff` is a byte, `\u00ff` a character.
enum Unit {
    Byte(u8),
    Char(char),
}

fn unquote_unit(text: &str, quote: char) -> Option<(Unit, &str)> {
    let mut chars = text.chars();
    let first = chars.next()?;
    if first == quote {
        return None;
    }
    if first != '\\' {
        return Some((Unit::Char(first), chars.as_str()));
    }
    let simple = |byte| Some((Unit::Byte(byte), &text[2..]));
    match chars.next()? {
        'a' => simple(0x07),
        'b' => simple(0x08),
        'f' => simple(0x0c),
        'n' => simple(b'\n'),
        'r' => simple(b'\r'),
        't' => simple(b'\t'),
        'v' => simple(0x0b),
        '\\' => simple(b'\\'),
        c @ ('\'' | '"') if c == quote => Some((Unit::Char(c), chars.as_str())),
        'x' => digits(&text[2..], 2, 16).map(|(value, rest)| (Unit::Byte(value.to_le_bytes()[0]), rest)),
        'u' => digits(&text[2..], 4, 16)
            .and_then(|(value, rest)| Some((Unit::Char(char::from_u32(value)?), rest))),
        'U' => digits(&text[2..], 8, 16)
            .and_then(|(value, rest)| Some((Unit::Char(char::from_u32(value)?), rest))),
        '0'..='7' => {
            let (value, rest) = digits(&text[1..], 3, 8)?;
            Some((Unit::Byte(u8::try_from(value).ok()?), rest))
        }
        _ => None,
    }
}

fn digits(text: &str, count: usize, radix: u32) -> Option<(u32, &str)> {
    let digits = text.get(..count)?;
    let value = digits
        .chars()
        .try_fold(0u32, |value, c| value.checked_mul(radix)?.checked_add(c.to_digit(radix)?))?;
    Some((value, &text[count..]))
}

/// Parses a character constant, `'a'`, and returns its code.
pub(crate) fn character(token: &str) -> Result<i64, String> {
    let malformed = || format!("malformed character constant {}", quoted(token));
    let body = token.strip_prefix('\'').ok_or_else(malformed)?;
    match unquote_unit(body, '\'') {
        Some((Unit::Byte(byte), "'")) => Ok(i64::from(byte)),
        Some((Unit::Char(c), "'")) => Ok(i64::from(u32::from(c))),
        _ => Err(malformed()),
    }
}

/// Parses a number token like `parse.newNumber` and `exec.idealConstant` together.
pub(crate) fn number(token: &str) -> Result<Number, String> {
    let has_float_char = token.contains(['.', 'e', 'E', 'p', 'P']);
    // Go recognizes only an unsigned text as hexadecimal, so -0xe is the float -14, but 0xe is the int 14.
    let is_hex_integer = (token.starts_with("0x") || token.starts_with("0X")) && !token.contains(['p', 'P']);
    let looks_like_float = has_float_char && !is_hex_integer;
    if let Ok(value) = parse_int(token) {
        #[expect(clippy::cast_precision_loss, reason = "Go promotes the integer to float64 the same way")]
        return Ok(if looks_like_float { Number::Float(value as f64) } else { Number::Int(value) });
    }
    if parse_uint(token).is_ok() {
        return Ok(Number::Overflow);
    }
    match parse_float(token) {
        Some(_) if !has_float_char => Err(format!("integer overflow: {}", quoted(token))),
        Some(value) => Ok(Number::Float(value)),
        None => Err(format!("illegal number syntax: {}", quoted(token))),
    }
}

/// The error for an invalid integer; its cause matters only for the text with the sign.
#[derive(Debug)]
struct NotAnInteger;

fn parse_int(text: &str) -> Result<i64, NotAnInteger> {
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let value = parse_uint(digits)?;
    let signed = if negative { -i128::from(value) } else { i128::from(value) };
    i64::try_from(signed).map_err(|_| NotAnInteger)
}

/// Parses like `strconv.ParseUint(text, 0, 64)`.
fn parse_uint(text: &str) -> Result<u64, NotAnInteger> {
    let bytes = text.as_bytes();
    let (radix, digits) = match bytes {
        [b'0', b'x' | b'X', _, ..] => (16, &text[2..]),
        [b'0', b'o' | b'O', _, ..] => (8, &text[2..]),
        [b'0', b'b' | b'B', _, ..] => (2, &text[2..]),
        [b'0', ..] => (8, &text[1..]),
        [] => return Err(NotAnInteger),
        _ => (10, text),
    };
    let mut value = 0u64;
    for c in digits.chars().filter(|&c| c != '_') {
        let digit = c.to_digit(radix).ok_or(NotAnInteger)?;
        value = value
            .checked_mul(u64::from(radix))
            .and_then(|value| value.checked_add(u64::from(digit)))
            .ok_or(NotAnInteger)?;
    }
    if underscores_ok(text) { Ok(value) } else { Err(NotAnInteger) }
}

/// Returns whether underscores occur only between digits, or between a base prefix and a digit.
fn underscores_ok(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let bytes = text.as_bytes();
    let prefixed = matches!(bytes, [b'0', b'b' | b'B' | b'o' | b'O' | b'x' | b'X', ..]);
    let hex = matches!(bytes, [b'0', b'x' | b'X', ..]);
    let mut last = if prefixed { b'0' } else { b'^' };
    for &byte in &bytes[if prefixed { 2 } else { 0 }..] {
        last = match byte {
            b'_' if last != b'0' => return false,
            b'_' => b'_',
            _ if byte.is_ascii_digit() || (hex && byte.is_ascii_hexdigit()) => b'0',
            _ if last == b'_' => return false,
            _ => b'!',
        };
    }
    last != b'_'
}

/// Parses like `strconv.ParseFloat(text, 64)`; returns `None` for bad syntax and for values beyond float64.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    if text.contains('_') && !underscores_ok(text) {
        return None;
    }
    let plain: String = text.chars().filter(|&c| c != '_').collect();
    let (negative, digits) = match plain.as_bytes().first() {
        Some(b'-') => (true, &plain[1..]),
        Some(b'+') => (false, &plain[1..]),
        _ => (false, plain.as_str()),
    };
    let value = match digits.get(..2) {
        Some("0x" | "0X") => parse_hex_float(&digits[2..])?,
        _ if digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') => digits.parse::<f64>().ok()?,
        _ => return None,
    };
    value.is_finite().then_some(if negative { -value } else { value })
}

/// Parses `h.hhp±d`, the part of a hexadecimal float after `0x`.
fn parse_hex_float(text: &str) -> Option<f64> {
    let (mantissa_text, exponent_text) = text.split_once(['p', 'P'])?;
    let unsigned = exponent_text.strip_prefix(['-', '+']).unwrap_or(exponent_text);
    if unsigned.is_empty() || !unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // All exponents of more than a few digits are equivalent, because they are far out of range.
    let magnitude =
        unsigned.bytes().fold(0i64, |value, byte| (value * 10 + i64::from(byte - b'0')).min(100_000));
    let mut exponent = if exponent_text.starts_with('-') { -magnitude } else { magnitude };
    let (whole, fraction) = mantissa_text.split_once('.').unwrap_or((mantissa_text, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut mantissa = 0u64;
    for (position, c) in whole.chars().chain(fraction.chars()).enumerate() {
        let digit = u64::from(c.to_digit(16)?);
        let is_fraction = position >= whole.len();
        if mantissa >> 60 == 0 {
            mantissa = mantissa << 4 | digit;
            exponent -= if is_fraction { 4 } else { 0 };
        } else {
            mantissa |= u64::from(digit != 0);
            exponent += if is_fraction { 0 } else { 4 };
        }
    }
    scale(mantissa, exponent)
}

/// Computes `mantissa * 2^exponent`, rounded once, half to even; the lowest bit may represent dropped digits.
fn scale(mantissa: u64, exponent: i64) -> Option<f64> {
    if mantissa == 0 {
        return Some(0.0);
    }
    let shift = i64::from(mantissa.leading_zeros());
    let mantissa = mantissa << shift;
    // The value is now mantissa * 2^(exponent - shift) with bit 63 set: 1.xxx * 2^power.
    let power = exponent - shift + 63;
    if power > 1023 {
        return None;
    }
    let dropped = if power >= -1022 { 11 } else { 11 + (-1022 - power) };
    if dropped > 64 {
        return Some(0.0);
    }
    let kept = if dropped == 64 { 0 } else { mantissa >> dropped };
    let half = 1u64 << (dropped - 1);
    let remainder = mantissa & (half | (half - 1));
    let round_up = remainder > half || (remainder == half && kept & 1 == 1);
    let significand = kept + u64::from(round_up);
    // A carry out of the significand increments the exponent bits, which is correct.
    let biased = if power >= -1022 { u64::try_from(power + 1022).ok()? } else { 0 };
    Some(f64::from_bits((biased << 52) + significand)).filter(|value| value.is_finite())
}
