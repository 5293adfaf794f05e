//! Compares the behavior of a builder with the expected one, aspect by aspect.

use std::collections::BTreeSet;

use serde::Deserialize;
use similar::TextDiff;

use super::case::Case;
use super::meaning::Meaning;
use super::observed::Observed;
use super::recorded::{self, Recorded};
use super::tree::{Entry, Kind, Tree};

/// An aspect of a case in which builders can differ.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Aspect {
    /// A step succeeds that should fail, or the other way round. No other aspect of the case is compared then.
    Verdict,
    /// Both fail, but with different exit codes.
    ExitCode,
    /// The text on stderr.
    Stderr,
    /// The text on stdout, which must be empty.
    Stdout,
    /// A general rule for programs: short lines, no remaining process.
    Rules,
    /// An entry of src or metadata was changed.
    Input,
    /// A file in the output folders after a failure.
    Leftovers,
    /// The entries of the output folders.
    Tree,
    /// The modes of the entries.
    Modes,
    /// The meaning of a connection.json for a peer.
    Meaning,
    /// The bytes of a connection.json with the same meaning.
    Bytes,
    /// The content of another file.
    Content,
}

/// A difference, with a description.
pub(crate) struct Found {
    /// The aspect.
    pub(crate) aspect: Aspect,
    /// The expected and the observed behavior.
    pub(crate) account: String,
}

/// Compares; returns an empty list if there are no differences.
pub(crate) fn compare(case: &Case, expected: &Recorded, observed: &Observed) -> Vec<Found> {
    let mut found = steps(case, observed);
    if found.iter().any(|found| found.aspect == Aspect::Verdict) {
        found.retain(|found| found.aspect == Aspect::Verdict);
        return found;
    }
    let stderr = recorded::stderr(observed);
    if expected.stderr != stderr {
        found.push(Found { aspect: Aspect::Stderr, account: diff(&expected.stderr, &stderr) });
    }
    if !observed.changed_input.is_empty() {
        let account = format!("the input was changed: {}", observed.changed_input.join(", "));
        found.push(Found { aspect: Aspect::Input, account });
    }
    found.extend(trees(case, &expected.output, &observed.output));
    found
}

fn steps(case: &Case, observed: &Observed) -> Vec<Found> {
    let mut found = Vec::new();
    for (expected, step) in case.script.steps.iter().zip(&observed.steps) {
        let name = step.program.name();
        if step.exit != Some(expected.exit) {
            let both_refuse = expected.exit != 0 && step.exit.is_some_and(|code| code != 0);
            let aspect = if both_refuse { Aspect::ExitCode } else { Aspect::Verdict };
            let account =
                format!("{name}: expected exit code {}, saw {}\n{}", expected.exit, step.ending, step.stderr);
            found.push(Found { aspect, account });
        }
        if !step.stdout.is_empty() {
            found.push(Found {
                aspect: Aspect::Stdout,
                account: format!("{name} on stdout: {}", step.stdout),
            });
        }
        for rule in &step.broken_rules {
            found.push(Found { aspect: Aspect::Rules, account: format!("{name}: {rule}") });
        }
    }
    found
}

fn trees(case: &Case, expected: &Tree, observed: &Tree) -> Vec<Found> {
    let mut found = Vec::new();
    let paths: BTreeSet<&String> = expected.keys().chain(observed.keys()).collect();
    let entries = if case.is_refusal() { Aspect::Leftovers } else { Aspect::Tree };
    for path in paths {
        match (expected.get(path), observed.get(path)) {
            (Some(expected), Some(observed)) => found.extend(entry(path, expected, observed)),
            (Some(_), None) => found.push(Found { aspect: entries, account: format!("{path} is missing") }),
            (None, _) => {
                found.push(Found { aspect: entries, account: format!("{path} should not be there") });
            }
        }
    }
    found
}

fn entry(path: &str, expected: &Entry, observed: &Entry) -> Vec<Found> {
    let mut found = Vec::new();
    if expected.mode != observed.mode {
        let account = format!("{path}: expected mode {:04o}, saw {:04o}", expected.mode, observed.mode);
        found.push(Found { aspect: Aspect::Modes, account });
    }
    match (&expected.kind, &observed.kind) {
        (Kind::File(expected), Kind::File(observed)) if expected != observed => {
            found.push(content(path, expected, observed));
        }
        (expected, observed) if expected != observed => {
            let account = format!("{path}: expected {expected:?}, saw {observed:?}");
            found.push(Found { aspect: Aspect::Tree, account });
        }
        _ => {}
    }
    found
}

fn content(path: &str, expected: &[u8], observed: &[u8]) -> Found {
    let (expected_text, observed_text) =
        (String::from_utf8_lossy(expected), String::from_utf8_lossy(observed));
    let account = format!("{path}:\n{}", diff(&expected_text, &observed_text));
    if !path.ends_with("connection.json") {
        return Found { aspect: Aspect::Content, account };
    }
    let (expected, observed) = (Meaning::of(expected), Meaning::of(observed));
    if expected == observed {
        Found { aspect: Aspect::Bytes, account }
    } else {
        let account = format!("{path}: expected {expected:?}, saw {observed:?}");
        Found { aspect: Aspect::Meaning, account }
    }
}

/// Formats the lines that differ: `-` for expected ones, `+` for observed ones.
fn diff(expected: &str, observed: &str) -> String {
    TextDiff::from_lines(expected, observed).unified_diff().context_radius(1).to_string()
}
