//! Formats JSON documents for people, with secrets redacted.

use ccs_files::json;

/// The replacement for a secret.
const REDACTED: &str = "\"[redacted]\"";

/// The deepest indented level: a hostile document may have thousands of levels.
const MAX_INDENT: usize = 40;

/// Whether to show secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// Replace secrets with `[redacted]`.
    Redacted,
    /// Show secrets.
    Shown,
}

/// Formats a document with one line for each value; returns [`None`] if it is not JSON.
///
/// Keys keep their order and duplicates, and numbers and strings keep their original spelling.
#[must_use]
pub fn pretty(document: &[u8], secrets: Secrets) -> Option<String> {
    let compact = json::parse(document).ok()?.compact();
    let mut writer = Writer { text: String::with_capacity(compact.len() * 2), level: 0 };
    let mut key = String::new();
    let mut rest = compact.as_slice();
    while let Some(token) = token(rest) {
        rest = &rest[token.len()..];
        if token[0] == b'"' {
            let text = json::parse(token).ok()?.as_str()?;
            if rest.first() == Some(&b':') {
                key = text;
            } else if secrets == Secrets::Redacted && is_secret(&key, &text) {
                writer.text.push_str(REDACTED);
                continue;
            }
        }
        writer.token(token, rest);
    }
    Some(writer.text)
}

/// Returns every string and key of a document, decoded; returns none if it is not JSON.
#[must_use]
pub fn strings(document: &[u8]) -> Vec<String> {
    let Ok(document) = json::parse(document) else { return Vec::new() };
    let compact = document.compact();
    let mut strings = Vec::new();
    let mut rest = compact.as_slice();
    while let Some(token) = token(rest) {
        rest = &rest[token.len()..];
        if token[0] == b'"' {
            strings.extend(json::parse(token).ok().and_then(json::Json::as_str));
        }
    }
    strings
}

/// Returns whether a string is a private key or has the key of a secret.
fn is_secret(key: &str, text: &str) -> bool {
    let key = key.to_lowercase();
    let is_named = ["key", "secret", "password", "passphrase", "token"].iter().any(|word| key.contains(word));
    (is_named && !text.is_empty()) || text.to_uppercase().contains("PRIVATE KEY")
}

/// Returns the next token of a compact document: a string, a bracket, a colon, a comma, or a run of other characters.
fn token(text: &[u8]) -> Option<&[u8]> {
    let length = match text.first()? {
        b'"' => {
            let mut end = 1;
            while *text.get(end)? != b'"' {
                end += if text[end] == b'\\' { 2 } else { 1 };
            }
            end + 1
        }
        b'{' | b'}' | b'[' | b']' | b':' | b',' => 1,
        _ => text.iter().position(|byte| b"\"{}[]:,".contains(byte)).unwrap_or(text.len()),
    };
    text.get(..length)
}

struct Writer {
    text: String,
    level: usize,
}

impl Writer {
    fn token(&mut self, token: &[u8], rest: &[u8]) {
        let is_opening = matches!(token, b"{" | b"[");
        let is_closing = matches!(token, b"}" | b"]");
        if is_closing && !self.text.ends_with(['{', '[']) {
            self.level = self.level.saturating_sub(1);
            self.line();
        }
        self.text.push_str(&String::from_utf8_lossy(token));
        match token {
            b":" => self.text.push(' '),
            b"," => self.line(),
            _ if is_opening && !matches!(rest.first(), Some(b'}' | b']')) => {
                self.level += 1;
                self.line();
            }
            _ => {}
        }
    }

    fn line(&mut self) {
        self.text.push('\n');
        self.text.extend(std::iter::repeat_n("  ", self.level.min(MAX_INDENT)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_document_keeps_order_duplicates_and_spellings() {
        let document = br#"{"b":[1e400,{}],"a":"\u00e9{","a":[],"c":{"d":null}}"#;
        let expected = "{\n  \"b\": [\n    1e400,\n    {}\n  ],\n  \"a\": \"\\u00e9{\",\n  \"a\": [],\n  \"c\": {\n    \"d\": null\n  }\n}";
        assert_eq!(pretty(document, Secrets::Redacted).unwrap(), expected);
        assert_eq!(pretty(b"{", Secrets::Redacted), None);
    }

    #[test]
    fn strings_are_decoded_wherever_they_are() {
        assert_eq!(strings(br#"{"a\u0062":["c",{"d":1}],"\"":"\n"}"#), ["ab", "c", "d", "\"", "\n"]);
        assert!(strings(b"{").is_empty());
    }

    #[test]
    fn secrets_are_hidden_under_every_name_and_spelling() {
        for document in [
            r#"{"client_key":"hush"}"#,
            r#"{"CLIENT_\u212aEY":"hush"}"#,
            r#"{"list":["-----BEGIN EC PRIVATE KEY-----hush"]}"#,
            r#"{"a":"\u0050RIVATE KEY hush"}"#,
            r#"{"root_cert":"-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----hush"}"#,
            r#"{"db":{"password":"hush"}}"#,
        ] {
            let hidden = pretty(document.as_bytes(), Secrets::Redacted).unwrap();
            assert!(hidden.contains("\"[redacted]\"") && !hidden.contains("hush"), "{hidden}");
            assert!(pretty(document.as_bytes(), Secrets::Shown).unwrap().contains("hush"));
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_the_same_document(text in any::<String>(), number in any::<f64>(), depth in 0..60_usize) {
            let value = serde_json::json!({ "a": [text, number], "b": {} }).to_string();
            let document = format!("{}{value}{}", "[".repeat(depth), "]".repeat(depth));
            let written = pretty(document.as_bytes(), Secrets::Shown).unwrap();
            let compact = json::parse(written.as_bytes()).unwrap().compact();
            prop_assert_eq!(String::from_utf8(compact).unwrap(), document);
        }
    }
}
