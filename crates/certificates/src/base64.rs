//! Base64 as Go's `base64.StdEncoding` decodes it: line breaks anywhere, padding required, spare bits ignored.

/// Decodes `text`, or returns `None` where Go reports corrupt input.
pub(crate) fn decode(text: impl IntoIterator<Item = u8>) -> Option<Vec<u8>> {
    let symbols: Vec<u8> = text.into_iter().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    if !symbols.len().is_multiple_of(4) {
        return None;
    }
    let padding = symbols.iter().rev().take(2).take_while(|&&symbol| symbol == b'=').count();
    let (digits, _) = symbols.split_at(symbols.len() - padding);

    let mut bytes = Vec::with_capacity(symbols.len() / 4 * 3);
    for group in digits.chunks(4) {
        let mut bits = 0_u32;
        for &symbol in group {
            bits = bits << 6 | u32::from(value(symbol)?);
        }
        let missing = 4 - group.len();
        bits <<= 6 * missing;
        bytes.extend_from_slice(&bits.to_be_bytes()[1..4 - missing]);
    }
    Some(bytes)
}

fn value(symbol: u8) -> Option<u8> {
    match symbol {
        b'A'..=b'Z' => Some(symbol - b'A'),
        b'a'..=b'z' => Some(symbol - b'a' + 26),
        b'0'..=b'9' => Some(symbol - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> Option<Vec<u8>> {
        decode(text.bytes())
    }

    #[test]
    fn line_breaks_are_ignored_and_spare_bits_too() {
        assert_eq!(decoded("aG\r\nVs\nbG8=").as_deref(), Some(&b"hello"[..]));
        assert_eq!(decoded("aGVsbG9=").as_deref(), Some(&b"hello"[..]));
        assert_eq!(decoded("").as_deref(), Some(&b""[..]));
        assert_eq!(decoded("aA==").as_deref(), Some(&b"h"[..]));
    }

    #[test]
    fn missing_extra_or_inner_padding_is_refused() {
        for text in ["aGVsbG8", "aA=", "a===", "====", "aA==aA==", "aG=s", "aGVs====", "aGVs bG8=", "aGV-"] {
            assert_eq!(decoded(text), None, "{text}");
        }
    }
}
