//! `%q`: Go's quoted strings and characters (`strconv/quote.go` of Go 1.26).

use crate::unicode::chars::{decode, is_printable};

/// Quotes text in double quotes; `ascii` escapes all other characters.
pub(crate) fn quote(text: &[u8], ascii: bool) -> Vec<u8> {
    let mut quoted = vec![b'"'];
    let mut rest = text;
    while !rest.is_empty() {
        let (c, length, valid) = decode(rest);
        if valid {
            push_escaped(&mut quoted, c, '"', ascii);
        } else {
            quoted.extend_from_slice(format!("\\x{:02x}", rest[0]).as_bytes());
        }
        rest = &rest[length..];
    }
    quoted.push(b'"');
    quoted
}

/// Quotes one character in single quotes.
pub(crate) fn quote_char(c: char, ascii: bool) -> Vec<u8> {
    let mut quoted = vec![b'\''];
    push_escaped(&mut quoted, c, '\'', ascii);
    quoted.push(b'\'');
    quoted
}

fn push_escaped(quoted: &mut Vec<u8>, c: char, quote: char, ascii: bool) {
    let escape = match c {
        _ if c == quote => format!("\\{quote}"),
        '\\' => "\\\\".to_string(),
        _ if is_printable(c) && (c.is_ascii() || !ascii) => c.to_string(),
        '\x07' => "\\a".to_string(),
        '\x08' => "\\b".to_string(),
        '\x0c' => "\\f".to_string(),
        '\n' => "\\n".to_string(),
        '\r' => "\\r".to_string(),
        '\t' => "\\t".to_string(),
        '\x0b' => "\\v".to_string(),
        '\0'..' ' | '\x7f' => format!("\\x{:02x}", u32::from(c)),
        '\0'..='\u{ffff}' => format!("\\u{:04x}", u32::from(c)),
        _ => format!("\\U{:08x}", u32::from(c)),
    };
    quoted.extend_from_slice(escape.as_bytes());
}

/// Returns whether the text is valid between backquotes.
pub(crate) fn can_backquote(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| {
        !text.contains(|c| matches!(c, '\0'..='\x08' | '\n'..='\x1f' | '`' | '\x7f' | '\u{feff}'))
    })
}
