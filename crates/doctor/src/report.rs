//! The result of an examination.

use ccs_host::ExternalBuilder;
use ccs_report::{Counts, Finding};
use serde::Serialize;

use crate::settings::Settings;
use crate::trial::Trial;
use crate::types::Type;

/// The exit code of `ccs doctor` when there are errors.
pub const UNHEALTHY: u8 = 40;

/// The document of `ccs doctor --json`.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The file that was examined.
    pub core: String,
    /// The exit code of `ccs doctor`.
    pub exit_code: u8,
    /// The number of errors.
    pub errors: usize,
    /// The number of warnings.
    pub warnings: usize,
    /// The number of notes.
    pub notes: usize,
    /// The findings, errors first.
    pub findings: Vec<Finding>,
    /// The builders, in the order in which the peer calls them.
    pub builders: Vec<Builder>,
    /// Docker's address, for packages that no builder accepts; [`None`] if Docker is disabled.
    pub docker: Option<String>,
    /// The builders that accept each type; empty if no program was run.
    pub types: Vec<Type>,
    /// The result of installing the trial package.
    pub trial: Option<Trial>,
}

/// The configuration of a builder.
#[derive(Debug, Serialize)]
pub struct Builder {
    /// Its name.
    pub name: String,
    /// Its folder.
    pub path: String,
    /// The variables that the peer passes to it.
    pub propagates: Vec<String>,
}

impl Report {
    pub(crate) fn new(core: String, settings: Settings, mut findings: Vec<Finding>) -> Self {
        findings.sort_by_key(|finding| finding.severity);
        let Counts { errors, warnings, notes } = Counts::of(findings.iter().map(|finding| finding.severity));
        let builder = |(builder, _): (ExternalBuilder, String)| Builder {
            name: builder.name,
            path: builder.path.display().to_string(),
            propagates: builder.propagate_environment,
        };
        Self {
            core,
            exit_code: if errors == 0 { 0 } else { UNHEALTHY },
            errors,
            warnings,
            notes,
            findings,
            builders: settings.builders.into_iter().map(builder).collect(),
            docker: Some(settings.docker).filter(|docker| !docker.is_empty()),
            types: Vec::new(),
            trial: None,
        }
    }

    /// Adds the results of running the programs.
    #[must_use]
    pub(crate) fn with_runs(mut self, types: Vec<Type>, trial: Option<Trial>) -> Self {
        self.types = types;
        self.trial = trial;
        self
    }

    /// Returns whether there are no errors.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.errors == 0
    }
}
