//! What was found.

use serde::Serialize;

use super::rule::Rule;
use crate::severity::Severity;

/// The most findings of one rule that are kept.
const MOST: usize = 20;

/// A rule that something in the package breaks.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    /// The rule's name.
    pub(super) id: &'static str,
    pub(super) severity: Severity,
    /// The file or archive that it is about.
    pub(super) at: String,
    pub(super) message: String,
    pub(super) hint: Option<String>,
    /// What the builder would end with; [`None`] for what nobody refuses.
    pub(super) exit_code: Option<u8>,
}

/// All that was found.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    /// Adds a finding that nobody refuses.
    pub(super) fn push(&mut self, rule: Rule, at: &str, message: impl Into<String>, hint: Option<String>) {
        self.add(rule, at, message.into(), hint, None);
    }

    /// Adds a finding for which the builder, or the peer before it, ends with a code.
    pub(super) fn refuse(&mut self, rule: Rule, at: &str, message: String, hint: Option<String>, code: u8) {
        self.add(rule, at, message, hint, Some(code));
    }

    fn add(&mut self, rule: Rule, at: &str, message: String, hint: Option<String>, exit_code: Option<u8>) {
        let id = rule.id();
        if self.0.iter().filter(|finding| finding.id == id).count() < MOST {
            self.0.push(Finding {
                id,
                severity: rule.severity(),
                at: at.to_owned(),
                message,
                hint,
                exit_code,
            });
        }
    }

    /// Gives the findings: errors first, each kind in the order in which it was found.
    pub(super) fn sorted(mut self) -> Vec<Finding> {
        self.0.sort_by_key(|finding| finding.severity);
        self.0
    }
}

/// Gives a hint.
#[expect(clippy::unnecessary_wraps, reason = "every finding takes an Option")]
pub(super) fn hint(text: &str) -> Option<String> {
    Some(text.to_owned())
}
