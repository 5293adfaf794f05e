//! `ccs id`: the package ID of files.

use ccs_package_tools::package_id;
use serde::Serialize;

use crate::cli::Id;
use crate::failure::Failure;
use crate::output;
use crate::style;

/// The document of `--json`.
#[derive(Serialize)]
struct Document {
    packages: Vec<Answer>,
}

/// A package.
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
        return output::print_json(&Document { packages: answers });
    }
    if let [file] = options.files.as_slice() {
        output::print_next(&format!("ccs inspect {}", output::word(file)));
    }
    Ok(())
}
