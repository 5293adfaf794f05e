//! What the examination finds.

use serde::Serialize;

use crate::severity::Severity;

/// One finding. The ids are stable; docs/doctor.md explains each.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    pub(super) id: &'static str,
    pub(super) severity: Severity,
    /// The setting, file or program.
    pub(super) at: String,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl Finding {
    pub(super) fn error(id: &'static str, at: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, id, at.into(), message.into())
    }

    pub(super) fn warning(id: &'static str, at: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, id, at.into(), message.into())
    }

    pub(super) fn note(id: &'static str, at: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, id, at.into(), message.into())
    }

    fn new(severity: Severity, id: &'static str, at: String, message: String) -> Self {
        Self { id, severity, at, message, hint: None }
    }

    /// Adds what to do.
    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
