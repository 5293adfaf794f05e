//! `\xNN` in the texts of a case, for bytes that TOML cannot represent, such as those of a name that is not UTF-8.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

/// Replaces each `\xNN` by that byte; keeps other backslashes.
pub(crate) fn decode(text: &str) -> Vec<u8> {
    let mut rest = text.as_bytes();
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some((&first, tail)) = rest.split_first() {
        if let Some(byte) = escaped(rest) {
            bytes.push(byte);
            rest = &rest[4..];
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    bytes
}

/// Parses a `\xNN` at the start.
fn escaped(text: &[u8]) -> Option<u8> {
    let [b'\\', b'x', high, low, ..] = text else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
}

/// Like [`decode`], but returns a file name or an argument.
pub(crate) fn decode_os(text: &str) -> OsString {
    OsString::from_vec(decode(text))
}

/// Formats bytes as text, with `\xNN` for bytes that are not UTF-8.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    text
}

/// Like [`encode`], but for a file name.
pub(crate) fn encode_os(name: &OsStr) -> String {
    encode(name.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn bytes_that_are_not_text_survive_the_way_there_and_back() {
        assert_eq!(decode(r"a\xffb\x0a\n\x"), b"a\xffb\x0a\\n\\x");
        assert_eq!(encode(b"a\xffb"), r"a\xffb");
    }
}
