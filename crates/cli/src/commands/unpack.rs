//! `ccs unpack`: a package as a peer unpacks it.

use std::collections::BTreeSet;

use ccs_package::disk::{self, DiskError};
use ccs_package::{EntryKind, Limits, Package};
use serde::Serialize;

use crate::cli::Unpack;
use crate::failure::Failure;
use crate::output;
use crate::package_file;
use crate::style::safe;

/// The document of `--json`. Its shape is in `docs/json.md`.
#[derive(Serialize)]
struct Document {
    package_id: String,
    folder: String,
    files: BTreeSet<String>,
}

pub(crate) fn run(options: &Unpack) -> Result<(), Failure> {
    let (file, _) = package_file::open(&options.file)?;
    let package = disk::unpack(file, &options.folder, &Limits::default()).map_err(|error| match error {
        DiskError::Package(error) => package_file::read_failure(&options.file, &error),
        error => error.into(),
    })?;
    let document = Document {
        package_id: package.id().to_string(),
        folder: options.folder.display().to_string(),
        files: files(&package),
    };
    if options.json {
        return output::print_json(&document);
    }
    let lines =
        document.files.iter().map(|file| format!("{}\n", safe(&format!("{}/{file}", document.folder))));
    output::print(&lines.collect::<String>())?;
    crate::style::print_next(&format!("ccs lint {}", output::word(&options.folder)));
    Ok(())
}

/// The files that are in the folder now.
fn files(package: &Package) -> BTreeSet<String> {
    let code = package.code_entries().iter().filter(|entry| entry.kind() == EntryKind::File);
    let mut files: BTreeSet<String> = code.map(|entry| format!("src/{}", entry.path().display())).collect();
    files.insert("metadata/metadata.json".to_owned());
    files
}
