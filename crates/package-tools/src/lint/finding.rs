//! Findings, each of a rule.

use ccs_report::Finding;
use serde::Serialize;

use super::rule::Rule;

/// The most findings of one rule that are kept.
const MOST: usize = 20;

/// A rule that something in the package breaks.
#[derive(Debug, Serialize)]
pub struct Broken {
    /// What is wrong.
    #[serde(flatten)]
    pub finding: Finding,
    /// What the builder would end with; [`None`] if neither peer nor builder rejects it.
    pub exit_code: Option<u8>,
}

/// All that was found.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Broken>);

impl Findings {
    /// Adds a finding that neither peer nor builder rejects.
    pub(super) fn push(&mut self, rule: Rule, at: &str, message: impl Into<String>, hint: Option<String>) {
        self.add(rule, at, message.into(), hint, None);
    }

    /// Adds a finding for which the builder, or the peer before it, ends with a code.
    pub(super) fn refuse(&mut self, rule: Rule, at: &str, message: String, hint: Option<String>, code: u8) {
        self.add(rule, at, message, hint, Some(code));
    }

    fn add(&mut self, rule: Rule, at: &str, message: String, hint: Option<String>, exit_code: Option<u8>) {
        let id = rule.id();
        if self.0.iter().filter(|broken| broken.finding.id == id).count() < MOST {
            let finding = Finding { hint, ..Finding::new(rule.severity(), id, at, message) };
            self.0.push(Broken { finding, exit_code });
        }
    }

    /// Returns the findings: errors first, each kind in the order in which it was found.
    pub(super) fn sorted(mut self) -> Vec<Broken> {
        self.0.sort_by_key(|broken| broken.finding.severity);
        self.0
    }
}

/// Wraps a hint.
#[expect(clippy::unnecessary_wraps, reason = "every finding takes an Option")]
pub(super) fn hint(text: &str) -> Option<String> {
    Some(text.to_owned())
}
