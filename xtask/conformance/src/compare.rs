//! How what a builder did differs from what is expected, aspect by aspect.

use std::collections::BTreeSet;

use serde::Deserialize;
use similar::TextDiff;

use super::case::Case;
use super::meaning::Meaning;
use super::observed::Observed;
use super::recorded::{self, Recorded};
use super::tree::{Entry, Kind, Tree};

/// A side of a case that builders can differ in.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Aspect {
    /// A step succeeds where it should fail, or the other way round. Nothing else of the case is compared then.
    Verdict,
    /// Both refuse, with another exit code.
    ExitCode,
    /// The words on stderr.
    Stderr,
    /// Something on stdout, where nothing belongs.
    Stdout,
    /// A rule for every program: short lines, no process left behind.
    Rules,
    /// An entry of src or metadata was changed.
    Input,
    /// What is left in the output folders after a refusal.
    Leftovers,
    /// Which entries the output folders hold.
    Tree,
    /// The modes of the entries.
    Modes,
    /// What a connection.json says to a peer.
    Meaning,
    /// The bytes of a connection.json that says the same.
    Bytes,
    /// The content of another file.
    Content,
}

/// One difference, with an account of it.
pub(crate) struct Found {
    /// The side it is on.
    pub(crate) aspect: Aspect,
    /// What is expected and what was seen.
    pub(crate) account: String,
}

/// Compares; an empty list means that all is as expected.
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

/// Shows the lines that differ: `-` for what is expected, `+` for what was seen.
fn diff(expected: &str, observed: &str) -> String {
    TextDiff::from_lines(expected, observed).unified_diff().context_radius(1).to_string()
}
