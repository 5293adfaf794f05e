//! `ccs doctor`: examines a peer's configuration, and runs its builders as the peer would.

mod launching;
mod text;

use ccs_doctor::{Report, Subject, UNHEALTHY, examine, read_variables};
use serde::Serialize;

use launching::Launching;

use crate::cli::Doctor;
use crate::failure::Failure;
use crate::output;
use crate::style;

pub(crate) fn run(options: &Doctor) -> Result<(), Failure> {
    let variables = read_variables(options.env.as_deref(), options.process_env)?;
    let subject = Subject {
        core: &options.core,
        variables: &variables,
        root: options.root.as_deref(),
        architecture: options.arch.as_deref(),
        may_run: !options.no_run,
        package: options.package.as_deref(),
    };
    let mut report = output::runtime()?.block_on(examine(&subject))?;
    // A look at the platform of another machine would say nothing.
    let is_here = options.root.is_none() && !options.no_run;
    let launching = if is_here { Launching::of(&report, &variables) } else { Vec::new() };
    report.errors += launching.iter().map(Launching::missing).sum::<usize>();
    if !report.is_healthy() {
        report.exit_code = UNHEALTHY;
    }
    if options.json {
        output::print_json(&Document { report: &report, launching: &launching })?;
    } else {
        let checks: String = launching.iter().map(Launching::text).collect();
        output::print(&format!("{checks}{}", text::of(&report)))?;
        style::print_next(&next(options, &report));
    }
    if report.is_healthy() { Ok(()) } else { Err(Failure::silent(UNHEALTHY)) }
}

/// The document of `--json`.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    report: &'a Report,
    launching: &'a [Launching],
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
