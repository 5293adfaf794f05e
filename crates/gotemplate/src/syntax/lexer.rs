//! Splits text into tokens (`text/template/parse/lex.go` of Go 1.26).

use crate::error::quoted;
use crate::unicode::chars::{is_alphanumeric, is_printable, is_space};

const LEFT: &str = "{{";
const RIGHT: &str = "}}";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Assign,
    Block,
    Bool,
    Break,
    /// A character with no other meaning, such as a comma.
    Char,
    CharConstant,
    Complex,
    Continue,
    Declare,
    Define,
    Dot,
    Else,
    End,
    Eof,
    Field,
    Identifier,
    If,
    LeftDelim,
    LeftParen,
    Nil,
    Number,
    Pipe,
    Range,
    RightDelim,
    RightParen,
    Space,
    /// A quoted or raw string, with its quotes.
    String,
    Template,
    Text,
    Variable,
    With,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Token<'t> {
    pub(crate) kind: Kind,
    pub(crate) text: &'t str,
    pub(crate) offset: usize,
    /// The line of the first byte, starting at 1.
    pub(crate) line: usize,
}

/// The message of an error, and its position.
pub(crate) struct LexError {
    pub(crate) offset: usize,
    pub(crate) message: String,
}

pub(crate) struct Lexer<'t> {
    input: &'t str,
    pos: usize,
    /// The start of the current token.
    start: usize,
    inside_action: bool,
    open_parens: usize,
    /// The line at byte `counted`; tokens are read in order, so each newline is counted once.
    line: usize,
    counted: usize,
}

type Lexed<'t> = Result<Token<'t>, LexError>;

impl<'t> Lexer<'t> {
    pub(crate) fn new(input: &'t str) -> Self {
        Lexer { input, pos: 0, start: 0, inside_action: false, open_parens: 0, line: 1, counted: 0 }
    }

