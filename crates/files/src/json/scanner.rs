//! The scanner: one pass over a whole document, and a walk over a checked one, both without recursion.

use std::fmt;

/// The maximum nesting depth of Go's decoder (`encoding/json` scanner.go, `maxNestingDepth`).
pub const MAX_DEPTH: usize = 10_000;

/// What should follow a backslash.
const ESCAPE: &str = "an escape: one of \" \\ / b f n r t u";

/// What should follow a comma in an object.
const KEY: &str = "a key";

/// What should follow a comma in an array.
const VALUE: &str = "a value";

/// What to do about a string that is not closed.
const UNCLOSED_HINT: &str = r#"close it with ", and write each line break inside it as \n"#;

/// The error for a document that is not JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {reason}")]
pub struct SyntaxError {
    /// The line, starting at 1.
    pub line: usize,
    /// The byte within the line, starting at 1.
    pub column: usize,
    /// The reason.
    pub reason: Reason,
}

impl SyntaxError {
    fn new(document: &[u8], offset: usize, reason: Reason) -> Self {
        let before = &document[..offset.min(document.len())];
        let lines = before.split(|&byte| byte == b'\n');
        let column = 1 + lines.clone().next_back().map_or(0, <[u8]>::len);
        Self { line: lines.count(), column, reason }
    }

    /// Returns what to do about the error.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self.reason {
            Reason::ByteOrderMark | Reason::Utf16 => "save the file as UTF-8 without a byte order mark",
            Reason::Trailing => "keep exactly one JSON value in the file",
            Reason::Empty => "the file must contain one JSON object",
            Reason::Unclosed => UNCLOSED_HINT,
            Reason::Unexpected { expected: ESCAPE, .. } => r"write a backslash inside a string as \\",
            Reason::Unexpected { found: b'\'', .. } => "JSON strings are in double quotes",
            Reason::Unexpected { found: b'/' | b'#', .. } => "JSON has no comments; remove them",
            Reason::Unexpected { found: b'}', expected: KEY }
            | Reason::Unexpected { found: b']', expected: VALUE } => "remove the comma before it",
            Reason::Truncated { .. } => "the file is cut off; copy it again, or complete it",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

/// The reason why a document is not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The document contains only white space.
    Empty,
    /// The document starts with a UTF-8 byte order mark.
    ByteOrderMark,
    /// The document starts with a UTF-16 byte order mark.
    Utf16,
    /// A byte does not match the grammar.
    Unexpected {
        /// The byte found.
        found: u8,
        /// The expected text.
        expected: &'static str,
    },
    /// A string has no closing quote before the end of its line or of the document.
    Unclosed,
    /// The document is truncated.
    Truncated {
        /// The expected text.
        expected: &'static str,
    },
    /// The document has more than [`MAX_DEPTH`] levels.
    TooDeep,
    /// Other text follows the value.
    Trailing,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "the document is empty"),
            Self::ByteOrderMark => write!(f, "a byte order mark precedes the JSON"),
            Self::Utf16 => write!(f, "the text is UTF-16, not UTF-8"),
            Self::Unexpected { found, expected } if found.is_ascii_graphic() => {
                write!(f, "found '{}' where {expected} should be", char::from(*found))
            }
            Self::Unexpected { found, expected } => {
                write!(f, "found the byte 0x{found:02x} where {expected} should be")
            }
            Self::Unclosed => write!(f, "the string that begins here is not closed on its line"),
            Self::Truncated { expected } => write!(f, "the document ends where {expected} should be"),
            Self::TooDeep => write!(f, "more than {MAX_DEPTH} nested arrays and objects"),
            Self::Trailing => write!(f, "there is more text after the end of the JSON value"),
        }
    }
}

pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Checks a document and returns the range of its value: the first byte, and one past the last.
pub(super) fn check(document: &[u8]) -> Result<(usize, usize), SyntaxError> {
    let mut scanner = Scanner { bytes: document, at: 0, open: Vec::new() };
    scanner.document().map_err(|reason| SyntaxError::new(document, scanner.at, reason))
}

/// A container that is not closed yet.
#[derive(Clone, Copy, PartialEq)]
enum Open {
    Array,
    Object,
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    open: Vec<Open>,
}

