//! Tokens to trees (`text/template/parse/parse.go` of Go 1.26).

use std::collections::BTreeMap;

use crate::ast::{Choice, Command, Node, Operand, Pipe, Trees};
use crate::error::{ParseError, ParseErrorKind, quoted};
use crate::lexer::{Kind, Lexer, Token};
use crate::limits::MAX_PARSE_DEPTH;

/// Boxed, because the parser recurses and every frame holds several results.
pub(crate) type Parsed<T> = Result<T, Box<ParseError>>;

pub(crate) struct Parser<'t> {
    text: &'t str,
    lexer: Lexer<'t>,
    /// Tokens read ahead, the next one last.
    ahead: Vec<Token<'t>>,
    trees: Trees,
    scope: Scope<'t>,
    depth: usize,
}

/// What is reset for each `define` and `block`.
#[derive(Default)]
struct Scope<'t> {
    /// Variables in the order of their declaration.
    variables: Vec<&'t str>,
    /// How often each name is declared: a look-up must not walk a long list.
    declared: BTreeMap<&'t str, usize>,
    ranges: usize,
}

/// How a list of nodes ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    End,
    Else,
}

/// One step of a list of nodes.
enum Item {
    Node(Node),
    Stop(Stop),
}

/// Parses a text and all templates that it defines.
pub(crate) fn parse(text: &str) -> Parsed<Trees> {
    let mut parser = Parser {
        text,
        lexer: Lexer::new(text),
        ahead: Vec::new(),
        trees: Trees::new(),
        scope: Scope::new(),
        depth: 0,
    };
    parser.main()?;
    Ok(parser.trees)
}

impl<'t> Scope<'t> {
    fn new() -> Self {
        let mut scope = Scope::default();
        scope.declare("$");
        scope
    }

    fn declare(&mut self, name: &'t str) {
        self.variables.push(name);
        *self.declared.entry(name).or_default() += 1;
    }

    fn truncate(&mut self, length: usize) {
        for name in self.variables.drain(length..) {
            if let Some(count) = self.declared.get_mut(name) {
                *count -= 1;
            }
        }
    }
}

/// Reading tokens, and errors about them.
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

    fn expect(&mut self, kind: Kind, context: &str) -> Parsed<Token<'t>> {
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

    fn unexpected(&self, token: Token<'_>, context: &str) -> Box<ParseError> {
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

    pub(crate) fn leave(&mut self) {
        self.depth -= 1;
    }

    pub(crate) fn is_declared(&self, variable: &str) -> bool {
        self.scope.declared.get(variable).is_some_and(|&count| count > 0)
    }
}

/// Lists of nodes and named templates.
impl<'t> Parser<'t> {
    fn main(&mut self) -> Parsed<()> {
        let mut nodes = Vec::new();
        loop {
            let token = self.peek()?;
            match token.kind {
                Kind::Eof => return self.add(Vec::new(), nodes, token),
                Kind::LeftDelim => {
                    self.next()?;
                    if self.peek_non_space()?.kind == Kind::Define {
                        self.next()?;
                        self.define()?;
                        continue;
                    }
                    self.push_back(token);
                }
                _ => {}
            }
            match self.item()? {
                Item::Node(node) => nodes.push(node),
                Item::Stop(Stop::End) => return Err(self.error(token, "unexpected {{end}}")),
                Item::Stop(Stop::Else) => return Err(self.error(token, "unexpected {{else}}")),
            }
        }
    }

    /// Adds a template; a blank one never replaces another, and only a blank one is replaced.
    fn add(&mut self, name: Vec<u8>, nodes: Vec<Node>, token: Token<'_>) -> Parsed<()> {
        let old_is_blank = self.trees.get(&name).is_none_or(|old| old.iter().all(Node::is_blank));
        if old_is_blank {
            self.trees.insert(name, nodes);
        } else if !nodes.iter().all(Node::is_blank) {
            let shown = quoted(&String::from_utf8_lossy(&name));
            return Err(self.error(token, format!("multiple definition of template {shown}")));
        }
        Ok(())
    }

    fn define(&mut self) -> Parsed<()> {
        let token = self.expect(Kind::String, "define clause")?;
        let name = self.string(token)?;
        self.expect(Kind::RightDelim, "define clause")?;
        self.named_template(name, token, "define clause")
    }

