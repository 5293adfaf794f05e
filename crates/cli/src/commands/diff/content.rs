//! Differences in the content of files. Of JSON the lines are shown, without what is secret; of other files where they
//! begin to differ.

use std::collections::BTreeMap;
use std::path::Path;

use ccs_builder::{ExitCode, input};
use ccs_package::EntryKind;
use similar::{ChangeTag, TextDiff};

use super::{Difference, Kind};
use crate::failure::Failure;
use crate::json_text::{self, Secrets};
use crate::package_file::PackageFile;

/// The most that a file may hold to be compared, in bytes: as much as an entry may.
const MAX_FILE: u64 = 256 * 1024 * 1024;

/// The most lines of a document that are compared as text.
const MAX_LINES: usize = 2_000;

/// The most lines that are shown of one file, and the most characters of a line.
const SHOWN: (usize, usize) = (40, 120);

/// Compares metadata.json.
pub(super) fn of_metadata(a: &[u8], b: &[u8]) -> Option<Difference> {
    of_file("metadata.json", a, b)
}

/// Compares the files that both packages have, as they are once they are unpacked.
pub(super) fn of_code(a: &PackageFile, b: &PackageFile) -> Result<Vec<Difference>, Failure> {
    let files = |file: &PackageFile| {
        let entries = file.package.code_entries().iter();
        let files = entries.filter(|entry| entry.kind() == EntryKind::File);
        files.map(|entry| (entry.path().to_owned(), entry.size())).collect::<BTreeMap<_, _>>()
    };
    let (left, right) = (files(a), files(b));
    let mut found = Vec::new();
    for path in left.keys().filter(|path| right.contains_key(*path)) {
        let (first, second) = (read(a, path)?, read(b, path)?);
        found.extend(of_file(&path.display().to_string(), &first, &second));
    }
    Ok(found)
}

fn read(file: &PackageFile, path: &Path) -> Result<Vec<u8>, Failure> {
    input::read(&file.source().join(path), MAX_FILE).map_err(|error| {
        Failure::new(format!("cannot read {} of a package: {error}", path.display()))
            .with_code(ExitCode::InputOutput)
    })
}

fn of_file(name: &str, a: &[u8], b: &[u8]) -> Option<Difference> {
    if a == b {
        return None;
    }
    let sizes = |content: &[u8]| Some(format!("{} bytes", content.len()));
    let lines = json_lines(a, b).unwrap_or_else(|| {
        let at = a.iter().zip(b).position(|(a, b)| a != b).unwrap_or(a.len().min(b.len()));
        vec![format!("the first difference is at byte {at}")]
    });
    Some(Difference { lines, ..Difference::of(Kind::Content, name, sizes(a), sizes(b)) })
}

/// Compares two documents line by line; [`None`] if one is not JSON or is too long.
fn json_lines(a: &[u8], b: &[u8]) -> Option<Vec<String>> {
    let pretty = |secrets| Some((json_text::pretty(a, secrets)?, json_text::pretty(b, secrets)?));
    let (left, right) = pretty(Secrets::Redacted)?;
    if left == right {
        let (left, right) = pretty(Secrets::Shown)?;
        let what = if left == right { "only white space differs" } else { "a secret differs" };
        return Some(vec![what.to_owned()]);
    }
    if left.lines().count().max(right.lines().count()) > MAX_LINES {
        return None;
    }
    let diff = TextDiff::from_lines(&left, &right);
    let mut lines = Vec::new();
    for hunk in diff.unified_diff().context_radius(1).iter_hunks() {
        for change in hunk.iter_changes() {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            lines.push(format!("{sign} {}", short(change.value().trim_end_matches('\n'))));
        }
    }
    let more = lines.len().saturating_sub(SHOWN.0);
    lines.truncate(SHOWN.0);
    if more > 0 {
        lines.push(format!("and {more} more lines"));
    }
    Some(lines)
}

fn short(line: &str) -> String {
    let short: String = line.chars().take(SHOWN.1).collect();
    if short.len() < line.len() { short + "..." } else { short }
}
