//! `ccs inspect`: the contents of a package.

mod text;

use ccs_package_tools::inspect::inspect;

use crate::cli::Inspect;
use crate::failure::Failure;
use crate::output;

pub(crate) fn run(options: &Inspect) -> Result<(), Failure> {
    let document = inspect(&options.file)?;
    if options.json {
        return output::print_json(&document);
    }
    output::print(&text::of(&document))?;
    document.warnings.iter().chain(&document.problems).for_each(|warning| output::warn(warning));
    output::print_next(&format!("ccs lint {}", output::word(&options.file)));
    Ok(())
}
