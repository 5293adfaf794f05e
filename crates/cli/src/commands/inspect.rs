//! `ccs inspect`: what is in a package.

mod certificates;
mod document;
mod text;

use crate::cli::Inspect;
use crate::failure::Failure;
use crate::package_file::PackageFile;
use document::Document;

pub(crate) fn run(options: &Inspect) -> Result<(), Failure> {
    let file = PackageFile::open(&options.file)?;
    let document = Document::of(&options.file, &file);
    if options.json {
        return super::print_json(&document);
    }
    super::print(&text::of(&document))?;
    document.warnings.iter().chain(&document.problems).for_each(|warning| super::warn(warning));
    crate::style::print_next(&format!("ccs lint {}", super::word(&options.file)));
    Ok(())
}
