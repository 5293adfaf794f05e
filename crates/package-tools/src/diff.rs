//! Why two packages have different IDs.

mod content;
mod headers;

use std::io::BufReader;
use std::path::Path;

use ccs_package::{CodeEntry, Digests, EntryHeader, Layer, Limits, Package};
use serde::Serialize;

use crate::error::Error;
use crate::open;

/// The document of `ccs diff --json`. Its shape is in `docs/json.md`.
#[derive(Debug, Serialize)]
pub struct Document {
    /// Whether both have the same ID.
    pub same: bool,
    /// The first package.
    pub a: Side,
    /// The second package.
    pub b: Side,
    /// The differences; empty if both have the same ID.
    pub differences: Vec<Difference>,
}

/// One of the packages.
#[derive(Debug, Serialize)]
pub struct Side {
    /// The file.
    pub file: String,
    /// Its package ID.
    pub package_id: String,
}

/// A difference.
#[derive(Debug, Serialize)]
pub struct Difference {
    /// Its kind.
    pub kind: Kind,
    /// `package` or `code.tar.gz`, or the path of a file in the code.
    pub at: String,
    /// The field of a header.
    pub field: Option<&'static str>,
    /// The entries whose headers differ in this field; only the first ones if there are many.
    pub entries: Vec<String>,
    /// The number of these entries.
    pub count: usize,
    /// The value in the first package.
    pub a: Option<String>,
    /// The value in the second package.
    pub b: Option<String>,
    /// Removed lines (`-`), added lines (`+`), and their context.
    pub lines: Vec<String>,
}

/// The kinds of differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The bytes of a file.
    Content,
    /// An entry that only one package has.
    Entry,
    /// A field in the headers of entries.
    Header,
    /// The order of entries.
    Order,
    /// A field in the header of the compression.
    Gzip,
    /// The compression itself, or bytes between entries.
    Compression,
}

/// Compares two packages.
pub fn diff(a: &Path, b: &Path) -> Result<Document, Error> {
    let (left, right) = (Opened::read(a)?, Opened::read(b)?);
    let same = left.package.id() == right.package.id();
    let differences = if same { Vec::new() } else { compare(&left, &right)? };
    Ok(Document { same, a: Side::of(&left), b: Side::of(&right), differences })
}

/// A package with the digests of its files.
struct Opened<'a> {
    path: &'a Path,
    package: Package,
    digests: Digests,
}

impl<'a> Opened<'a> {
    fn read(path: &'a Path) -> Result<Self, Error> {
        let (file, _) = open::open(path)?;
        let read = ccs_package::digests(BufReader::new(file), &Limits::default());
        let (package, digests) = read.map_err(|error| open::refused(path, error))?;
        Ok(Self { path, package, digests })
    }
}

impl Side {
    fn of(opened: &Opened<'_>) -> Self {
        let package_id = opened.package.id().to_string();
        Self { file: opened.path.display().to_string(), package_id }
    }
}

/// Compares in the order of importance for people: content, entries, headers, compression.
fn compare(a: &Opened<'_>, b: &Opened<'_>) -> Result<Vec<Difference>, Error> {
    let (left, right) = (&a.package, &b.package);
    let named = |entry: &CodeEntry| (entry.path().display().to_string(), entry.header().clone());
    let entries = [left, right].map(|it| it.code_entries().iter().map(named).collect::<Vec<_>>());
    let mut code = content::of_code(a, b)?;
    code.extend(headers::of_entries("code.tar.gz", &entries[0], &entries[1]));
    code.extend(headers::of_gzip("code.tar.gz", left.gzip(Layer::Code), right.gzip(Layer::Code)));
    let is_same_code = code.is_empty();

    let named = |member: &EntryHeader| (member.shown_name(), member.clone());
    let members = [left, right].map(|it| it.members().iter().map(named).collect::<Vec<_>>());
    let mut found = Vec::new();
    found.extend(content::of_metadata(left.metadata_bytes(), right.metadata_bytes()));
    found.append(&mut code);
    found.extend(headers::of_entries("package", &members[0], &members[1]));
    found.extend(headers::of_gzip("package", left.gzip(Layer::Package), right.gzip(Layer::Package)));
    found.extend(headers::of_compression(&members[0], &members[1], is_same_code, found.is_empty()));
    Ok(found)
}
