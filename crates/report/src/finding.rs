//! Findings and their severities.

use serde::Serialize;

/// The severity of a finding; the worst comes first in the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The peer or the builder rejects the input.
    Error,
    /// The input works, but is probably a mistake or will cause trouble.
    Warning,
    /// The input works; the finding is for information.
    Note,
}

impl Severity {
    /// Returns the word for the severity.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// One finding. Its ID is stable, and the documentation explains it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The stable name of the rule.
    pub id: &'static str,
    /// The severity.
    pub severity: Severity,
    /// The setting, file or program at fault.
    pub at: String,
    /// The problem.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Finding {
    /// Makes a finding without a hint.
    #[must_use]
    pub fn new(
        severity: Severity,
        id: &'static str,
        at: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self { id, severity, at: at.into(), message: message.into(), hint: None }
    }

    /// Makes an error.
    #[must_use]
    pub fn error(id: &'static str, at: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, id, at, message)
    }

    /// Makes a warning.
    #[must_use]
    pub fn warning(id: &'static str, at: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, id, at, message)
    }

    /// Makes a note.
    #[must_use]
    pub fn note(id: &'static str, at: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, id, at, message)
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// The number of findings of each severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The number of errors.
    pub errors: usize,
    /// The number of warnings.
    pub warnings: usize,
    /// The number of notes.
    pub notes: usize,
}

impl Counts {
    /// Counts severities.
    pub fn of(severities: impl IntoIterator<Item = Severity>) -> Self {
        let mut counts = Self::default();
        for severity in severities {
            match severity {
                Severity::Error => counts.errors += 1,
                Severity::Warning => counts.warnings += 1,
                Severity::Note => counts.notes += 1,
            }
        }
        counts
    }

    /// Formats the counts: `1 error, 2 warnings, 0 notes`.
    #[must_use]
    pub fn words(self) -> String {
        let counted = |(count, word)| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
        [(self.errors, "error"), (self.warnings, "warning"), (self.notes, "note")].map(counted).join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_are_counted_in_words_and_the_worst_comes_first() {
        let mut severities = [Severity::Note, Severity::Warning, Severity::Error, Severity::Warning];
        assert_eq!(Counts::of(severities).words(), "1 error, 2 warnings, 1 note");
        severities.sort();
        assert_eq!(severities.map(Severity::word), ["error", "warning", "warning", "note"]);
    }
}
