//! `ccs id`: the package ID of files.

use std::io::BufReader;
use std::path::Path;

use ccs_files::PackageId;
use ccs_package::Limits;
use serde::Serialize;

use crate::cli::Id;
use crate::failure::Failure;
use crate::output;
use crate::package_file;
use crate::style;

/// An element of the document of `--json`.
#[derive(Serialize)]
struct Answer {
    package_id: String,
    file: String,
}

pub(crate) fn run(options: &Id) -> Result<(), Failure> {
    let mut answers = Vec::new();
    for path in &options.files {
        let id = package_id(path)?;
        if options.json {
            answers.push(Answer { package_id: id.to_string(), file: path.display().to_string() });
        } else if options.files.len() == 1 {
            output::print(&format!("{id}\n"))?;
        } else {
            output::print(&format!("{id}  {}\n", style::safe(&path.to_string_lossy())))?;
        }
    }
    if options.json {
        return output::print_json(&answers);
    }
    if let [file] = options.files.as_slice() {
        crate::style::print_next(&format!("ccs inspect {}", output::word(file)));
    }
    Ok(())
}

/// Reads the package ID of a file.
pub(super) fn package_id(path: &Path) -> Result<PackageId, Failure> {
    let (file, _) = package_file::open(path)?;
    ccs_package::package_id(BufReader::new(file), &Limits::default())
        .map_err(|error| package_file::read_failure(path, &error))
}
