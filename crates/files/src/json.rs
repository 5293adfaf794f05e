//! JSON as parsed and formatted by Go's `encoding/json`.
//!
//! A peer and existing builders are Go programs, so that decoder defines the meaning of a document: keys are matched
//! without case, the last duplicate wins, `null` keeps a default, unknown keys may have any value, and invalid UTF-8
//! becomes U+FFFD. [`parse`] checks the grammar of the whole document once and without recursion; [`Json`] is then a
//! cursor on a value inside it, and [`Object`] reads fields by Go's rules. (Go 1.26 `encoding/json`: scanner.go,
//! decode.go, fold.go.)

mod object;
mod scanner;
mod string;
mod writer;

use std::fmt;

pub use object::{Object, TypeError};
pub use scanner::{MAX_DEPTH, Reason, SyntaxError};
pub use writer::ObjectWriter;

/// A value in a document whose grammar has been checked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Json<'a> {
    /// The text of the value, without surrounding white space.
    text: &'a [u8],
}

/// The type of a [`Json`] value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// A number, kept as text.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        })
    }
}

/// Checks a document and returns its value.
///
/// The document must contain exactly one value, optionally surrounded by space, tab, CR and LF, with at most
/// [`MAX_DEPTH`] levels and without a byte order mark or comments. As in Go, strings may contain bytes that are not
/// UTF-8.
pub fn parse(document: &[u8]) -> Result<Json<'_>, SyntaxError> {
    let (start, end) = scanner::check(document)?;
    Ok(Json { text: &document[start..end] })
}

impl<'a> Json<'a> {
    /// Returns the type of the value.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self.text.first() {
            Some(b'n') => Kind::Null,
            Some(b't' | b'f') => Kind::Boolean,
            Some(b'"') => Kind::String,
            Some(b'[') => Kind::Array,
            Some(b'{') => Kind::Object,
            _ => Kind::Number,
        }
    }

    /// Returns the value of a boolean.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        (self.kind() == Kind::Boolean).then(|| self.text == b"true")
    }

    /// Returns the text of a number, such as `-1.5e3`.
    #[must_use]
    pub fn as_number(self) -> Option<&'a str> {
        (self.kind() == Kind::Number).then(|| std::str::from_utf8(self.text).unwrap_or_default())
    }

    /// Returns a number as Go's `float64`; [`None`] also if it is out of range, which Go rejects.
    #[must_use]
    pub fn as_f64(self) -> Option<f64> {
        self.as_number()?.parse().ok().filter(|number: &f64| number.is_finite())
    }

    /// Returns the content of a string, with escapes resolved and each invalid byte replaced by U+FFFD.
    #[must_use]
    pub fn as_str(self) -> Option<String> {
        (self.kind() == Kind::String).then(|| string::decode(&self.text[1..self.text.len() - 1]))
    }

    /// Returns an object's members.
    #[must_use]
    pub fn as_object(self) -> Option<Object<'a>> {
        (self.kind() == Kind::Object).then(|| Object::new(self))
    }

    /// Iterates over the elements of an array; yields nothing for any other value.
    pub fn elements(self) -> impl Iterator<Item = Json<'a>> {
        let mut cursor = scanner::Cursor::inside(self.text);
        let is_array = self.kind() == Kind::Array;
        std::iter::from_fn(move || if is_array { cursor.element().map(|text| Json { text }) } else { None })
    }

    /// Iterates over the members of an object in the order of the document, including duplicates; yields nothing for
    /// any other value.
    pub fn members(self) -> impl Iterator<Item = (String, Json<'a>)> {
        let mut cursor = scanner::Cursor::inside(self.text);
        let is_object = self.kind() == Kind::Object;
        std::iter::from_fn(move || {
            let (key, text) = if is_object { cursor.member()? } else { return None };
            Some((string::decode(key), Json { text }))
        })
    }

    /// Returns the value's text without the white space between its tokens.
    #[must_use]
    pub fn compact(self) -> Vec<u8> {
        let mut inside_string = false;
        let mut escaped = false;
        let mut compact = Vec::with_capacity(self.text.len());
        for &byte in self.text {
            if inside_string {
                inside_string = escaped || byte != b'"';
                escaped = !escaped && byte == b'\\';
            } else if scanner::is_space(byte) {
                continue;
            } else {
                inside_string = byte == b'"';
            }
            compact.push(byte);
        }
        compact
    }
}

impl fmt::Debug for Json<'_> {
    /// Formats only the type, because the text may be a private key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Json({})", self.kind())
    }
}

#[cfg(test)]
mod tests;
