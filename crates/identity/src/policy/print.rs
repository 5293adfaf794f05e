//! Prints a policy in the language of the peer command.

use std::fmt;

use super::{Principal, Rule, SignaturePolicy};

impl fmt::Display for SignaturePolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.rule {
            // The language does not allow a policy of a single principal.
            Rule::SignedBy(principal) => write!(f, "OR({principal})"),
            gate @ Rule::OutOf { .. } => gate.fmt(f),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (n, rules) = match self {
            Self::SignedBy(principal) => return principal.fmt(f),
            Self::OutOf { n, rules } => (*n, rules),
        };
        let mut separator = "";
        if n == 1 {
            f.write_str("OR(")?;
        } else if u32::try_from(rules.len()) == Ok(n) {
            f.write_str("AND(")?;
        } else {
            write!(f, "OutOf({n}")?;
            separator = ", ";
        }
        for rule in rules {
            write!(f, "{separator}{rule}")?;
            separator = ", ";
        }
        f.write_str(")")
    }
}

/// Prints principals that the language cannot express in angle brackets.
impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role { msp_id, role } => write!(f, "'{msp_id}.{role}'"),
            Self::Unit { msp_id, unit, .. } => write!(f, "<unit {unit:?} of {msp_id}>"),
            Self::Identity { msp_id, certificate } => {
                write!(f, "<{:?} of {msp_id}>", certificate.subject())
            }
            Self::Unsupported(name) => write!(f, "<{name} principal>"),
        }
    }
}
