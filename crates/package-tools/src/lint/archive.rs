//! Rules about the entries of a package's archives.

use std::collections::HashSet;
use std::path::Path;

use ccs_package::{CodeEntry, EntryKind, Layer, Package};

use super::finding::{Findings, hint};
use super::launched::ReadFiles;
use super::rule::Rule;

const AT: &str = "code.tar.gz";

/// Applies the rules to a package that a peer accepts.
pub(super) fn check(package: &Package, launched: &ReadFiles, findings: &mut Findings) {
    let mut seen = HashSet::new();
    for entry in package.code_entries().iter().filter(|entry| entry.kind() == EntryKind::File) {
        if !seen.insert(entry.path()) {
            let message =
                format!("code.tar.gz holds {} more than once; the last one counts", entry.path().display());
            findings.push(Rule::EntryDuplicate, AT, message, hint("keep one of them"));
        }
        let is_launched = launched.hold(entry.path());
        if !is_launched {
            unneeded(entry.path(), AT, findings);
        }
        mode(entry, is_launched, findings);
    }
    dot_paths(package, findings);
    times(package, findings);
}

/// Adds a file that no builder reads.
pub(super) fn unneeded(path: &Path, at: &str, findings: &mut Findings) {
    let is_read = path == "connection.json" || path.starts_with("META-INF") || path.starts_with("metadata");
    if !is_read {
        let message = format!("{} is neither read by the builder nor run by a peer", path.display());
        findings.push(Rule::EntryUnneeded, at, message, hint("remove the file"));
    }
}

fn mode(entry: &CodeEntry, is_launched: bool, findings: &mut Findings) {
    let mode = entry.header().mode & 0o7777;
    let advice = hint("files of a package have mode 0644");
    if mode & 0o400 == 0 {
        let message = format!(
            "{} has mode {mode:04o}: a builder without root rights cannot read it",
            entry.path().display()
        );
        findings.push(Rule::EntryUnreadable, AT, message, advice);
    } else if mode & 0o7133 != 0 && !is_launched {
        let message = format!("{} has mode {mode:04o}", entry.path().display());
        findings.push(Rule::EntryMode, AT, message, advice);
    }
}

fn dot_paths(package: &Package, findings: &mut Findings) {
    let is_dotted = |entry: &&CodeEntry| entry.header().name.starts_with(b"./");
    let count = package.code_entries().iter().filter(is_dotted).count();
    if count > 0 {
        let entries = if count == 1 { "1 entry begins".to_owned() } else { format!("{count} entries begin") };
        let message = format!("{entries} with './', as those of tar -C DIR . do");
        let advice = "it works here; at the top of the package it would not";
        findings.push(Rule::EntryDotPath, AT, message, hint(advice));
    }
}

/// Looks for data that changes the package ID each time.
fn times(package: &Package, findings: &mut Findings) {
    let members = package.members().iter();
    let entries = package.code_entries().iter().map(CodeEntry::header);
    let has_times = members.chain(entries).any(|header| header.mtime != 0)
        || [Layer::Package, Layer::Code].iter().any(|layer| package.gzip(*layer).mtime != 0);
    if has_times {
        let message = "the archives contain times, so packaging the same files again changes the package ID";
        findings.push(Rule::NotReproducible, "package", message, hint("ccs package omits times"));
    }
}