    /// The body of a `define` or `block`, which has variables and ranges of its own.
    fn named_template(&mut self, name: Vec<u8>, token: Token<'t>, context: &str) -> Parsed<()> {
        let outer = std::mem::replace(&mut self.scope, Scope::new());
        let (nodes, stop) = self.list()?;
        if stop == Stop::Else {
            return Err(self.error(token, format!("unexpected {{{{else}}}} in {context}")));
        }
        self.scope = outer;
        self.add(name, nodes, token)
    }

    fn list(&mut self) -> Parsed<(Vec<Node>, Stop)> {
        let mut nodes = Vec::new();
        loop {
            let token = self.peek_non_space()?;
            if token.kind == Kind::Eof {
                return Err(self.error(token, "unexpected end of text: an {{end}} is missing"));
            }
            match self.item()? {
                Item::Node(node) => nodes.push(node),
                Item::Stop(stop) => return Ok((nodes, stop)),
            }
        }
    }

    fn item(&mut self) -> Parsed<Item> {
        let token = self.next_non_space()?;
        match token.kind {
            Kind::Text => Ok(Item::Node(Node::Text(token.text.to_string()))),
            Kind::LeftDelim => self.action(),
            _ => Err(self.unexpected(token, "input")),
        }
    }

    fn action(&mut self) -> Parsed<Item> {
        let token = self.next_non_space()?;
        let node = match token.kind {
            Kind::Block => self.block()?,
            Kind::Break => self.loop_control(token, Node::Break)?,
            Kind::Continue => self.loop_control(token, Node::Continue)?,
            Kind::Else => {
                // `else if` and `else with` leave the keyword to the structure they continue.
                if !matches!(self.peek_non_space()?.kind, Kind::If | Kind::With) {
                    self.expect(Kind::RightDelim, "else")?;
                }
                return Ok(Item::Stop(Stop::Else));
            }
            Kind::End => {
                self.expect(Kind::RightDelim, "end")?;
                return Ok(Item::Stop(Stop::End));
            }
            Kind::If => Node::If(self.choice(token, "if")?),
            Kind::With => Node::With(self.choice(token, "with")?),
            Kind::Range => self.range(token)?,
            Kind::Template => self.template(token)?,
            _ => {
                self.push_back(token);
                Node::Action(self.pipeline("command", Kind::RightDelim)?)
            }
        };
        Ok(Item::Node(node))
    }

    fn loop_control(&mut self, token: Token<'_>, node: Node) -> Parsed<Node> {
        self.expect(Kind::RightDelim, token.text)?;
        if self.scope.ranges == 0 {
            return Err(self.error(token, format!("{{{{{}}}}} outside {{{{range}}}}", token.text)));
        }
        Ok(node)
    }

    fn choice(&mut self, token: Token<'_>, keyword: &'static str) -> Parsed<Choice> {
        self.enter(token)?;
        let variables = self.scope.variables.len();
        let mut choice = Choice { branches: Vec::new(), otherwise: None };
        loop {
            let pipe = self.pipeline(keyword, Kind::RightDelim)?;
            let (nodes, stop) = self.list()?;
            choice.branches.push((pipe, nodes));
            if stop == Stop::End {
                break;
            }
            let next = self.peek()?;
            if matches!(next.kind, Kind::If | Kind::With) && next.text == keyword {
                self.next()?;
                continue;
            }
            choice.otherwise = Some(self.otherwise()?);
            break;
        }
        self.scope.truncate(variables);
        self.leave();
        Ok(choice)
    }

    fn otherwise(&mut self) -> Parsed<Vec<Node>> {
        let (nodes, stop) = self.list()?;
        if stop == Stop::Else {
            let token = self.peek()?;
            return Err(self.error(token, "expected end; found {{else}}"));
        }
        Ok(nodes)
    }

    fn range(&mut self, token: Token<'_>) -> Parsed<Node> {
        self.enter(token)?;
        let variables = self.scope.variables.len();
        let pipe = self.pipeline("range", Kind::RightDelim)?;
        self.scope.ranges += 1;
        let (body, stop) = self.list()?;
        self.scope.ranges -= 1;
        let otherwise = if stop == Stop::Else { Some(self.otherwise()?) } else { None };
        self.scope.truncate(variables);
        self.leave();
        Ok(Node::Range { pipe, body, otherwise })
    }

