//! `ccs doctor`: examines a peer's configuration, and runs its builders as the peer would.

mod text;

use ccs_doctor::{Report, Subject, UNHEALTHY, examine, read_variables};

use crate::cli::Doctor;
use crate::failure::Failure;
use crate::output;
use crate::style;

pub(crate) fn run(options: &Doctor) -> Result<(), Failure> {
    let subject = Subject {
        core: &options.core,
        variables: &read_variables(options.env.as_deref(), options.process_env)?,
        root: options.root.as_deref(),
        architecture: options.arch.as_deref(),
        may_run: !options.no_run,
        package: options.package.as_deref(),
    };
    let report = output::runtime()?.block_on(examine(&subject))?;
    if options.json {
        output::print_json(&report)?;
    } else {
        output::print(&text::of(&report))?;
        style::print_next(&next(options, &report));
    }
    if report.is_healthy() { Ok(()) } else { Err(Failure::silent(UNHEALTHY)) }
}

fn next(options: &Doctor, report: &Report) -> String {
    match &options.package {
        _ if !report.is_healthy() => {
            format!("ccs doctor --core {}  (once the errors are gone)", options.core.display())
        }
        Some(package) => format!("peer lifecycle chaincode install {}", package.display()),
        None => format!("ccs doctor --core {} --package FILE", options.core.display()),
    }
}
