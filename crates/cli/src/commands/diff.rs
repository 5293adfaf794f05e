//! `ccs diff`: why two packages have different IDs.

mod content;
mod headers;
mod text;

use std::path::Path;

use ccs_builder::ExitCode;
use ccs_package::{CodeEntry, EntryHeader, Layer};
use serde::Serialize;

use crate::cli::Diff;
use crate::failure::{FAILED, Failure};
use crate::output;
use crate::package_file::PackageFile;

/// The document of `--json`. Its shape is in `docs/json.md`.
#[derive(Serialize)]
struct Document {
    same: bool,
    a: Side,
    b: Side,
    differences: Vec<Difference>,
}

/// One of the packages.
#[derive(Serialize)]
struct Side {
    file: String,
    package_id: String,
}

/// Something that differs.
#[derive(Serialize)]
struct Difference {
    kind: Kind,
    /// `package` or `code.tar.gz`, or the path of a file in the code.
    at: String,
    /// The field of a header.
    field: Option<&'static str>,
    /// The entries whose headers differ in it, the first ones of many.
    entries: Vec<String>,
    /// How many there are.
    count: usize,
    a: Option<String>,
    b: Option<String>,
    /// Lines that were taken away (`-`), added (`+`) or stand around them.
    lines: Vec<String>,
}

/// What sort of difference there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
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

pub(crate) fn run(options: &Diff) -> Result<(), Failure> {
    let (a, b) = (open(&options.a)?, open(&options.b)?);
    let same = a.package.id() == b.package.id();
    let differences = if same { Vec::new() } else { compare(&a, &b)? };
    let document = Document { same, a: Side::of(&options.a, &a), b: Side::of(&options.b, &b), differences };
    if options.json {
        output::print_json(&document)?;
    } else {
        output::print(&text::of(&document))?;
        crate::style::print_next(&format!("ccs inspect {}", output::word(&options.b)));
    }
    if same { Ok(()) } else { Err(Failure::silent(FAILED)) }
}

/// Opens a package; one that cannot be read must not look like one that differs.
fn open(path: &Path) -> Result<PackageFile, Failure> {
    PackageFile::open_whole(path).map_err(|failure| match failure.number() {
        FAILED => failure.with_code(ExitCode::InputOutput),
        _ => failure,
    })
}

impl Side {
    fn of(path: &Path, file: &PackageFile) -> Self {
        Self { file: path.display().to_string(), package_id: file.package.id().to_string() }
    }
}

/// Looks from what people mean to what nobody sees: content, entries, headers, compression.
fn compare(a: &PackageFile, b: &PackageFile) -> Result<Vec<Difference>, Failure> {
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
