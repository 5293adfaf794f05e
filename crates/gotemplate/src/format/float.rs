//! Formats floats like Go (`strconv/ftoa.go` and `fmt/format.go` of Go 1.26).

use crate::format::flags::Flags;

/// The significant digits of a number without trailing zeros: `0.d1d2d3... * 10^point`.
struct Digits {
    digits: Vec<u8>,
    point: i32,
}

/// The maximum number of significant digits of a float64; at most 1,074 digits follow the point.
const MOST_DIGITS: usize = 800;
const MOST_FRACTION: usize = 1100;

impl Digits {
    /// Returns the fewest digits that parse back to the same number.
    ///
    /// If two such texts are equally near, Go chooses the one with the even digit, and Rust the upper one. That
    /// happens only near the resolution of a float64, about 16 digits.
    fn shortest(value: f64) -> Digits {
        let digits = Digits::parse(&format!("{value:e}"));
        if digits.digits.len() < 15 {
            return digits;
        }
        let precision = digits.digits.len().saturating_sub(1);
        let even = format!("{value:.precision$e}");
        if even.parse() == Ok(value) { Digits::parse(&even) } else { digits }
    }

    /// Returns the exact value rounded to `count` digits.
    fn rounded(value: f64, count: usize) -> Digits {
        Digits::parse(&format!("{value:.precision$e}", precision = count.clamp(1, MOST_DIGITS) - 1))
    }

    fn parse(scientific: &str) -> Digits {
        let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
        let mut digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).collect();
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        let point = if digits.is_empty() { 0 } else { exponent.parse::<i32>().unwrap_or(0) + 1 };
        Digits { digits, point }
    }

    /// Formats `d.ddde±dd` with `fraction` digits after the point.
    fn scientific(&self, fraction: usize, e: u8) -> Vec<u8> {
        let mut text = vec![self.digits.first().copied().unwrap_or(b'0')];
        if fraction > 0 {
            text.push(b'.');
            let shown = self.digits.get(1..).unwrap_or_default();
            text.extend_from_slice(&shown[..shown.len().min(fraction)]);
            text.resize(2 + fraction, b'0');
        }
        text.push(e);
        let exponent = if self.digits.is_empty() { 0 } else { self.point - 1 };
        text.extend_from_slice(exponent_text(exponent).as_bytes());
        text
    }

    /// Formats `ddd.ddd` with `fraction` digits after the point.
    fn decimal(&self, fraction: usize) -> Vec<u8> {
        let whole = usize::try_from(self.point).unwrap_or(0);
        let mut text = self.digits[..self.digits.len().min(whole)].to_vec();
        text.resize(whole, b'0');
        if text.is_empty() {
            text.push(b'0');
        }
        if fraction > 0 {
            text.push(b'.');
            let end = text.len() + fraction;
            let gap = usize::try_from(-self.point).unwrap_or(0).min(fraction);
            text.resize(text.len() + gap, b'0');
            let shown = self.digits.get(whole..).unwrap_or_default();
            text.extend_from_slice(&shown[..shown.len().min(fraction - gap)]);
            text.resize(end, b'0');
        }
        text
    }
}

