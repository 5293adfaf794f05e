//! Parses tokens to operands, below the level of a command (`text/template/parse/parse.go` of Go 1.26).

use crate::error::{ParseErrorKind, quoted};
use crate::syntax::ast::{Function, Number, Operand};
use crate::syntax::lexer::{Kind, Token};
use crate::syntax::literal;
use crate::syntax::parser::{Parsed, Parser};

impl Parser<'_> {
    /// Parses a term and the fields that directly follow it; returns `None` if the next token does not start a term.
    pub(crate) fn operand(&mut self) -> Parsed<Option<Operand>> {
        let start = self.peek_non_space()?;
        let Some(term) = self.term()? else { return Ok(None) };
        self.count(start)?;
        let mut fields = Vec::new();
        while self.peek()?.kind == Kind::Field {
            let field = self.next()?;
            self.count(field)?;
            fields.push(field.text[1..].to_string());
        }
        if fields.is_empty() {
            return Ok(Some(term));
        }
        match term {
            Operand::Field(mut first) => {
                first.append(&mut fields);
                Ok(Some(Operand::Field(first)))
            }
            Operand::Variable { name, .. } => Ok(Some(Operand::Variable { name, fields })),
            Operand::Bool(_) | Operand::Text(_) | Operand::Number(_) | Operand::Nil | Operand::Dot => {
                Err(self.error(start, format!("unexpected . after term {}", quoted(start.text))))
            }
            base => Ok(Some(Operand::Chain { base: Box::new(base), fields })),
        }
    }

    fn term(&mut self) -> Parsed<Option<Operand>> {
        let token = self.next_non_space()?;
        let operand = match token.kind {
            Kind::Identifier => {
                let undefined = || self.error(token, format!("function {} not defined", quoted(token.text)));
                Operand::Function(Function::named(token.text).ok_or_else(undefined)?)
            }
            Kind::Dot => Operand::Dot,
            Kind::Nil => Operand::Nil,
            Kind::Bool => Operand::Bool(token.text == "true"),
            Kind::Field => Operand::Field(vec![token.text[1..].to_string()]),
            Kind::Variable => {
                if !self.scope.is_declared(token.text) {
                    return Err(self.error(token, format!("undefined variable {}", quoted(token.text))));
                }
                Operand::Variable { name: token.text.to_string(), fields: Vec::new() }
            }
            Kind::CharConstant => match literal::character(token.text) {
                Ok(code) => Operand::Number(Number::Int(code)),
                Err(message) => return Err(self.error(token, message)),
            },
            Kind::Number | Kind::Complex => Operand::Number(self.number(token)?),
            Kind::String => Operand::Text(self.string(token)?),
            Kind::LeftParen => {
                self.enter(token)?;
                let pipe = self.pipeline("parenthesized pipeline", Kind::RightParen)?;
                self.leave();
                Operand::Parenthesized(pipe)
            }
            _ => {
                self.push_back(token);
                return Ok(None);
            }
        };
        Ok(Some(operand))
    }

    fn number(&self, token: Token<'_>) -> Parsed<Number> {
        let imaginary = token.text.strip_suffix('i').is_some_and(|real| literal::parse_float(real).is_some());
        if token.kind == Kind::Complex || imaginary {
            let message = format!("complex number {} is not supported", quoted(token.text));
            return Err(self.error_of(ParseErrorKind::Unsupported, token, message));
        }
        literal::number(token.text).map_err(|message| self.error(token, message))
    }

    /// Returns the value of a string token.
    pub(crate) fn string(&self, token: Token<'_>) -> Parsed<Vec<u8>> {
        literal::unquote(token.text)
            .ok_or_else(|| self.error(token, format!("invalid escape in string {}", quoted(token.text))))
    }
}
