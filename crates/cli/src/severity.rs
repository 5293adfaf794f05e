//! How bad a finding is, of `ccs lint` and of `ccs doctor`.

use serde::Serialize;

/// How bad a finding is; the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// A peer or the builder refuses it.
    Error,
    /// It works, and is probably not meant or will hurt.
    Warning,
    /// It works, and somebody may want to know.
    Note,
}

impl Severity {
    /// Gives the word.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}
