//! `ccs diff`: why two packages have different IDs.

mod text;

use ccs_builder::ExitCode;
use ccs_package_tools::diff::diff;

use crate::cli::Diff;
use crate::failure::{FAILED, Failure};
use crate::output;

pub(crate) fn run(options: &Diff) -> Result<(), Failure> {
    let document = diff(&options.a, &options.b).map_err(unreadable)?;
    if options.json {
        output::print_json(&document)?;
    } else {
        output::print(&text::of(&document))?;
        output::print_next(&format!("ccs inspect {}", output::word(&options.b)));
    }
    if document.same { Ok(()) } else { Err(Failure::silent(FAILED)) }
}

/// Returns a package that cannot be read another code than one that differs.
fn unreadable(error: ccs_package_tools::Error) -> Failure {
    let failure = Failure::from(error);
    if failure.number() == FAILED { failure.with_code(ExitCode::InputOutput) } else { failure }
}
