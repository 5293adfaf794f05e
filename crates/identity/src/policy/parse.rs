//! Parser for the policy language of the peer command.
//!
//! The language is that of Fabric 3.1 `common/policydsl`: the gates `AND`, `OR` and `OutOf`, which may also be
//! lower-case or capitalized, over principals `'MSP.role'` in single or double quotes. Fabric evaluates the text with
//! a general expression library, and so accepts further texts such as `OutOf(1+1, …)`, which this parser rejects.

use std::str::FromStr;

use super::{MAX_DEPTH, Principal, Rule, SignaturePolicy};
use crate::role::Role;

/// Syntax error in a policy, with its position.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the policy cannot be read at character {position}: {problem}")]
pub struct PolicySyntaxError {
    position: usize,
    problem: Problem,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Problem {
    #[error("expected {expected}, found {found}")]
    Unexpected { expected: &'static str, found: String },
    #[error("invalid principal '{0}'")]
    Principal(String),
    #[error("a policy cannot be a single principal")]
    PrincipalAlone,
    #[error("{n} of {of} rules can never be satisfied")]
    TooMany { n: String, of: usize },
    #[error("gates are nested deeper than {MAX_DEPTH}")]
    Depth,
}

impl PolicySyntaxError {
    /// Returns the position of the error, in characters starting from 1.
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }

    /// Returns a correct example.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self.problem {
            Problem::Unexpected { .. } => {
                "a policy looks like AND('Org1MSP.peer', OR('Org2MSP.member', 'Org3MSP.admin'))"
            }
            Problem::Principal(_) => {
                "a principal is an MSP ID, a dot and member, admin, client, peer or orderer"
            }
            Problem::PrincipalAlone => "wrap it in OR(...)",
            Problem::TooMany { .. } | Problem::Depth => return None,
        };
        Some(hint.to_owned())
    }
}

impl FromStr for SignaturePolicy {
    type Err = PolicySyntaxError;

    fn from_str(text: &str) -> Result<Self, PolicySyntaxError> {
        let mut reader = Reader { text, at: 0 };
        let rule = reader.rule(0)?;
        if let Rule::SignedBy(_) = rule {
            return Err(reader.error_at(0, Problem::PrincipalAlone));
        }
        if reader.next_is_not_space().is_some() {
            return Err(reader.unexpected("the end of the policy"));
        }
        Ok(Self { rule })
    }
}

/// Gate whose rules have not been parsed yet.
enum Gate {
    And,
    Or,
    OutOf,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rule(&mut self, depth: usize) -> Result<Rule, PolicySyntaxError> {
        match self.next_is_not_space() {
            Some('\'' | '"') => self.principal().map(Rule::SignedBy),
            _ if depth == MAX_DEPTH => Err(self.error_at(self.at, Problem::Depth)),
            _ => self.gate(depth),
        }
    }

    fn gate(&mut self, depth: usize) -> Result<Rule, PolicySyntaxError> {
        let start = self.at;
        let gate = match self.word() {
            "AND" | "And" | "and" => Gate::And,
            "OR" | "Or" | "or" => Gate::Or,
            "OUTOF" | "OutOf" | "outof" => Gate::OutOf,
            _ => {
                self.at = start;
                return Err(self.unexpected("AND, OR, OutOf or a quoted principal"));
            }
        };
        self.symbol('(', "'('")?;
        self.next_is_not_space();
        let (number_at, number) = (self.at, if let Gate::OutOf = gate { Some(self.number()?) } else { None });
        let mut rules = Vec::new();
        if number.is_none() {
            rules.push(self.rule(depth + 1)?);
        }
        while self.next_is_not_space() == Some(',') {
            self.at += 1;
            rules.push(self.rule(depth + 1)?);
        }
        if rules.is_empty() {
            return Err(self.unexpected("','"));
        }
        self.symbol(')', "',' or ')'")?;
        let n = match (gate, number) {
            (Gate::OutOf, Some(number)) => self.bounded(number, number_at, rules.len())?,
            (Gate::And, _) => u32::try_from(rules.len()).unwrap_or(u32::MAX),
            (Gate::Or | Gate::OutOf, _) => 1,
        };
        Ok(Rule::OutOf { n, rules })
    }

    /// Parses a number. A peer also accepts a quoted one.
    fn number(&mut self) -> Result<&'a str, PolicySyntaxError> {
        let start = self.at;
        let text = match self.next_is_not_space() {
            Some('\'' | '"') => self.quoted()?,
            _ => self.word(),
        };
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            self.at = start;
            return Err(self.unexpected("a number"));
        }
        Ok(text)
    }

    /// Checks the number against the rules. Like a peer, allows one more than there are rules, which can then never
    /// be satisfied.
    fn bounded(&self, number: &str, at: usize, rules: usize) -> Result<u32, PolicySyntaxError> {
        let n = number.parse::<u32>().ok().filter(|n| usize::try_from(*n).is_ok_and(|n| n <= rules + 1));
        let shown = || number.chars().take(16).collect();
        n.ok_or_else(|| self.error_at(at, Problem::TooMany { n: shown(), of: rules }))
    }

    fn principal(&mut self) -> Result<Principal, PolicySyntaxError> {
        let start = self.at;
        let text = self.quoted()?;
        let parts = text.rsplit_once('.');
        let principal = parts.and_then(|(msp_id, role)| Some((msp_id.parse().ok()?, Role::from_word(role)?)));
        let shown = || text.chars().take(64).collect();
        let (msp_id, role) = principal.ok_or_else(|| self.error_at(start, Problem::Principal(shown())))?;
        Ok(Principal::Role { msp_id, role })
    }

    /// Parses up to the next quote.
    fn quoted(&mut self) -> Result<&'a str, PolicySyntaxError> {
        let rest = self.rest();
        let mut inside = rest.chars();
        let quote = inside.next().unwrap_or('\'');
        let inside = inside.as_str();
        let Some(end) = inside.find(quote) else {
            self.at = self.text.len();
            return Err(self.unexpected("the quote that ends the principal"));
        };
        self.at += quote.len_utf8() + end + quote.len_utf8();
        Ok(&inside[..end])
    }

    fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|next: char| !next.is_ascii_alphanumeric()).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn symbol(&mut self, symbol: char, expected: &'static str) -> Result<(), PolicySyntaxError> {
        if self.next_is_not_space() != Some(symbol) {
            return Err(self.unexpected(expected));
        }
        self.at += symbol.len_utf8();
        Ok(())
    }

    /// Skips whitespace and returns the next character without consuming it.
    fn next_is_not_space(&mut self) -> Option<char> {
        let rest = self.rest().trim_start();
        self.at = self.text.len() - rest.len();
        rest.chars().next()
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn unexpected(&self, expected: &'static str) -> PolicySyntaxError {
        let rest = self.rest();
        let end = rest.find(|next: char| !next.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let found = match rest.chars().next() {
            None => "the end of the text".to_owned(),
            Some(next) if end == 0 => format!("'{next}'"),
            Some(_) => format!("'{}'", rest[..end].chars().take(32).collect::<String>()),
        };
        self.error_at(self.at, Problem::Unexpected { expected, found })
    }

    fn error_at(&self, at: usize, problem: Problem) -> PolicySyntaxError {
        PolicySyntaxError { position: self.text[..at].chars().count() + 1, problem }
    }
}
