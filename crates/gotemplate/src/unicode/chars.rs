//! Decodes and classifies characters like Go's `unicode` and `unicode/utf8`.

use crate::unicode::tables::{ALPHANUMERIC, PRINTABLE};

/// Returns whether `c` is between an odd and an even boundary of a table.
fn contains(boundaries: &[u32], c: char) -> bool {
    boundaries.partition_point(|&boundary| boundary <= u32::from(c)) % 2 == 1
}

/// Returns whether `c` may be part of an identifier.
pub(crate) fn is_alphanumeric(c: char) -> bool {
    c == '_' || if c.is_ascii() { c.is_ascii_alphanumeric() } else { contains(ALPHANUMERIC, c) }
}

/// Returns the same as Go's `unicode.IsPrint`.
pub(crate) fn is_printable(c: char) -> bool {
    if c.is_ascii() { !c.is_ascii_control() } else { contains(PRINTABLE, c) }
}

/// Returns whether a byte is white space in the template language.
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Decodes the first character of `bytes`; returns its value, its length, and whether it is well-formed.
///
/// As in Go, a byte that does not start a character is U+FFFD of length 1.
pub(crate) fn decode(bytes: &[u8]) -> (char, usize, bool) {
    let head = &bytes[..bytes.len().min(4)];
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default(),
    };
    match valid.chars().next() {
        Some(c) => (c, c.len_utf8(), true),
        None => (char::REPLACEMENT_CHARACTER, 1, false),
    }
}

/// Counts characters; each byte that is not part of a character counts as one.
pub(crate) fn count(bytes: &[u8]) -> usize {
    bytes.utf8_chunks().map(|chunk| chunk.valid().chars().count() + chunk.invalid().len()).sum()
}

/// Returns the first `most` characters.
pub(crate) fn truncate(bytes: &[u8], most: usize) -> &[u8] {
    let mut end = 0;
    for _ in 0..most {
        if end >= bytes.len() {
            break;
        }
        end += decode(&bytes[end..]).1;
    }
    &bytes[..end]
}
