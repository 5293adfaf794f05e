//! Findings, each of a rule.

use ccs_report::Finding;
use serde::Serialize;

use super::rule::Rule;

/// The maximum number of findings for one rule.
const MOST: usize = 20;

/// A rule that the package breaks.
#[derive(Debug, Serialize)]
pub struct Broken {
    /// The problem.
    #[serde(flatten)]
    pub finding: Finding,
    /// The exit code of the builder; [`None`] if neither peer nor builder rejects the package.
    pub exit_code: Option<u8>,
}

/// All findings.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Broken>);

impl Findings {
    /// Adds a finding for which neither peer nor builder rejects the package.
    pub(super) fn push(&mut self, rule: Rule, at: &str, message: impl Into<String>, hint: Option<String>) {
        self.add(rule, at, message.into(), hint, None);
    }

    /// Adds a finding for which the builder, or the peer before it, fails with a code.
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

    /// Returns the findings: errors first, each kind in its original order.
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
