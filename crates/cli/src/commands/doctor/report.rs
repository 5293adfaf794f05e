//! The result of the examination, as text and as JSON.

use std::fmt::Write as _;

use ccs_host::ExternalBuilder;
use serde::Serialize;

use super::finding::Finding;
use super::settings::Settings;
use super::trial::Trial;
use super::types::Type;
use crate::severity::Severity;
use crate::{layout, style};

/// What `ccs doctor` ends with when there are errors.
pub(super) const UNHEALTHY: u8 = 40;

/// The document of `--json`.
#[derive(Serialize)]
pub(super) struct Report {
    /// The file that was examined.
    core: String,
    exit_code: u8,
    errors: usize,
    warnings: usize,
    notes: usize,
    findings: Vec<Finding>,
    builders: Vec<Builder>,
    /// Docker's address, where packages go that no builder takes; `null` if there is none.
    docker: Option<String>,
    /// Who takes which type; empty if no program was run.
    types: Vec<Type>,
    trial: Option<Trial>,
}

#[derive(Serialize)]
struct Builder {
    name: String,
    path: String,
    propagates: Vec<String>,
}

impl Report {
    pub(super) fn new(core: String, settings: Settings, mut findings: Vec<Finding>) -> Self {
        findings.sort_by_key(|finding| finding.severity);
        let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
        let errors = count(Severity::Error);
        let builder = |(builder, _): (ExternalBuilder, String)| Builder {
            name: builder.name,
            path: builder.path.display().to_string(),
            propagates: builder.propagate_environment,
        };
        Self {
            core,
            exit_code: if errors == 0 { 0 } else { UNHEALTHY },
            errors,
            warnings: count(Severity::Warning),
            notes: count(Severity::Note),
            findings,
            builders: settings.builders.into_iter().map(builder).collect(),
            docker: Some(settings.docker).filter(|docker| !docker.is_empty()),
            types: Vec::new(),
            trial: None,
        }
    }

    /// Adds what running the programs showed.
    #[must_use]
    pub(super) fn with_runs(mut self, types: Vec<Type>, trial: Option<Trial>) -> Self {
        self.types = types;
        self.trial = trial;
        self
    }

    pub(super) fn is_healthy(&self) -> bool {
        self.errors == 0
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        self.write_builders(&mut text);
        self.write_types(&mut text);
        self.write_trial(&mut text);
        for finding in &self.findings {
            text.push_str(&shown(finding));
        }
        let counts = [(self.errors, "error"), (self.warnings, "warning"), (self.notes, "note")];
        let counts =
            counts.map(|(count, word)| format!("{count} {word}{}", if count == 1 { "" } else { "s" }));
        let color = if self.is_healthy() { style::GOOD } else { style::BAD };
        let _ = writeln!(text, "{color}{}{color:#}", counts.join(", "));
        text
    }

    fn write_builders(&self, text: &mut String) {
        heading(text, "external builders, in the order in which the peer asks them");
        for builder in &self.builders {
            let passes = if builder.propagates.is_empty() {
                "nothing of its own".to_owned()
            } else {
                builder.propagates.join(", ")
            };
            let name = if builder.name.is_empty() { "(no name)" } else { &builder.name };
            text.push_str(&layout::field(
                &style::safe(name),
                &style::safe(&format!("{}, passes on {passes}", builder.path)),
            ));
        }
        let docker = self.docker.as_deref().unwrap_or("off: a package that no builder takes is refused");
        text.push_str(&layout::field("Docker", &style::safe(docker)));
        text.push('\n');
    }

    fn write_types(&self, text: &mut String) {
        if self.types.is_empty() {
            return;
        }
        heading(text, "who takes which type, by its detect");
        let nobody = self.docker.as_ref().map_or("nobody", |_| "nobody: goes to Docker");
        for Type { name, taken_by } in &self.types {
            let taken_by = if taken_by.is_empty() { nobody.to_owned() } else { taken_by.join(", then ") };
            text.push_str(&layout::field(name, &style::safe(&taken_by)));
        }
        text.push('\n');
    }

    fn write_trial(&self, text: &mut String) {
        let Some(trial) = &self.trial else { return };
        heading(text, &format!("the peer's log of an install of {}", trial.package_id));
        for line in &trial.log {
            let _ = writeln!(text, "  {line}");
        }
        if let Some(connection) = &trial.connection {
            heading(text, "\nthe connection.json that the peer gets");
            let _ = writeln!(text, "{connection:#}");
        }
        text.push('\n');
    }
}

fn heading(text: &mut String, heading: &str) {
    let name = style::NAME;
    let _ = writeln!(text, "{name}{heading}{name:#}");
}

fn shown(finding: &Finding) -> String {
    let color = if finding.severity == Severity::Error { style::BAD } else { style::NAME };
    let faint = style::FAINT;
    let (word, id, at) = (finding.severity.word(), finding.id, style::safe(&finding.at));
    let mut text = format!("{color}{word}{color:#} {at} {faint}({id}){faint:#}\n");
    text.push_str(&layout::paragraph(&style::safe(&finding.message)));
    if let Some(hint) = &finding.hint {
        text.push_str(&layout::paragraph(&style::safe(&format!("hint: {hint}"))));
    }
    text.push('\n');
    text
}
