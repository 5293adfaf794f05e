//! Why a template was refused, in words that stay short whatever the template holds.

/// The most characters of a template's own text that a message repeats.
const SHOWN: usize = 80;

/// Quotes text of a template for a message: escaped, on one line, cut after a few words.
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

/// What kind of refusal a [`ParseError`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParseErrorKind {
    /// Go refuses the template as well.
    Syntax,
    /// The template is larger or nested deeper than this engine accepts; see [`Limits`](crate::Limits) and the
    /// constants beside it.
    Limit,
    /// Go accepts the construct, this engine does not have it.
    Unsupported,
}

/// A text that is not a template, or not one for this engine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (line {line}, column {column})")]
pub struct ParseError {
    /// What kind of refusal this is.
    pub kind: ParseErrorKind,
    /// Line of the text, from 1.
    pub line: usize,
    /// Column in that line, in characters, from 1.
    pub column: usize,
    /// Position in the text, in bytes, from 0.
    pub offset: usize,
    /// What is wrong, in lower case and without a full stop.
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

    /// Says what to do next.
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

/// A template that could not be rendered with the data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// A field names a key that the data does not have.
    #[error("key {} is not set (line {line})", quoted(key))]
    MissingKey {
        /// The key that was looked up, whole.
        key: String,
        /// Line of the template, from 1.
        line: usize,
    },
    /// An operation does not fit the value it meets; Go refuses as well.
    #[error("{message} (line {line})")]
    Type {
        /// What is wrong, in lower case and without a full stop.
        message: String,
        /// Line of the template, from 1.
        line: usize,
    },
    /// The template needs more than a [`Limits`](crate::Limits) grants.
    #[error("{what} above the limit of {limit} (line {line})")]
    Limit {
        /// What there was too much of.
        what: &'static str,
        /// The bound that was reached.
        limit: u64,
        /// Line of the template, from 1.
        line: usize,
    },
    /// Go renders the construct, this engine does not have it.
    #[error("{construct} is not supported (line {line})")]
    Unsupported {
        /// The construct.
        construct: &'static str,
        /// Line of the template, from 1.
        line: usize,
    },
}

impl RenderError {
    /// Says what to do next.
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
