//! Invisible differences that affect the package ID.

use std::collections::BTreeMap;

use ccs_package::{EntryHeader, GzipHeader};
use ccs_report::moment;

use super::{Difference, Kind};

/// The maximum number of listed entries for one field.
const NAMED: usize = 5;

/// An entry, with the name that identifies it in the other package.
pub(super) type Named = (String, EntryHeader);

impl Difference {
    /// A differing value.
    pub(super) fn of(kind: Kind, at: &str, a: Option<String>, b: Option<String>) -> Self {
        let (at, entries, lines) = (at.to_owned(), Vec::new(), Vec::new());
        Self { kind, at, field: None, entries, count: 1, a, b, lines }
    }
}

/// Compares the entries of two archives, their headers, and their order.
pub(super) fn of_entries(at: &str, a: &[Named], b: &[Named]) -> Vec<Difference> {
    let (left, right) = (numbered(a), numbered(b));
    let mut found = Vec::new();
    for (key, entry) in &left {
        if !right.contains_key(key) {
            found.push(Difference::of(Kind::Entry, at, Some(entry.shown_name()), None));
        }
    }
    for (key, entry) in &right {
        if !left.contains_key(key) {
            found.push(Difference::of(Kind::Entry, at, None, Some(entry.shown_name())));
        }
    }
    let both = left.iter().filter_map(|(key, entry)| Some((key, *entry, *right.get(key)?)));
    let mut fields: Vec<Difference> = Vec::new();
    for ((name, _), a, b) in both {
        for ((field, a), (_, b)) in values(a).into_iter().zip(values(b)).filter(|(a, b)| a != b) {
            add(&mut fields, at, field, name, (a, b));
        }
    }
    found.append(&mut fields);
    let (mut first, mut second) = (numbered_keys(a), numbered_keys(b));
    first.retain(|key| right.contains_key(key));
    second.retain(|key| left.contains_key(key));
    if let Some((a, b)) = first.iter().zip(&second).find(|(a, b)| a != b) {
        found.push(Difference::of(Kind::Order, at, Some(a.0.to_owned()), Some(b.0.to_owned())));
    }
    found
}

/// Adds the entry to the difference of the same field, or a new one.
fn add(fields: &mut Vec<Difference>, at: &str, field: &'static str, name: &str, (a, b): (String, String)) {
    if let Some(known) = fields.iter_mut().find(|known| known.field == Some(field)) {
        known.count += 1;
        if known.entries.len() < NAMED {
            known.entries.push(name.to_owned());
        }
        return;
    }
    let difference = Difference::of(Kind::Header, at, Some(a), Some(b));
    fields.push(Difference { field: Some(field), entries: vec![name.to_owned()], ..difference });
}

/// Distinguishes entries with the same name by a number.
fn numbered_keys(entries: &[Named]) -> Vec<(&str, usize)> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    entries
        .iter()
        .map(|(name, _)| {
            let count = seen.entry(name).or_default();
            *count += 1;
            (name.as_str(), *count)
        })
        .collect()
}

fn numbered(entries: &[Named]) -> BTreeMap<(&str, usize), &EntryHeader> {
    numbered_keys(entries).into_iter().zip(entries.iter().map(|(_, header)| header)).collect()
}

/// The fields of a header, in the order of the archive, except the size, which depends on the content.
fn values(header: &EntryHeader) -> [(&'static str, String); 10] {
    let text = |bytes: &[u8]| format!("{:?}", String::from_utf8_lossy(bytes));
    [
        ("name", format!("{:?}", header.shown_name())),
        ("mode", format!("{:07o}", header.mode)),
        ("uid", header.uid.to_string()),
        ("gid", header.gid.to_string()),
        ("mtime", moment::of_seconds(header.mtime)),
        ("type", char::from(header.flag).to_string()),
        ("layout", header.layout.name().to_owned()),
        ("uname", text(&header.uname)),
        ("gname", text(&header.gname)),
        ("extended header", format!("{} bytes", header.extended_bytes)),
    ]
}

/// Compares the headers of the compression.
pub(super) fn of_gzip(at: &str, a: &GzipHeader, b: &GzipHeader) -> Vec<Difference> {
    let both = gzip_values(a).into_iter().zip(gzip_values(b));
    both.filter(|(a, b)| a != b)
        .map(|((field, a), (_, b))| Difference {
            field: Some(field),
            ..Difference::of(Kind::Gzip, at, Some(a), Some(b))
        })
        .collect()
}

fn gzip_values(header: &GzipHeader) -> [(&'static str, String); 5] {
    let text = |bytes: &Option<Vec<u8>>| {
        bytes
            .as_ref()
            .map_or_else(|| "none".to_owned(), |bytes| format!("{:?}", String::from_utf8_lossy(bytes)))
    };
    let system = match header.system {
        0 => "FAT".to_owned(),
        3 => "Unix".to_owned(),
        255 => "unknown".to_owned(),
        other => other.to_string(),
    };
    let time = if header.mtime == 0 { "none".to_owned() } else { moment::of_seconds(header.mtime.into()) };
    [
        ("mtime", time),
        ("system", system),
        ("file name", text(&header.name)),
        ("comment", text(&header.comment)),
        ("extra", format!("{} bytes", header.extra_bytes)),
    ]
}

/// Reports a difference in compression, the only remaining one: of the code if its size differs, or of an unknown part.
pub(super) fn of_compression(
    a: &[Named],
    b: &[Named],
    is_same_code: bool,
    is_same_so_far: bool,
) -> Option<Difference> {
    let size = |members: &[Named]| {
        members.iter().find(|(name, _)| name == "code.tar.gz").map_or(0, |(_, header)| header.size)
    };
    let (left, right) = (size(a), size(b));
    if is_same_code && left != right {
        let bytes = |size: u64| Some(format!("{size} bytes"));
        return Some(Difference::of(Kind::Compression, "code.tar.gz", bytes(left), bytes(right)));
    }
    is_same_so_far.then(|| Difference::of(Kind::Compression, "package", None, None))
}
