//! Texts that are not a line of a log: an exit code, or the name of an error or a finding.

use ccs_report::terminal::safe;

use crate::catalogue::{Catalogue, Entry};
use crate::explanation::Explanation;
use crate::pattern::capitals;

/// The findings of `ccs lint` and `ccs doctor`, and the causes of `ccs probe`, which tests copy from their pages.
const FINDINGS: &str = include_str!("findings.tsv");

/// The texts that may precede the number of an exit code.
const BEFORE_EXIT_CODES: &[&str] = &["exit status", "exit code", "exited with", "exit", "status", "code"];

/// A finding of `ccs lint` or `ccs doctor`, or a cause of `ccs probe`.
struct Finding<'t> {
    /// `lint`, `doctor` or `probe`.
    command: &'t str,
    id: &'t str,
    /// For a cause: the steps at which a probe finds it.
    severity: &'t str,
    text: &'t str,
}

impl Catalogue {
    /// Explains a text that is nothing but an exit code, or the name of an error or of a finding.
    pub(crate) fn explain_whole(&self, text: &str) -> Vec<Explanation> {
        let text = text.trim();
        if let Some(code) = exit_code(text) {
            let entries = self.entries().iter().filter(|entry| entry.exit_codes.contains(&code));
            return entries.map(|entry| of_entry(entry, text)).collect();
        }
        let entries = self.entries().iter().filter(|entry| entry.id == text);
        let findings = findings().filter(|finding| finding.id == text);
        entries
            .map(|entry| of_entry(entry, text))
            .chain(findings.map(|finding| of_finding(&finding)))
            .collect()
    }
}

/// Reads `13`, `exit status 13` and the like.
fn exit_code(text: &str) -> Option<u8> {
    let number = BEFORE_EXIT_CODES.iter().find_map(|before| text.strip_prefix(before)).unwrap_or(text);
    let number = number.trim_start_matches([' ', ':']);
    if number.bytes().all(|byte| byte.is_ascii_digit()) { number.parse().ok() } else { None }
}

fn of_entry(entry: &Entry, text: &str) -> Explanation {
    let fill = |text: &str| safe(&capitals(text));
    Explanation {
        id: entry.id.clone(),
        line: 1,
        matched: safe(text),
        seen_by: entry.seen_by.clone(),
        cause: fill(&entry.cause),
        remedy: fill(&entry.remedy),
        source: entry.source.clone(),
        next: fill(&entry.next),
    }
}

fn findings() -> impl Iterator<Item = Finding<'static>> {
    FINDINGS.lines().filter_map(|line| {
        let mut columns = line.split('\t');
        let mut next = || columns.next();
        Some(Finding { command: next()?, id: next()?, severity: next()?, text: next()? })
    })
}

fn of_finding(finding: &Finding<'_>) -> Explanation {
    let Finding { command, id, severity, text } = finding;
    let next = match *command {
        "lint" => "ccs lint FILE",
        "probe" => "ccs probe --help",
        _ => "ccs doctor --core core.yaml",
    };
    let remedy = if *command == "probe" {
        format!("The probe prints advice at its step {severity}; see docs/probe.md.")
    } else {
        format!(
            "It is of the severity {severity}. The line of the finding says where it is; see docs/{command}.md."
        )
    };
    Explanation {
        id: (*id).to_owned(),
        line: 1,
        matched: (*id).to_owned(),
        seen_by: Vec::new(),
        cause: (*text).to_owned(),
        remedy,
        source: format!("docs/{command}.md of Fabric CCS"),
        next: next.to_owned(),
    }
}
