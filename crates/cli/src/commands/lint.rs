//! `ccs lint`: errors that a peer or a builder would report, and likely problems.

mod github;

use std::fmt::Write as _;
use std::path::Path;

use ccs_package_tools::lint::{Broken, OtherFile, Report, lint, source_of};
use ccs_report::{Counts, Severity};

use crate::cli::{Lint, LintFormat};
use crate::failure::{FAILED, Failure};
use crate::output;
use crate::style::{self, safe};

pub(crate) fn run(options: &Lint) -> Result<(), Failure> {
    let report = lint(&options.subject, options.strict)?;
    match options.format {
        _ if options.json => output::print_json(&report)?,
        LintFormat::Json => output::print_json(&report)?,
        LintFormat::Github => {
            let annotations = github::annotations(&report, &options.subject);
            output::print(&format!("{annotations}{}", summary(&report)))?;
        }
        LintFormat::Text => {
            output::print(&text(&report))?;
            output::print_next(&next(&report, &options.subject));
        }
    }
    if report.exit_code == 0 { Ok(()) } else { Err(Failure::silent(report.exit_code)) }
}

fn text(report: &Report) -> String {
    let mut text = String::new();
    for Broken { finding, .. } in &report.findings {
        let (color, faint) = (color(finding.severity), style::FAINT);
        let word = finding.severity.word();
        let (id, message) = (finding.id, safe(&finding.message));
        // The builder's own messages usually name the file.
        let at = if finding.message.starts_with(&finding.at) {
            String::new()
        } else {
            format!("{}: ", safe(&finding.at))
        };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{color}{word}[{id}]{color:#} {at}{message}");
        if let Some(hint) = &finding.hint {
            let _ = writeln!(text, "  {faint}hint: {}{faint:#}", safe(hint));
        }
    }
    if !report.findings.is_empty() {
        text.push('\n');
    }
    text.push_str(&summary(report));
    text
}

fn color(severity: Severity) -> anstyle::Style {
    match severity {
        Severity::Error => style::BAD,
        Severity::Warning => style::WARN,
        Severity::Note => style::NAME,
    }
}

fn summary(report: &Report) -> String {
    let Report { errors, warnings, notes, .. } = *report;
    let counts = Counts { errors, warnings, notes }.words();
    let verdict = match (report.errors, report.exit_code) {
        (0, 0) => "the builder would accept it".to_owned(),
        (0, _) => "the builder would accept it; --strict does not".to_owned(),
        (_, FAILED) if report.is_rejected() => "a peer would reject it".to_owned(),
        (_, FAILED) => "do not distribute it".to_owned(),
        (_, code) => format!("the builder would reject it with exit code {code}"),
    };
    let color = if report.errors == 0 { style::GOOD } else { style::BAD };
    format!("{color}{}: {counts}; {verdict}{color:#}\n", safe(&report.subject))
}

/// Returns the next command.
fn next(report: &Report, subject: &Path) -> String {
    let word = output::word(subject);
    if let Some(other) = report.other.filter(|other| *other != OtherFile::Connection || report.errors == 0) {
        other.command(subject)
    } else if report.errors > 0 {
        format!(
            "ccs lint {word}  (after the correction; \"Check a package: ccs lint\" (docs/lint.html) explains each finding)"
        )
    } else if report.package_id.is_some() {
        format!("ccs render {word}")
    } else {
        let source = source_of(subject);
        let meta_inf = Some(source.join("META-INF")).filter(|folder| folder.is_dir());
        let indexes = meta_inf.map(|folder| format!(" --meta-inf {}", output::word(&folder)));
        let connection = output::word(&source.join("connection.json"));
        format!("ccs package OUT.tgz --label LABEL --connection {connection}{}", indexes.unwrap_or_default())
    }
}
