//! `ccs lint`: what a peer or a builder would refuse, and what works and yet hurts.

mod archive;
mod connection;
mod finding;
mod metadata;
mod refusals;
mod rule;
mod subject;

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;

use crate::cli::Lint;
use crate::failure::{FAILED, Failure};
use crate::output;
use crate::severity::Severity;
use crate::style::{self, safe};
use finding::{Finding, Findings};

/// The document of `--json`. Its shape is in `docs/json.md`.
#[derive(Serialize)]
struct Document {
    subject: String,
    package_id: Option<String>,
    exit_code: u8,
    errors: usize,
    warnings: usize,
    notes: usize,
    findings: Vec<Finding>,
}

pub(crate) fn run(options: &Lint) -> Result<(), Failure> {
    let mut findings = Findings::default();
    let package_id = subject::look(&options.subject, &mut findings)?;
    let document = Document::of(options, package_id, findings.sorted());
    if options.json {
        output::print_json(&document)?;
    } else {
        output::print(&text(&document))?;
        crate::style::print_next(&next(&document, &options.subject));
    }
    if document.exit_code == 0 { Ok(()) } else { Err(Failure::silent(document.exit_code)) }
}

impl Document {
    fn of(options: &Lint, package_id: Option<String>, findings: Vec<Finding>) -> Self {
        let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        let refused = findings.iter().find_map(|finding| finding.exit_code);
        let strict = (options.strict && warnings > 0).then_some(FAILED);
        Self {
            subject: options.subject.display().to_string(),
            package_id,
            exit_code: refused.or(strict).unwrap_or_default(),
            errors,
            warnings,
            notes: count(Severity::Note),
            findings,
        }
    }
}

fn text(document: &Document) -> String {
    let mut text = String::new();
    for finding in &document.findings {
        let (colour, faint) = (colour(finding.severity), style::FAINT);
        let word = finding.severity.word();
        let (id, message) = (finding.id, safe(&finding.message));
        // The builder's own messages mostly name the file.
        let at = if finding.message.starts_with(&finding.at) {
            String::new()
        } else {
            format!("{}: ", safe(&finding.at))
        };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{colour}{word}[{id}]{colour:#} {at}{message}");
        if let Some(hint) = &finding.hint {
            let _ = writeln!(text, "  {faint}hint: {}{faint:#}", safe(hint));
        }
    }
    if !document.findings.is_empty() {
        text.push('\n');
    }
    text.push_str(&summary(document));
    text
}

fn colour(severity: Severity) -> anstyle::Style {
    match severity {
        Severity::Error => style::BAD,
        Severity::Warning => style::WARN,
        Severity::Note => style::NAME,
    }
}

fn summary(document: &Document) -> String {
    let counted = |count: usize, word: &str| match count {
        1 => format!("1 {word}"),
        count => format!("{count} {word}s"),
    };
    let [errors, warnings, notes] =
        [(document.errors, "error"), (document.warnings, "warning"), (document.notes, "note")]
            .map(|(count, word)| counted(count, word));
    let verdict = match (document.errors, document.exit_code) {
        (0, 0) => "the builder would take it".to_owned(),
        (0, _) => "the builder would take it; --strict does not".to_owned(),
        (_, FAILED) => "a peer would refuse it".to_owned(),
        (_, code) => format!("it would be refused with exit code {code}"),
    };
    let colour = if document.errors == 0 { style::GOOD } else { style::BAD };
    format!("{colour}{}: {errors}, {warnings}, {notes}; {verdict}{colour:#}\n", safe(&document.subject))
}

/// Gives the command that comes next.
fn next(document: &Document, subject: &Path) -> String {
    let word = output::word(subject);
    if document.errors > 0 {
        format!("ccs lint {word}  (once it is mended; docs/lint.md explains each finding)")
    } else if document.package_id.is_some() {
        format!("ccs render {word}")
    } else {
        let source = subject::source_of(subject);
        let meta_inf = Some(source.join("META-INF")).filter(|folder| folder.is_dir());
        let indexes = meta_inf.map(|folder| format!(" --meta-inf {}", output::word(&folder)));
        let connection = output::word(&source.join("connection.json"));
        format!("ccs package OUT.tgz --label LABEL --connection {connection}{}", indexes.unwrap_or_default())
    }
}
