//! The generated part of `docs/architecture.md`: each crate, and the crates that it uses.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::finding::Finding;
use crate::workspace::Workspace;

/// The line before the generated part.
const BEGIN: &str = "<!-- layers: `cargo xtask bless layers` writes this part -->\n";

/// The line after it.
const END: &str = "<!-- layers: end -->\n";

/// The page, relative to the root of the workspace.
const PAGE: &str = "docs/architecture.md";

/// Compares the page with the crates.
pub(crate) fn check(workspace: &Workspace) -> Result<Vec<Finding>> {
    let page = read(workspace)?;
    let mut findings = Vec::new();
    let (before, shown, _) = parts(&page)?;
    let expected = list(workspace);
    if shown != expected {
        findings.push(out_of_date(before, shown, &expected));
    }
    for member in &workspace.members {
        let folder = workspace.shown(&member.folder);
        if folder.starts_with("crates/") && !page.contains(&format!("(../{folder})")) {
            findings.push(Finding {
                place: PAGE.to_owned(),
                fault: format!("the table of crates has no row for {}", member.name),
                evidence: Vec::new(),
                hint: format!("add a row that links to ../{folder} and says what lives there"),
            });
        }
    }
    Ok(findings)
}

/// Writes the generated part.
pub(crate) fn write(workspace: &Workspace) -> Result<()> {
    let page = read(workspace)?;
    let (before, _, after) = parts(&page)?;
    let written = [before, &list(workspace), after].concat();
    fs::write(path(workspace), written).with_context(|| format!("cannot write {PAGE}"))
}

fn out_of_date(before: &str, shown: &str, expected: &str) -> Finding {
    let missing = expected.lines().filter(|line| !shown.lines().any(|other| other == *line));
    let extra = shown.lines().filter(|line| !expected.lines().any(|other| other == *line));
    let evidence = extra.map(|line| format!("- {line}")).chain(missing.map(|line| format!("+ {line}")));
    Finding {
        place: format!("{PAGE}:{}", before.lines().count() + 1),
        fault: "the list does not show which crates use which".to_owned(),
        evidence: evidence.collect(),
        hint: "if the new arrow is meant, `cargo xtask bless layers` writes the list".to_owned(),
    }
}

/// Lists the crates, starting with those that no other uses, so that every arrow points to a line further below.
fn list(workspace: &Workspace) -> String {
    let mut levels = BTreeMap::new();
    for member in &workspace.members {
        level(workspace, &member.package, &mut levels);
    }
    let mut members: Vec<_> = workspace.members.iter().collect();
    members.sort_by_key(|member| std::cmp::Reverse(levels.get(&member.package)));
    let width = members.iter().map(|member| member.name.len()).max().unwrap_or_default();
    let mut list = String::from("\n");
    for member in members {
        let used = member.uses.iter().filter_map(|package| workspace.member(package));
        let mut used: Vec<&str> = used.map(|member| member.name.as_str()).collect();
        used.sort_unstable();
        let line = format!("    {:width$}  ─▶ {}", member.name, used.join(", "));
        list.push_str(line.trim_end_matches(" ─▶ ").trim_end());
        list.push('\n');
    }
    list.push('\n');
    list
}

/// Returns the number of crates on the longest path down from one. Crates in a cycle are not followed.
fn level(workspace: &Workspace, package: &str, levels: &mut BTreeMap<String, usize>) -> usize {
    if let Some(known) = levels.get(package) {
        return *known;
    }
    levels.insert(package.to_owned(), 0);
    let uses = workspace.member(package).map(|member| member.uses.clone()).unwrap_or_default();
    let below = uses.iter().map(|used| level(workspace, used, levels) + 1).max().unwrap_or_default();
    levels.insert(package.to_owned(), below);
    below
}

fn path(workspace: &Workspace) -> PathBuf {
    workspace.root.join(PAGE)
}

fn read(workspace: &Workspace) -> Result<String> {
    fs::read_to_string(path(workspace)).with_context(|| format!("cannot read {PAGE}"))
}

/// Splits the page into the text before the generated part, that part, and the rest, without the marker lines.
fn parts(page: &str) -> Result<(&str, &str, &str)> {
    let missing = |mark: &str| format!("{PAGE} has no line {:?}", mark.trim_end());
    let begin = page.find(BEGIN).with_context(|| missing(BEGIN))? + BEGIN.len();
    let end = begin + page[begin..].find(END).with_context(|| missing(END))?;
    Ok((&page[..begin], &page[begin..end], &page[end..]))
}
