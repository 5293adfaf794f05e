//! Errors of templates, with messages that stay short for every template.

/// The maximum length of a template's text in a message, in characters.
const SHOWN: usize = 80;

/// Quotes text of a template for a message: escaped, on one line, and truncated.
pub(crate) fn quoted(text: &str) -> String {
    let mut shown = String::new();
    for c in text.chars() {
        if shown.len() >= SHOWN {
            return format!("\"{shown}...\"");
        }
        shown.extend(c.escape_debug());
    }
    format!("\"{shown}\"")
}

/// The kind of a [`ParseError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParseErrorKind {
    /// Go rejects the template as well.
    Syntax,
    /// The template is larger or nested more deeply than this engine accepts; see [`Limits`](crate::Limits) and the
    /// constants in its module.
    Limit,
    /// Go accepts the construct, but this engine does not implement it.
    Unsupported,
}

/// The error for a text that is not a template, or that this engine does not support.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (line {line}, column {column})")]
pub struct ParseError {
    /// The kind of the error.
    pub kind: ParseErrorKind,
    /// The line of the text, starting at 1.
    pub line: usize,
    /// The column in that line, in characters, starting at 1.
    pub column: usize,
    /// The position in the text, in bytes, starting at 0.
    pub offset: usize,
    /// The message, in lower case and without a full stop.
    pub message: String,
}

impl ParseError {
    pub(crate) fn new(kind: ParseErrorKind, text: &str, offset: usize, message: String) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
        let column = before[line_start..].chars().count() + 1;
        ParseError { kind, line, column, offset, message }
    }

    /// Returns what to do about the error.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self.kind {
            ParseErrorKind::Syntax if self.message.starts_with("function ") => {
                "only Go's built-in functions exist: and, or, not, eq, ne, lt, le, gt, ge, index, slice, len, print, \
                 printf, println, html, js, urlquery"
            }
            ParseErrorKind::Syntax => "templates follow Go's text/template: https://pkg.go.dev/text/template",
            ParseErrorKind::Limit => "write a shorter template that nests less",
            ParseErrorKind::Unsupported => {
                "Go knows this construct, this engine does not: write it another way"
            }
        };
        Some(hint.to_string())
    }
}

/// The error of rendering a template with data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// A field refers to a key that the data does not have.
    #[error("key {} is not set (line {line})", quoted(key))]
    MissingKey {
        /// The key that was looked up, in full.
        key: String,
        /// The line of the template, starting at 1.
        line: usize,
    },
    /// An operation does not support the type of its value; Go fails as well.
    #[error("{message} (line {line})")]
    Type {
        /// The message, in lower case and without a full stop.
        message: String,
        /// The line of the template, starting at 1.
        line: usize,
    },
    /// The template exceeds one of the [`Limits`](crate::Limits).
    #[error("{what} above the limit of {limit} (line {line})")]
    Limit {
        /// The limited resource.
        what: &'static str,
        /// The limit.
        limit: u64,
        /// The line of the template, starting at 1.
        line: usize,
    },
    /// Go renders the construct, but this engine does not implement it.
    #[error("{construct} is not supported (line {line})")]
    Unsupported {
        /// The construct.
        construct: &'static str,
        /// The line of the template, starting at 1.
        line: usize,
    },
}

impl RenderError {
    /// Returns what to do about the error.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            RenderError::MissingKey { key, .. } => Some(format!(
                "define {0}, or give a default: {{{{or (index . {0}) \"default\"}}}}",
                quoted(key)
            )),
            RenderError::Type { message, .. }
                if message.contains("float64 and int") || message.contains("int and float64") =>
            {
                Some("numbers of the data are float64: compare with 7052.0 instead of 7052".to_string())
            }
            RenderError::Type { .. } => None,
            RenderError::Limit { .. } => Some("look for a loop or a template that calls itself".to_string()),
            RenderError::Unsupported { .. } => {
                Some("Go knows this construct, this engine does not: write it another way".to_string())
            }
        }
    }
}

/// A [`RenderError`] before its line is known.
#[derive(Debug)]
pub(crate) enum Fault {
    MissingKey(String),
    Type(String),
    Limit { what: &'static str, limit: u64 },
    Unsupported(&'static str),
}

impl Fault {
    pub(crate) fn at(self, line: usize) -> RenderError {
        match self {
            Fault::MissingKey(key) => RenderError::MissingKey { key, line },
            Fault::Type(message) => RenderError::Type { message, line },
            Fault::Limit { what, limit } => RenderError::Limit { what, limit, line },
            Fault::Unsupported(construct) => RenderError::Unsupported { construct, line },
        }
    }
}
