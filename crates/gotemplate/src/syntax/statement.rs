//! Parses tokens to nodes: text, control structures and named templates (`text/template/parse/parse.go` of Go 1.26).

use crate::error::quoted;
use crate::syntax::ast::{Choice, Node};
use crate::syntax::lexer::{Kind, Token};
use crate::syntax::parser::{Parsed, Parser};
use crate::syntax::scope::Scope;

/// The end of a list of nodes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    End,
    Else,
}

/// An element of a list of nodes, or its end.
enum Item {
    Node(Node),
    Stop(Stop),
}

impl<'t> Parser<'t> {
    pub(crate) fn main(&mut self) -> Parsed<()> {
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

    /// Adds a template; a blank one never replaces another, and only a blank one can be replaced.
    fn add(&mut self, name: Vec<u8>, nodes: Vec<Node>, token: Token<'_>) -> Parsed<()> {
        let is_blank = nodes.iter().all(Node::is_blank);
        if !self.filled.contains(&name) {
            if !is_blank {
                self.filled.insert(name.clone());
            }
            self.trees.insert(name, nodes);
        } else if !is_blank {
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

    /// Parses the body of a `define` or `block`, which has its own variables and loops.
    fn named_template(&mut self, name: Vec<u8>, token: Token<'t>, context: &str) -> Parsed<()> {
        self.count(token)?;
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
        self.count(token)?;
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
                // `else if` and `else with` do not consume the keyword of the structure that follows.
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
        let variables = self.scope.length();
        let mut choice = Choice { branches: Vec::new(), otherwise: None };
        loop {
            self.count(token)?;
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
        let variables = self.scope.length();
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
