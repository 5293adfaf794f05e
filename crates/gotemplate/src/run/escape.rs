//! `html`, `js` and `urlquery` (`text/template/funcs.go` and `net/url` of Go 1.26).

use crate::unicode::chars::{decode, is_printable};

pub(crate) fn html(text: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(text.len());
    for &byte in text {
        match byte {
            0 => escaped.extend_from_slice("\u{fffd}".as_bytes()),
            b'"' => escaped.extend_from_slice(b"&#34;"),
            b'\'' => escaped.extend_from_slice(b"&#39;"),
            b'&' => escaped.extend_from_slice(b"&amp;"),
            b'<' => escaped.extend_from_slice(b"&lt;"),
            b'>' => escaped.extend_from_slice(b"&gt;"),
            _ => escaped.push(byte),
        }
    }
    escaped
}

pub(crate) fn js(text: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (c, length, _) = decode(rest);
        let (head, tail) = rest.split_at(length);
        match c {
            '\\' | '\'' | '"' => escaped.extend_from_slice(&[b'\\', head[0]]),
            '<' | '>' | '&' | '=' | '\0'..' ' => escape_unicode(&mut escaped, c),
            // Go shows DEL as it is: it asks only about characters beyond ASCII.
            _ if c.is_ascii() || is_printable(c) => escaped.extend_from_slice(head),
            _ => escape_unicode(&mut escaped, c),
        }
        rest = tail;
    }
    escaped
}

fn escape_unicode(escaped: &mut Vec<u8>, c: char) {
    escaped.extend_from_slice(format!("\\u{:04X}", u32::from(c)).as_bytes());
}

pub(crate) fn url_query(text: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(text.len());
    for &byte in text {
        match byte {
            b' ' => escaped.push(b'+'),
            b'-' | b'_' | b'.' | b'~' => escaped.push(byte),
            _ if byte.is_ascii_alphanumeric() => escaped.push(byte),
            _ => escaped.extend_from_slice(format!("%{byte:02X}").as_bytes()),
        }
    }
    escaped
}