fn exponent_text(exponent: i32) -> String {
    format!("{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.unsigned_abs())
}

/// Formats a finite, non-negative number like Go's `strconv.FormatFloat`; without a precision, uses as few digits as
/// needed.
fn format_magnitude(value: f64, verb: char, precision: Option<usize>) -> Vec<u8> {
    match (verb, precision) {
        ('b', _) => format_binary(value),
        ('x' | 'X', _) => format_hex(value, verb == 'X', precision),
        ('e' | 'E', _) => {
            let fraction = precision.unwrap_or(6);
            Digits::rounded(value, fraction.saturating_add(1))
                .scientific(fraction, u8::try_from(verb).unwrap_or(b'e'))
        }
        ('f', _) => {
            let fraction = precision.unwrap_or(6);
            let mut text = format!("{value:.shown$}", shown = fraction.min(MOST_FRACTION)).into_bytes();
            text.resize(text.len() + fraction.saturating_sub(MOST_FRACTION), b'0');
            text
        }
        (_, None) => format_general(&Digits::shortest(value), None, verb),
        (_, Some(count)) => format_general(&Digits::rounded(value, count), Some(count.max(1)), verb),
    }
}

/// Formats `%g`: scientific if the exponent is below -4 or not below the precision, which is 6 for the shortest form.
fn format_general(digits: &Digits, precision: Option<usize>, verb: char) -> Vec<u8> {
    let signed = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let (count, point) = (signed(digits.digits.len()), i64::from(digits.point));
    let wanted = precision.map_or(count, signed);
    let threshold = match precision {
        None => 6,
        Some(_) if wanted > count && count >= point => count,
        Some(_) => wanted,
    };
    let exponent = point - 1;
    let (scientific, fraction) = if exponent < -4 || exponent >= threshold {
        (true, wanted.min(count) - 1)
    } else {
        (false, if wanted > point { count - point } else { 0 })
    };
    let fraction = usize::try_from(fraction).unwrap_or(0);
    if scientific {
        digits.scientific(fraction, if verb == 'G' { b'E' } else { b'e' })
    } else {
        digits.decimal(fraction)
    }
}

/// Splits a finite float into its integer significand and its power of two.
fn parts(value: f64) -> (u64, i32) {
    let bits = value.to_bits();
    let biased = i32::try_from(bits >> 52 & 0x7ff).unwrap_or(0);
    let fraction = bits & ((1 << 52) - 1);
    if biased == 0 { (fraction, -1074) } else { (fraction | 1 << 52, biased - 1075) }
}

/// Formats `%b`: `4503599627370496p-52`.
fn format_binary(value: f64) -> Vec<u8> {
    let (significand, exponent) = parts(value);
    format!("{significand}p{exponent:+}").into_bytes()
}

/// Formats `%x`: `0x1.8p+01`.
fn format_hex(value: f64, upper: bool, precision: Option<usize>) -> Vec<u8> {
    let (mut mantissa, exponent) = parts(value);
    let mut exponent = if mantissa == 0 { 0 } else { exponent + 52 };
    // The leading one moves to bit 60, so that 15 hexadecimal digits follow it.
    mantissa <<= 8;
    while mantissa != 0 && mantissa & (1 << 60) == 0 {
        mantissa <<= 1;
        exponent -= 1;
    }
    if let Some(digits @ 0..15) = precision {
        let shift = digits * 4;
        let extra = (mantissa << shift) & ((1 << 60) - 1);
        mantissa >>= 60 - shift;
        if extra | (mantissa & 1) > 1 << 59 {
            mantissa += 1;
        }
        mantissa <<= 60 - shift;
        if mantissa & (1 << 61) != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let fraction = format!("{:015x}", mantissa & ((1 << 60) - 1));
    let mut shown = match precision {
        None => fraction.trim_end_matches('0').to_string(),
        Some(count) => fraction[..count.min(15)].to_string(),
    }
    .into_bytes();
    shown.resize(precision.unwrap_or(shown.len()).max(shown.len()), b'0');
    let mut text = format!("0x{}", mantissa >> 60).into_bytes();
    if !shown.is_empty() {
        text.push(b'.');
        text.append(&mut shown);
    }
    text.extend_from_slice(format!("p{}", exponent_text(exponent)).as_bytes());
    if upper {
        text.make_ascii_uppercase();
    }
    text
}

/// A formatted float: its sign, if any, and the rest.
pub(crate) struct Formatted {
    pub(crate) sign: Option<u8>,
    pub(crate) text: Vec<u8>,
    /// Whether it may be padded with zeros: infinities and NaN never are.
    pub(crate) is_number: bool,
}

/// Formats by verb and flags, without padding.
pub(crate) fn format_float(value: f64, verb: char, flags: &Flags) -> Formatted {
    let verb = match verb {
        'v' => 'g',
        'F' => 'f',
        _ => verb,
    };
    let positive = match (flags.plus, flags.space) {
        (true, _) => Some(b'+'),
        (false, true) => Some(b' '),
        _ => None,
    };
    if value.is_nan() {
        return Formatted { sign: positive, text: b"NaN".to_vec(), is_number: false };
    }
    let sign = if value.is_sign_negative() { Some(b'-') } else { positive };
    if value.is_infinite() {
        return Formatted { sign: sign.or(Some(b'+')), text: b"Inf".to_vec(), is_number: false };
    }
    let mut text = format_magnitude(value.abs(), verb, flags.precision);
    if flags.sharp && verb != 'b' {
        keep_point_and_zeros(&mut text, verb, flags.precision);
    }
    Formatted { sign, text, is_number: true }
}

/// Applies the flag `#`: always shows a point, and keeps the trailing zeros of `%g`.
fn keep_point_and_zeros(text: &mut Vec<u8>, verb: char, precision: Option<usize>) {
    let mut missing = match verb {
        'g' | 'G' | 'x' => precision.unwrap_or(6),
        _ => 0,
    };
    let is_hex = matches!(verb, 'x' | 'X');
    let exponent =
        text.iter().position(|byte| matches!(byte, b'p' | b'P') || (!is_hex && matches!(byte, b'e' | b'E')));
    let tail = text.split_off(exponent.unwrap_or(text.len()));
    let significant = text.iter().filter(|&&byte| byte != b'.').skip_while(|&&byte| byte == b'0').count();
    missing = missing.saturating_sub(significant);
    if !text.contains(&b'.') {
        if text == b"0" {
            missing = missing.saturating_sub(1);
        }
        text.push(b'.');
    }
    text.resize(text.len() + missing, b'0');
    text.extend_from_slice(&tail);
}
