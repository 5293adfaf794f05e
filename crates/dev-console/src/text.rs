//! Keys and values of a chaincode as short text.

use ccs_report::terminal;

/// Separates the parts of a composite key, and begins and ends it (Fabric 3.1 `fabric-chaincode-go`
/// `shim/stub.go`).
const SEPARATOR: char = '\u{0}';

/// Returns the beginning of a text, safe to print, with a note if the text is longer.
pub(crate) fn cut(text: &str, length: usize) -> String {
    let mut characters = text.chars();
    let shown: String = characters.by_ref().take(length).collect();
    match characters.count() {
        0 => terminal::safe(&shown),
        rest => format!("{}… ({rest} more characters)", terminal::safe(&shown)),
    }
}

/// Returns a key as [`cut`] does; a composite key as `type(attribute, attribute)`.
pub(crate) fn key(key: &str, length: usize) -> String {
    let parts = key.strip_prefix(SEPARATOR).and_then(|key| key.strip_suffix(SEPARATOR));
    let Some((kind, attributes)) = parts.map(|parts| parts.split_once(SEPARATOR).unwrap_or((parts, "")))
    else {
        return cut(key, length);
    };
    let attributes: Vec<_> = attributes.split(SEPARATOR).collect();
    cut(&format!("{kind}({})", attributes.join(", ")), length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_composite_key_shows_its_type_and_attributes() {
        for (text, shown) in [
            ("\u{0}allowance\u{0}alice\u{0}bob\u{0}", "allowance(alice, bob)"),
            ("\u{0}balance\u{0}", "balance()"),
            ("\u{0}\u{0}", "()"),
            ("\u{0}", "\\u{0}"),
            ("asset1", "asset1"),
            ("\u{0}a\u{1b}\u{0}b\u{0}", "a\\u{1b}(b)"),
        ] {
            assert_eq!(key(text, 60), shown);
        }
    }

    #[test]
    fn a_long_text_is_cut_with_a_note() {
        assert_eq!(cut("ääää", 4), "ääää");
        assert_eq!(cut("ääää", 3), "äää… (1 more characters)");
        assert_eq!(
            key(&format!("\u{0}t\u{0}{}\u{0}", "x".repeat(100)), 10),
            "t(xxxxxxxx… (93 more characters)"
        );
    }
}