    pub(crate) fn next(&mut self) -> Lexed<'t> {
        self.start = self.pos;
        if self.inside_action { self.action() } else { self.text() }
    }

    fn rest(&self) -> &'t str {
        &self.input[self.pos..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_while(&mut self, wanted: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.pos += rest.find(|c| !wanted(c)).unwrap_or(rest.len());
    }

    fn accept(&mut self, set: &str) -> bool {
        let found = self.peek().is_some_and(|c| set.contains(c));
        self.pos += usize::from(found);
        found
    }

    fn emit(&mut self, kind: Kind) -> Token<'t> {
        self.emit_text(kind, &self.input[self.start..self.pos])
    }

    fn emit_text(&mut self, kind: Kind, text: &'t str) -> Token<'t> {
        self.line += self.input[self.counted..self.start].bytes().filter(|&byte| byte == b'\n').count();
        self.counted = self.start;
        Token { kind, text, offset: self.start, line: self.line }
    }

    fn error(&self, message: impl Into<String>) -> LexError {
        LexError { offset: self.start, message: message.into() }
    }

    /// Outside actions: reads text up to the next `{{`, then that delimiter; drops comments.
    fn text(&mut self) -> Lexed<'t> {
        loop {
            self.start = self.pos;
            let Some(length) = self.rest().find(LEFT) else {
                self.pos = self.input.len();
                return Ok(self.emit(if self.start == self.pos { Kind::Eof } else { Kind::Text }));
            };
            let delimiter = self.pos + length;
            let mut inner = delimiter + LEFT.len();
            let mut text = &self.input[self.pos..delimiter];
            if let [b'-', space, ..] = self.input.as_bytes()[inner..]
                && is_space(space)
            {
                inner += 2;
                text = text.trim_end_matches([' ', '\t', '\r', '\n']);
            }
            self.pos = delimiter;
            if !text.is_empty() {
                return Ok(self.emit_text(Kind::Text, text));
            }
            self.start = delimiter;
            if !self.input[inner..].starts_with("/*") {
                self.pos = inner;
                self.inside_action = true;
                self.open_parens = 0;
                return Ok(self.emit_text(Kind::LeftDelim, LEFT));
            }
            self.pos = inner + 2;
            self.comment()?;
        }
    }

    fn comment(&mut self) -> Result<(), LexError> {
        let length = self.rest().find("*/").ok_or_else(|| self.error("unclosed comment"))?;
        self.pos += length + 2;
        self.right_delimiter().ok_or_else(|| self.error("comment ends before closing delimiter"))
    }

    /// Skips `}}` or ` -}}`, and the space that the latter trims.
    fn right_delimiter(&mut self) -> Option<()> {
        if self.rest().starts_with(RIGHT) {
            self.pos += RIGHT.len();
            return Some(());
        }
        let after_marker = self.trim_marker()?;
        self.pos = after_marker + RIGHT.len();
        self.skip_while(|c| c.is_ascii() && is_space(c as u8));
        Some(())
    }

    /// Returns the position of the `}}` of a ` -}}` that begins here.
    fn trim_marker(&self) -> Option<usize> {
        match self.rest().as_bytes() {
            [space, b'-', b'}', b'}', ..] if is_space(*space) => Some(self.pos + 2),
            _ => None,
        }
    }

    fn action(&mut self) -> Lexed<'t> {
        if self.rest().starts_with(RIGHT) || self.trim_marker().is_some() {
            if self.open_parens > 0 {
                return Err(self.error("unclosed left parenthesis"));
            }
            self.right_delimiter();
            self.inside_action = false;
            return Ok(self.emit_text(Kind::RightDelim, RIGHT));
        }
        let Some(c) = self.peek() else { return Err(self.error("unclosed action")) };
        self.pos += c.len_utf8();
        match c {
            ' ' | '\t' | '\r' | '\n' => Ok(self.space()),
            '=' => Ok(self.emit(Kind::Assign)),
            ':' if self.accept("=") => Ok(self.emit(Kind::Declare)),
            ':' => Err(self.error("expected :=")),
            '|' => Ok(self.emit(Kind::Pipe)),
            '"' => self.quoted('"', Kind::String, "unterminated quoted string"),
            '\'' => self.quoted('\'', Kind::CharConstant, "unterminated character constant"),
            '`' => self.raw_string(),
            '$' => self.name(Kind::Variable, Kind::Variable),
            '.' if !self.peek().is_some_and(|next| next.is_ascii_digit()) => {
                self.name(Kind::Field, Kind::Dot)
            }
            '.' | '+' | '-' | '0'..='9' => {
                self.pos = self.start;
                self.number()
            }
            _ if is_alphanumeric(c) => self.identifier(),
            '(' => {
                self.open_parens += 1;
                Ok(self.emit(Kind::LeftParen))
            }
            ')' => {
                let unexpected = self.error("unexpected right parenthesis");
                self.open_parens = self.open_parens.checked_sub(1).ok_or(unexpected)?;
                Ok(self.emit(Kind::RightParen))
            }
            _ if c.is_ascii() && is_printable(c) => Ok(self.emit(Kind::Char)),
            _ => Err(self.error(format!("unrecognized character in action: U+{:04X}", u32::from(c)))),
        }
    }

    /// Reads a run of space, except for a space that belongs to a trim marker.
    fn space(&mut self) -> Token<'t> {
        while self.trim_marker().is_none() && self.rest().bytes().next().is_some_and(is_space) {
            self.pos += 1;
        }
        self.emit(Kind::Space)
    }

    fn quoted(&mut self, quote: char, kind: Kind, unterminated: &str) -> Lexed<'t> {
        let mut chars = self.rest().char_indices();
        while let Some((index, c)) = chars.next() {
            match c {
                '\\' if chars.next().is_none_or(|(_, escaped)| escaped == '\n') => break,
                '\n' => break,
                _ if c == quote => {
                    self.pos += index + 1;
                    return Ok(self.emit(kind));
                }
                _ => {}
            }
        }
        Err(self.error(unterminated))
    }

    fn raw_string(&mut self) -> Lexed<'t> {
        let length = self.rest().find('`').ok_or_else(|| self.error("unterminated raw quoted string"))?;
        self.pos += length + 1;
        Ok(self.emit(Kind::String))
    }

    /// Reads `.name` or `$name`; `alone` is the kind of the bare `.` or `$`.
    fn name(&mut self, kind: Kind, alone: Kind) -> Lexed<'t> {
        if self.at_terminator() {
            return Ok(self.emit(alone));
        }
        self.skip_while(is_alphanumeric);
        self.terminated()?;
        Ok(self.emit(kind))
    }

    fn identifier(&mut self) -> Lexed<'t> {
        self.skip_while(is_alphanumeric);
        self.terminated()?;
        let kind = match &self.input[self.start..self.pos] {
            "block" => Kind::Block,
            "break" => Kind::Break,
            "continue" => Kind::Continue,
            "define" => Kind::Define,
            "else" => Kind::Else,
            "end" => Kind::End,
            "false" | "true" => Kind::Bool,
            "if" => Kind::If,
            "nil" => Kind::Nil,
            "range" => Kind::Range,
            "template" => Kind::Template,
            "with" => Kind::With,
            _ => Kind::Identifier,
        };
        Ok(self.emit(kind))
    }

    fn at_terminator(&self) -> bool {
        self.rest().starts_with(RIGHT)
            || self
                .peek()
                .is_none_or(|c| matches!(c, ' ' | '\t' | '\r' | '\n' | '.' | ',' | '|' | ':' | ')' | '('))
    }

    fn terminated(&self) -> Result<(), LexError> {
        if self.at_terminator() {
            return Ok(());
        }
        let c = self.peek().unwrap_or_default();
        Err(self.error(format!("bad character {} in a name", quoted(c.encode_utf8(&mut [0; 4])))))
    }

    /// Reads the characters of a number; the parser checks whether it is valid.
    fn number(&mut self) -> Lexed<'t> {
        let mut good = self.scan_number();
        let mut kind = Kind::Number;
        if good && matches!(self.peek(), Some('+' | '-')) {
            kind = Kind::Complex;
            good = self.scan_number() && self.input[..self.pos].ends_with('i');
        }
        if good {
            return Ok(self.emit(kind));
        }
        let text = quoted(&self.input[self.start..self.pos]);
        Err(self.error(format!("bad number syntax: {text}")))
    }

    fn scan_number(&mut self) -> bool {
        self.accept("+-");
        let mut digits = "0123456789_";
        if self.accept("0") {
            if self.accept("xX") {
                digits = "0123456789abcdefABCDEF_";
            } else if self.accept("oO") {
                digits = "01234567_";
            } else if self.accept("bB") {
                digits = "01_";
            }
        }
        self.skip_while(|c| digits.contains(c));
        if self.accept(".") {
            self.skip_while(|c| digits.contains(c));
        }
        let exponent = match digits.len() {
            11 => "eE",
            23 => "pP",
            _ => "",
        };
        if self.accept(exponent) {
            self.accept("+-");
            self.skip_while(|c| c.is_ascii_digit() || c == '_');
        }
        self.accept("i");
        !self.peek().is_some_and(is_alphanumeric)
    }
}
