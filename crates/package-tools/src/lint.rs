//! Errors that a peer or the builder would report, and likely problems.
//!
//! It runs the builder's own checks, and rules for parts that the builder does not check: the archive, names, keys.

mod archive;
mod connection;
mod finding;
mod launched;
mod metadata;
mod refusals;
mod rule;
mod subject;

use std::path::{Path, PathBuf};

use ccs_report::Counts;
use serde::Serialize;

use crate::error::Error;
pub use crate::recognize::OtherFile;
pub use finding::Broken;
use finding::Findings;
pub use rule::Rule;
use subject::Seen;

/// The exit code of findings without a code of the builder.
pub const FAILED: u8 = 1;

/// The document of `ccs lint --json`. Its shape is in `docs/json.md`.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The file or folder.
    pub subject: String,
    /// The package ID; [`None`] for a folder, or for a package that a peer rejects.
    pub package_id: Option<String>,
    /// The exit code of `ccs lint`.
    pub exit_code: u8,
    /// The number of errors.
    pub errors: usize,
    /// The number of warnings.
    pub warnings: usize,
    /// The number of notes.
    pub notes: usize,
    /// The findings, errors first.
    pub findings: Vec<Broken>,
    /// What the subject is, if it is a file but not a package.
    #[serde(skip)]
    pub other: Option<OtherFile>,
}

/// Checks a package file, or the folder of a future one. If `strict`, warnings fail, too.
pub fn lint(subject: &Path, is_strict: bool) -> Result<Report, Error> {
    let mut findings = Findings::default();
    let (package_id, other) = match subject::look(subject, &mut findings)? {
        Seen::Package(id) => (Some(id), None),
        Seen::Other(other) => (None, Some(other)),
        Seen::Nothing => (None, None),
    };
    let findings = findings.sorted();
    let Counts { errors, warnings, notes } =
        Counts::of(findings.iter().map(|broken| broken.finding.severity));
    let refused = findings.iter().find_map(|broken| broken.exit_code);
    let failed = (errors > 0 || is_strict && warnings > 0).then_some(FAILED);
    Ok(Report {
        subject: subject.display().to_string(),
        package_id,
        exit_code: refused.or(failed).unwrap_or_default(),
        errors,
        warnings,
        notes,
        findings,
        other,
    })
}

impl Report {
    /// Tells whether the peer or the builder rejects the package.
    #[must_use]
    pub fn is_rejected(&self) -> bool {
        self.findings.iter().any(|broken| broken.exit_code.is_some())
    }
}

/// Returns the folder with connection.json: the folder itself, or `src` of one that `ccs unpack` made.
#[must_use]
pub fn source_of(folder: &Path) -> PathBuf {
    subject::source_of(folder)
}
