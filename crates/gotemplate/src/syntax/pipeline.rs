//! Parses tokens to pipelines and commands (`text/template/parse/parse.go` of Go 1.26).

use crate::syntax::ast::{Command, Operand, Pipe};
use crate::syntax::lexer::Kind;
use crate::syntax::parser::{Parsed, Parser};

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

    /// Parses `$x :=`, `$x =`, or in a range `$i, $x :=`.
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
            self.count(variable)?;
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
        let first = self.peek_non_space()?;
        self.count(first)?;
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
