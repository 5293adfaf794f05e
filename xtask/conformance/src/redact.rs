//! Replaces values that differ between runs by placeholders: folders, process IDs and dates.

use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// Replaces each `from` by `to`.
pub(crate) fn replace(content: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut replaced = Vec::with_capacity(content.len());
    let mut rest = content;
    while let Some(&first) = rest.first() {
        if !from.is_empty() && rest.starts_with(from) {
            replaced.extend_from_slice(to);
            rest = &rest[from.len()..];
        } else {
            replaced.push(first);
            rest = &rest[1..];
        }
    }
    replaced
}

/// Redacts the output of a program, and replaces each folder of the case by its placeholder.
pub(crate) fn output(content: &[u8], folders: &[(&str, PathBuf)]) -> Vec<u8> {
    let content = folders.iter().fold(content.to_vec(), |content, (placeholder, folder)| {
        replace(&content, path_bytes(folder), placeholder.as_bytes())
    });
    dates(&process_ids(&content))
}

/// Replaces the number at the end of the builder's temporary names by `{pid}`.
fn process_ids(content: &[u8]) -> Vec<u8> {
    const NAME: &[u8] = b".ccs-builder-";
    let mut redacted = Vec::with_capacity(content.len());
    let mut rest = content;
    while let Some(at) = rest.windows(NAME.len()).position(|window| window == NAME) {
        let (before, number) = rest.split_at(at + NAME.len());
        redacted.extend_from_slice(before);
        redacted.extend_from_slice(b"{pid}");
        let digits = number.iter().take_while(|byte| byte.is_ascii_digit()).count();
        rest = &number[digits..];
    }
    redacted.extend_from_slice(rest);
    redacted
}

fn path_bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_bytes()
}

/// Replaces a date such as `2027-01-31`, and a time after it, by `{date}`.
fn dates(content: &[u8]) -> Vec<u8> {
    /// 0 matches any digit.
    const FORMS: [&[u8]; 3] = [b"0000-00-00T00:00:00Z", b"0000-00-00 00:00:00 UTC", b"0000-00-00"];
    let has_form = |text: &[u8], form: &[u8]| {
        text.len() >= form.len()
            && form.iter().zip(text).all(|(form, byte)| match form {
                b'0' => byte.is_ascii_digit(),
                _ => form == byte,
            })
    };
    let mut redacted = Vec::with_capacity(content.len());
    let mut rest = content;
    while let Some(&first) = rest.first() {
        if let Some(form) = FORMS.iter().find(|form| has_form(rest, form)) {
            redacted.extend_from_slice(b"{date}");
            rest = &rest[form.len()..];
        } else {
            redacted.push(first);
            rest = &rest[1..];
        }
    }
    redacted
}

#[cfg(test)]
mod tests {
    use super::{dates, process_ids, replace};

    #[test]
    fn every_occurrence_is_replaced() {
        assert_eq!(replace(b"aXbXX", b"X", b"--"), b"a--b----");
        assert_eq!(replace(b"a", b"", b"--"), b"a");
    }

    #[test]
    fn the_process_id_in_a_temporary_name_is_redacted() {
        assert_eq!(process_ids(b"x/.ccs-builder-123/new: 7"), b"x/.ccs-builder-{pid}/new: 7");
    }

    #[test]
    fn dates_are_redacted_with_and_without_a_time() {
        assert_eq!(
            dates(b"from 2026-01-02T03:04:05Z to 2027-01-02 (not 27-1-2)"),
            b"from {date} to {date} (not 27-1-2)"
        );
    }
}
