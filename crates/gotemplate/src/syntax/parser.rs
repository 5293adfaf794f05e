//! Parses tokens to trees: the state of the parser, and its tokens (`text/template/parse/parse.go` of Go 1.26).
//!
//! The grammar is in `statement`, `pipeline` and `operand`, from the outside to the inside.

use std::collections::BTreeSet;

use crate::error::{ParseError, ParseErrorKind, quoted};
use crate::limits::{MAX_NODES, MAX_PARSE_DEPTH, MAX_TEMPLATE_BYTES};
use crate::syntax::ast::Trees;
use crate::syntax::lexer::{Kind, Lexer, Token};
use crate::syntax::scope::Scope;

/// The result of the parser. It is boxed, because the parser is recursive and every frame contains several results.
pub(crate) type Parsed<T> = Result<T, Box<ParseError>>;

pub(crate) struct Parser<'t> {
    text: &'t str,
    lexer: Lexer<'t>,
    /// Tokens read ahead, the next one last.
    ahead: Vec<Token<'t>>,
    pub(crate) trees: Trees,
    /// The templates that are not blank. Checking their nodes at each definition would take quadratic time.
    pub(crate) filled: BTreeSet<Vec<u8>>,
    pub(crate) scope: Scope<'t>,
    depth: usize,
    /// The number of nodes in the trees so far.
    nodes: usize,
}

/// Parses a text and all templates that it defines.
pub(crate) fn parse(text: &str) -> Parsed<Trees> {
    if text.len() > MAX_TEMPLATE_BYTES {
        let message = format!("{} bytes of template above the limit of {MAX_TEMPLATE_BYTES}", text.len());
        return Err(Box::new(ParseError::new(ParseErrorKind::Limit, text, 0, message)));
    }
    let mut parser = Parser {
        text,
        lexer: Lexer::new(text),
        ahead: Vec::new(),
        trees: Trees::new(),
        filled: BTreeSet::new(),
        scope: Scope::new(),
        depth: 0,
        nodes: 0,
    };
    parser.main()?;
    Ok(parser.trees)
}

/// Reads tokens, and makes errors for them.
#[expect(clippy::unnecessary_box_returns, reason = "every result of the parser holds its error in a box")]
impl<'t> Parser<'t> {
    pub(crate) fn next(&mut self) -> Parsed<Token<'t>> {
        match self.ahead.pop() {
            Some(token) => Ok(token),
            None => self.lexer.next().map_err(|error| {
                Box::new(ParseError::new(ParseErrorKind::Syntax, self.text, error.offset, error.message))
            }),
        }
    }

    pub(crate) fn push_back(&mut self, token: Token<'t>) {
        self.ahead.push(token);
    }

    pub(crate) fn peek(&mut self) -> Parsed<Token<'t>> {
        let token = self.next()?;
        self.push_back(token);
        Ok(token)
    }

    pub(crate) fn next_non_space(&mut self) -> Parsed<Token<'t>> {
        loop {
            let token = self.next()?;
            if token.kind != Kind::Space {
                return Ok(token);
            }
        }
    }

    pub(crate) fn peek_non_space(&mut self) -> Parsed<Token<'t>> {
        let token = self.next_non_space()?;
        self.push_back(token);
        Ok(token)
    }

    pub(crate) fn expect(&mut self, kind: Kind, context: &str) -> Parsed<Token<'t>> {
        let token = self.next_non_space()?;
        if token.kind == kind { Ok(token) } else { Err(self.unexpected(token, context)) }
    }

    pub(crate) fn error(&self, token: Token<'_>, message: impl Into<String>) -> Box<ParseError> {
        self.error_of(ParseErrorKind::Syntax, token, message.into())
    }

    pub(crate) fn error_of(
        &self,
        kind: ParseErrorKind,
        token: Token<'_>,
        message: String,
    ) -> Box<ParseError> {
        Box::new(ParseError::new(kind, self.text, token.offset, message))
    }

    pub(crate) fn unexpected(&self, token: Token<'_>, context: &str) -> Box<ParseError> {
        let found = if token.kind == Kind::Eof { "end of text".to_string() } else { quoted(token.text) };
        self.error(token, format!("unexpected {found} in {context}"))
    }

    pub(crate) fn enter(&mut self, token: Token<'_>) -> Parsed<()> {
        self.depth += 1;
        if self.depth <= MAX_PARSE_DEPTH {
            return Ok(());
        }
        let message = format!("nesting above the limit of {MAX_PARSE_DEPTH}");
        Err(self.error_of(ParseErrorKind::Limit, token, message))
    }

    /// Counts one more node, which begins at the token.
    pub(crate) fn count(&mut self, token: Token<'_>) -> Parsed<()> {
        self.nodes += 1;
        if self.nodes <= MAX_NODES {
            return Ok(());
        }
        let message = format!("parts of the template above the limit of {MAX_NODES}");
        Err(self.error_of(ParseErrorKind::Limit, token, message))
    }

    pub(crate) fn leave(&mut self) {
        self.depth -= 1;
    }
}
