//! The check of `cargo xtask prose`: plain English wherever a person reads.
//!
//! `rules.toml` lists wordings to avoid, each with a better one. The check looks for them in
//!
//! | Text | Where |
//! | --- | --- |
//! | pages | `*.md`; code is left out |
//! | comments | `//`, `///` and `//!` in `*.rs`; code is left out |
//! | messages and help | strings in `*.rs` with at least one space, outside tests |
//! | catalogues, settings, scripts | `*.toml`, `*.yaml` and `*.sh`, whole lines |
//!
//! Data flows one way: `markdown`, `rust` and `lines` cut files into passages, and `rules` finds the wordings in
//! them. `subjects` checks the subjects of commits.

mod lines;
mod markdown;
mod passage;
mod rules;
mod rust;
mod subjects;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use walkdir::{DirEntry, WalkDir};

use passage::Passage;
use rules::Rules;

pub use subjects::fault as subject_fault;

/// What the check has looked at, and what it found.
pub struct Report {
    /// The wordings to replace; an empty list means that all rules hold.
    pub findings: Vec<Finding>,
    /// How many files it read.
    pub files: usize,
}

/// A wording to replace.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file, relative to the root.
    pub file: PathBuf,
    /// The line on which the wording begins, from 1.
    pub line: usize,
    /// The wording, with a few words around it.
    pub excerpt: String,
    /// The better wording.
    pub better: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: \"{}\": {}", self.file.display(), self.line, self.excerpt, self.better)
    }
}

/// Checks the files below `root` against the rules in the file `rules`, which is not checked itself: it quotes each wording.
///
/// # Errors
///
/// If a file cannot be read; if the rules have an unknown key or an invalid regular expression, or a rule does not find its
/// own example.
pub fn check(root: &Path, rules: &Path) -> Result<Report> {
    let rules_file = rules;
    let rules = Rules::read(rules_file)?;
    let mut report = Report { findings: Vec::new(), files: 0 };
    for entry in WalkDir::new(root).sort_by_file_name().into_iter().filter_entry(is_source) {
        let entry = entry?;
        let file = entry.path().strip_prefix(root)?;
        if !entry.file_type().is_file() || entry.path() == rules_file || rules.skips(file) {
            continue;
        }
        let Some(cut) = cutter(file) else { continue };
        let content =
            fs::read_to_string(entry.path()).with_context(|| format!("cannot read {}", file.display()))?;
        report.files += 1;
        report.findings.extend(cut(&content).iter().flat_map(|passage| rules.findings(file, passage)));
    }
    Ok(report)
}

/// Tells whether a folder holds what a person has written.
fn is_source(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    entry.depth() == 0
        || !(entry.file_type().is_dir()
            && (name.starts_with('.') || name == "target" || name == "node_modules"))
}

/// Returns the function that cuts a file into passages; files of other kinds have none.
fn cutter(file: &Path) -> Option<fn(&str) -> Vec<Passage>> {
    match file.extension()?.to_str()? {
        "md" => Some(markdown::passages),
        "rs" => Some(rust::passages),
        "toml" | "yaml" | "sh" => Some(lines::passages),
        _ => None,
    }
}
