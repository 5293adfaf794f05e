//! `ccs unpack`: unpacks a package as a peer does.

use std::collections::BTreeSet;

use ccs_package::{EntryKind, Package};
use serde::Serialize;

use crate::cli::Unpack;
use crate::failure::Failure;
use crate::output;
use crate::style::safe;

/// The document of `--json`. Its shape is in `docs/json.md`.
#[derive(Serialize)]
struct Document {
    package_id: String,
    folder: String,
    files: BTreeSet<String>,
}

pub(crate) fn run(options: &Unpack) -> Result<(), Failure> {
    let package = ccs_package_tools::unpack(&options.file, &options.folder)?;
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
    output::print_next(&format!("ccs lint {}", output::word(&options.folder)));
    Ok(())
}

/// The files that are in the folder now.
fn files(package: &Package) -> BTreeSet<String> {
    let code = package.code_entries().iter().filter(|entry| entry.kind() == EntryKind::File);
    let mut files: BTreeSet<String> = code.map(|entry| format!("src/{}", entry.path().display())).collect();
    files.insert("metadata/metadata.json".to_owned());
    files
}
