//! `ccs inspect`: what is in a package.

mod certificates;
mod document;
mod text;

use crate::cli::Inspect;
use crate::failure::Failure;
use crate::output;
use crate::package_file::PackageFile;
use document::Document;

pub(crate) fn run(options: &Inspect) -> Result<(), Failure> {
    let file = PackageFile::open(&options.file)?;
    let document = Document::of(&options.file, &file);
    if options.json {
        return output::print_json(&document);
    }
    output::print(&text::of(&document))?;
    document.warnings.iter().chain(&document.problems).for_each(|warning| output::warn(warning));
    crate::style::print_next(&format!("ccs lint {}", output::word(&options.file)));
    Ok(())
}
