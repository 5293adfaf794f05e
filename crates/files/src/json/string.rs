//! The content of strings: escapes, surrogates, invalid UTF-8, and the comparison of keys.

/// Decodes the text between the quotes of a checked string, as Go's `unquote` does.
pub(super) fn decode(text: &[u8]) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(backslash) = rest.iter().position(|&byte| byte == b'\\') {
        push_lossy(&mut decoded, &rest[..backslash]);
        rest = &rest[backslash + 1..];
        let (escaped, consumed) = escape(rest);
        decoded.push(escaped);
        rest = &rest[consumed..];
    }
    push_lossy(&mut decoded, rest);
    decoded
}

/// Appends bytes, and replaces each byte that is not part of valid UTF-8 by U+FFFD.
fn push_lossy(decoded: &mut String, bytes: &[u8]) {
    for chunk in bytes.utf8_chunks() {
        decoded.push_str(chunk.valid());
        decoded.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
}

/// Decodes the text after a backslash; returns the character and the number of bytes consumed.
fn escape(text: &[u8]) -> (char, usize) {
    let character = match text.first() {
        Some(b'u') => return unicode_escape(text),
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(&other) => char::from(other),
        None => return (char::REPLACEMENT_CHARACTER, 0),
    };
    (character, 1)
}

/// Decodes `uXXXX`, or `uXXXX\uXXXX` for a surrogate pair. An unpaired surrogate becomes U+FFFD.
fn unicode_escape(text: &[u8]) -> (char, usize) {
    let first = hex4(text.get(1..5));
    if let Some(character) = char::from_u32(first) {
        return (character, 5);
    }
    let second = if text.get(5..7) == Some(b"\\u") { hex4(text.get(7..11)) } else { 0 };
    if (0xd800..0xdc00).contains(&first) && (0xdc00..0xe000).contains(&second) {
        let combined = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        return (char::from_u32(combined).unwrap_or(char::REPLACEMENT_CHARACTER), 11);
    }
    (char::REPLACEMENT_CHARACTER, 5)
}

fn hex4(digits: Option<&[u8]>) -> u32 {
    digits
        .unwrap_or_default()
        .iter()
        .fold(0, |value, &digit| value * 16 + char::from(digit).to_digit(16).unwrap_or_default())
}

/// Returns whether a key of a document matches a field name under Unicode simple folding.
///
/// `name` is ASCII, so only its two cases, U+017F (long s) and U+212A (Kelvin sign) fold into it.
pub(super) fn names(key: &str, name: &str) -> bool {
    let folded = key.chars().map(|character| match character {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    });
    folded.eq(name.chars().map(|character| character.to_ascii_lowercase()))
}
