//! Differences in the content of files. For JSON, it shows lines without secrets; for other files, the position of the first
//! difference.

use std::collections::BTreeSet;
use std::path::PathBuf;

use ccs_builder::input;
use ccs_report::json::{self, Secrets};
use similar::{ChangeTag, TextDiff};

use super::{Difference, Kind, Opened};
use crate::error::Error;
use crate::spool::{Spool, first_difference};

/// The maximum size of a file that is compared as a document, in bytes: that of a connection.json.
const MAX_DOCUMENT: u64 = input::MAX_CONNECTION;

/// The maximum number of lines of a document that is compared as text.
const MAX_LINES: usize = 2_000;

/// The maximum number of shown lines of a file, and of characters in a line.
const SHOWN: (usize, usize) = (40, 120);

/// Compares metadata.json.
pub(super) fn of_metadata(a: &[u8], b: &[u8]) -> Option<Difference> {
    if a == b {
        return None;
    }
    let at = a.iter().zip(b).position(|(a, b)| a != b).unwrap_or(a.len().min(b.len()));
    Some(difference("metadata.json", [a.len() as u64, b.len() as u64], at as u64, json_lines(a, b)))
}

/// Compares the files that both packages have, as unpacked.
pub(super) fn of_code(a: &Opened<'_>, b: &Opened<'_>) -> Result<Vec<Difference>, Error> {
    let differs =
        |(path, digest): &(&PathBuf, &[u8; 32])| b.digests.get(*path).is_some_and(|it| it != *digest);
    let paths: BTreeSet<PathBuf> = a.digests.iter().filter(differs).map(|(path, _)| path.clone()).collect();
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let [left, right] = [Spool::read_files(a.path, &paths)?, Spool::read_files(b.path, &paths)?];
    let mut found = Vec::new();
    for path in &paths {
        let (Some(first), Some(second)) = (left.span(path), right.span(path)) else { continue };
        let Some(at) = first_difference((&left, first), (&right, second))? else { continue };
        let is_short = first.length.max(second.length) <= MAX_DOCUMENT;
        let lines = if is_short { json_lines(&left.read(first)?, &right.read(second)?) } else { None };
        found.push(difference(&path.display().to_string(), [first.length, second.length], at, lines));
    }
    Ok(found)
}

fn difference(name: &str, [a, b]: [u64; 2], at: u64, lines: Option<Vec<String>>) -> Difference {
    let size = |bytes: u64| Some(format!("{bytes} bytes"));
    let lines = lines.unwrap_or_else(|| vec![format!("the first difference is at byte {at}")]);
    Difference { lines, ..Difference::of(Kind::Content, name, size(a), size(b)) }
}

/// Compares two documents line by line; [`None`] if one is not JSON or is too long.
fn json_lines(a: &[u8], b: &[u8]) -> Option<Vec<String>> {
    let pretty = |secrets| Some((json::pretty(a, secrets)?, json::pretty(b, secrets)?));
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