    fn block(&mut self) -> Parsed<Node> {
        let token = self.expect(Kind::String, "block clause")?;
        let name = self.string(token)?;
        let pipe = self.pipeline("block clause", Kind::RightDelim)?;
        self.enter(token)?;
        self.named_template(name.clone(), token, "block clause")?;
        self.leave();
        Ok(Node::Template { name, pipe: Some(pipe), line: token.line })
    }

    fn template(&mut self, token: Token<'_>) -> Parsed<Node> {
        let name = self.expect(Kind::String, "template clause")?;
        let name = self.string(name)?;
        let next = self.next_non_space()?;
        let mut pipe = None;
        if next.kind != Kind::RightDelim {
            self.push_back(next);
            pipe = Some(self.pipeline("template clause", Kind::RightDelim)?);
        }
        Ok(Node::Template { name, pipe, line: token.line })
    }
}

/// Pipelines and commands.
impl Parser<'_> {
    pub(crate) fn pipeline(&mut self, context: &str, end: Kind) -> Parsed<Pipe> {
        let line = self.peek_non_space()?.line;
        let mut pipe = Pipe { line, variables: Vec::new(), assigns: false, commands: Vec::new() };
        self.declarations(&mut pipe, context)?;
        loop {
            let token = self.next_non_space()?;
            match token.kind {
                kind if kind == end => {
                    return if pipe.commands.is_empty() {
                        Err(self.error(token, format!("missing value for {context}")))
                    } else {
                        Ok(pipe)
                    };
                }
                Kind::Bool
                | Kind::CharConstant
                | Kind::Complex
                | Kind::Dot
                | Kind::Field
                | Kind::Identifier
                | Kind::Number
                | Kind::Nil
                | Kind::String
                | Kind::Variable
                | Kind::LeftParen => {
                    self.push_back(token);
                    let command = self.command()?;
                    let executable = !matches!(
                        command.first,
                        Operand::Bool(_)
                            | Operand::Dot
                            | Operand::Nil
                            | Operand::Number(_)
                            | Operand::Text(_)
                    );
                    if !pipe.commands.is_empty() && !executable {
                        let stage = pipe.commands.len() + 1;
                        let message = format!("non executable command in pipeline stage {stage}");
                        return Err(self.error(token, message));
                    }
                    pipe.commands.push(command);
                }
                _ => return Err(self.unexpected(token, context)),
            }
        }
    }

    /// `$x :=`, `$x =`, or in a range `$i, $x :=`.
    fn declarations(&mut self, pipe: &mut Pipe, context: &str) -> Parsed<()> {
        loop {
            let variable = self.peek_non_space()?;
            if variable.kind != Kind::Variable {
                return Ok(());
            }
            self.next()?;
            let after = self.peek()?;
            let next = self.peek_non_space()?;
            let comma = next.kind == Kind::Char && next.text == ",";
            if !comma && !matches!(next.kind, Kind::Assign | Kind::Declare) {
                if after.kind == Kind::Space {
                    self.push_back(after);
                }
                self.push_back(variable);
                return Ok(());
            }
            self.next()?;
            pipe.variables.push(variable.text.to_string());
            self.scope.declare(variable.text);
            if !comma {
                pipe.assigns = next.kind == Kind::Assign;
                return Ok(());
            }
            if context != "range" || pipe.variables.len() > 1 {
                return Err(self.error(next, format!("too many declarations in {context}")));
            }
            let second = self.peek_non_space()?;
            if !matches!(second.kind, Kind::Variable | Kind::RightDelim | Kind::RightParen) {
                return Err(self.error(second, "range can only initialize variables"));
            }
        }
    }

    fn command(&mut self) -> Parsed<Command> {
        let mut operands = Vec::new();
        loop {
            let start = self.peek_non_space()?;
            operands.extend(self.operand()?);
            let token = self.next()?;
            match token.kind {
                Kind::Space => continue,
                Kind::RightDelim | Kind::RightParen => self.push_back(token),
                Kind::Pipe => {}
                _ => return Err(self.unexpected(token, "operand")),
            }
            let mut operands = operands.into_iter();
            let Some(first) = operands.next() else { return Err(self.error(start, "empty command")) };
            return Ok(Command { first, rest: operands.collect() });
        }
    }
}
