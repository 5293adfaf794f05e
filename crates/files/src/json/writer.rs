//! Formats one flat object like Go's `json.Marshal`.

use std::fmt::Write as _;

/// A builder for the text of a JSON object: no white space, keys in the order of the calls, strings escaped as in Go.
#[derive(Debug)]
#[must_use]
pub struct ObjectWriter {
    text: Vec<u8>,
}

impl Default for ObjectWriter {
    fn default() -> Self {
        Self { text: vec![b'{'] }
    }
}

impl ObjectWriter {
    /// Adds a member with a string.
    pub fn string(self, key: &str, value: &str) -> Self {
        self.raw(key, quoted(value).as_bytes())
    }

    /// Adds a member with a boolean.
    pub fn boolean(self, key: &str, value: bool) -> Self {
        self.raw(key, if value { b"true" } else { b"false" })
    }

    /// Adds a member whose value is already JSON.
    pub fn raw(mut self, key: &str, value: &[u8]) -> Self {
        if self.text.len() > 1 {
            self.text.push(b',');
        }
        self.text.extend_from_slice(quoted(key).as_bytes());
        self.text.push(b':');
        self.text.extend_from_slice(value);
        self
    }

    /// Ends the object and returns its text.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.text.push(b'}');
        self.text
    }
}

/// Quotes a string. Escapes `<`, `>`, `&`, U+2028 and U+2029, as Go does to make JSON safe in web pages.
fn quoted(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    text.push('"');
    for character in value.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                // Writing to a String cannot fail.
                let _ = write!(text, "\\u{:04x}", u32::from(character));
            }
            other => text.push(other),
        }
    }
    text.push('"');
    text
}
