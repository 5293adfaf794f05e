//! Bytes as characters, the way Go's `unicode` and `unicode/utf8` see them.

use crate::unicode::tables::{ALPHANUMERIC, PRINTABLE};

/// Reports whether `c` lies between an odd and an even boundary of a table.
fn contains(boundaries: &[u32], c: char) -> bool {
    boundaries.partition_point(|&boundary| boundary <= u32::from(c)) % 2 == 1
}

/// Reports whether `c` may be part of an identifier.
pub(crate) fn is_alphanumeric(c: char) -> bool {
    c == '_' || if c.is_ascii() { c.is_ascii_alphanumeric() } else { contains(ALPHANUMERIC, c) }
}

/// Go's `unicode.IsPrint`.
pub(crate) fn is_printable(c: char) -> bool {
    if c.is_ascii() { !c.is_ascii_control() } else { contains(PRINTABLE, c) }
}

/// The white space of the template language.
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Takes the first character off `bytes`: its value, its length, and whether it is well-formed.
///
/// A byte that starts no character is U+FFFD of length 1, as in Go.
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

/// Counts characters; each byte that is part of none counts as one.
pub(crate) fn count(bytes: &[u8]) -> usize {
    bytes.utf8_chunks().map(|chunk| chunk.valid().chars().count() + chunk.invalid().len()).sum()
}

/// The first `most` characters.
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