impl Scanner<'_> {
    fn document(&mut self) -> Result<(usize, usize), Reason> {
        if self.bytes.starts_with(b"\xef\xbb\xbf") {
            return Err(Reason::ByteOrderMark);
        }
        if self.bytes.starts_with(b"\xff\xfe") || self.bytes.starts_with(b"\xfe\xff") {
            return Err(Reason::Utf16);
        }
        self.skip_space();
        let start = self.at;
        if self.peek().is_none() {
            return Err(Reason::Empty);
        }
        self.value()?;
        let end = self.at;
        self.skip_space();
        if self.peek().is_some() { Err(Reason::Trailing) } else { Ok((start, end)) }
    }

    /// Scans one value, including nested ones.
    fn value(&mut self) -> Result<(), Reason> {
        loop {
            let container_opened = self.value_start()?;
            if !container_opened && self.close_containers()? {
                return Ok(());
            }
        }
    }

    /// Scans a scalar, an empty container, or the start of a container up to its first value; returns true for the
    /// last.
    fn value_start(&mut self) -> Result<bool, Reason> {
        self.skip_space();
        match self.peek() {
            Some(b'{') => self.open(Open::Object, b'}'),
            Some(b'[') => self.open(Open::Array, b']'),
            Some(b'"') => self.string().map(|()| false),
            Some(b'-' | b'0'..=b'9') => self.number().map(|()| false),
            Some(b't') => self.literal(b"true").map(|()| false),
            Some(b'f') => self.literal(b"false").map(|()| false),
            Some(b'n') => self.literal(b"null").map(|()| false),
            other => Err(unexpected(other, VALUE)),
        }
    }

    fn open(&mut self, container: Open, end: u8) -> Result<bool, Reason> {
        if self.open.len() == MAX_DEPTH {
            return Err(Reason::TooDeep);
        }
        self.at += 1;
        self.skip_space();
        if self.peek() == Some(end) {
            self.at += 1;
            return Ok(false);
        }
        self.open.push(container);
        if container == Open::Object {
            self.key("a key or '}'")?;
        }
        Ok(true)
    }

    /// Continues after a value: moves to the next one of the innermost container, or closes the containers that end
    /// here. Returns true if no container is open any more.
    fn close_containers(&mut self) -> Result<bool, Reason> {
        while let Some(&innermost) = self.open.last() {
            self.skip_space();
            match (innermost, self.peek()) {
                (Open::Array, Some(b',')) => {
                    self.at += 1;
                    return Ok(false);
                }
                (Open::Object, Some(b',')) => {
                    self.at += 1;
                    self.skip_space();
                    self.key(KEY)?;
                    return Ok(false);
                }
                (Open::Array, Some(b']')) | (Open::Object, Some(b'}')) => {
                    self.at += 1;
                    self.open.pop();
                }
                (Open::Array, other) => return Err(unexpected(other, "',' or ']'")),
                (Open::Object, other) => return Err(unexpected(other, "',' or '}'")),
            }
        }
        Ok(true)
    }

    fn key(&mut self, expected: &'static str) -> Result<(), Reason> {
        if self.peek() != Some(b'"') {
            return Err(unexpected(self.peek(), expected));
        }
        self.string()?;
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(unexpected(self.peek(), "':'"));
        }
        self.at += 1;
        Ok(())
    }

    fn string(&mut self) -> Result<(), Reason> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.escape()?,
                Some(0x20..) => self.at += 1,
                Some(b'\n' | b'\r') | None => {
                    self.at = start;
                    return Err(Reason::Unclosed);
                }
                Some(found) => {
                    let expected = "the rest of a string (control characters are written as \\u00xx)";
                    return Err(Reason::Unexpected { found, expected });
                }
            }
        }
    }

    fn escape(&mut self) -> Result<(), Reason> {
        self.at += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                self.at += 1;
                for _ in 0..4 {
                    if !self.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) {
                        return Err(unexpected(self.peek(), "one of four hexadecimal digits after \\u"));
                    }
                    self.at += 1;
                }
            }
            other => return Err(unexpected(other, ESCAPE)),
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), Reason> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Reason> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start { Err(unexpected(self.peek(), "a digit")) } else { Ok(()) }
    }

    fn literal(&mut self, word: &'static [u8]) -> Result<(), Reason> {
        for &byte in word {
            if self.peek() != Some(byte) {
                return Err(unexpected(self.peek(), "true, false or null"));
            }
            self.at += 1;
        }
        Ok(())
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }
}

fn unexpected(found: Option<u8>, expected: &'static str) -> Reason {
    found.map_or(Reason::Truncated { expected }, |found| Reason::Unexpected { found, expected })
}

/// A cursor over the direct content of a container whose grammar has been checked.
pub(super) struct Cursor<'a> {
    /// The rest, including the container's last byte.
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// Starts after the container's first byte.
    pub(super) fn inside(container: &'a [u8]) -> Self {
        Self { rest: container.get(1..).unwrap_or_default() }
    }

    /// Returns the next element's text.
    pub(super) fn element(&mut self) -> Option<&'a [u8]> {
        self.skip_separators();
        if matches!(self.rest.first(), None | Some(b']' | b'}')) {
            return None;
        }
        let (text, rest) = self.rest.split_at(value_length(self.rest));
        self.rest = rest;
        Some(text)
    }

    /// Returns the next member: the key's text between the quotes, and the value's text.
    pub(super) fn member(&mut self) -> Option<(&'a [u8], &'a [u8])> {
        let key = self.element()?;
        let value = self.element()?;
        Some((key.get(1..key.len() - 1)?, value))
    }

    fn skip_separators(&mut self) {
        let skipped =
            self.rest.iter().take_while(|&&byte| is_space(byte) || matches!(byte, b',' | b':')).count();
        self.rest = &self.rest[skipped..];
    }
}

/// Returns the length of the value at the start of a checked text.
fn value_length(text: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'"' => at += string_length(&text[at..]),
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' | b',' | b':' if depth == 0 => return at,
            b'}' | b']' => {
                depth -= 1;
                at += 1;
            }
            _ if depth == 0 && is_space(byte) => return at,
            _ => {
                at += 1;
                continue;
            }
        }
        if depth == 0 {
            return at;
        }
    }
    at
}

/// Returns the length of the string at the start of a checked text, including quotes.
fn string_length(text: &[u8]) -> usize {
    let mut at = 1;
    while let Some(&byte) = text.get(at) {
        at += if byte == b'\\' { 2 } else { 1 };
        if byte == b'"' {
            break;
        }
    }
    at.min(text.len())
}
