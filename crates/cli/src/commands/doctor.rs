//! `ccs doctor`: examines a peer's configuration, and runs its builders as the peer would.

mod launching;
mod text;

use std::env;
use std::path::{Path, PathBuf};

use ccs_doctor::{Report, Subject, UNHEALTHY, examine, read_variables};
use serde::Serialize;

use launching::Launching;

use crate::cli::Doctor;
use crate::failure::{Failure, USAGE};
use crate::output;

pub(crate) fn run(options: &Doctor) -> Result<(), Failure> {
    let core = core_yaml(options)?;
    let variables = read_variables(options.env.as_deref(), options.process_env)?;
    let subject = Subject {
        core: &core,
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
        output::print_next(&next(options, &core, &report));
    }
    if report.is_healthy() { Ok(()) } else { Err(Failure::silent(UNHEALTHY)) }
}

/// Returns the core.yaml of the option, or the one that a peer finds (Fabric 3.1 `core/config/config.go`).
fn core_yaml(options: &Doctor) -> Result<PathBuf, Failure> {
    const NAME: &str = "core.yaml";
    if let Some(core) = &options.core {
        return Ok(core.clone());
    }
    if let Some(folder) = env::var_os("FABRIC_CFG_PATH").filter(|folder| !folder.is_empty()) {
        return Ok(Path::new(&folder).join(NAME));
    }
    let found = ["", "/etc/hyperledger/fabric"].map(|folder| Path::new(folder).join(NAME));
    found.into_iter().find(|file| file.is_file()).ok_or_else(|| {
        Failure::new("no core.yaml in the working folder or in /etc/hyperledger/fabric, and FABRIC_CFG_PATH is not set")
            .hint("name the file with --core FILE, or the folder with FABRIC_CFG_PATH".to_owned())
            .with_number(USAGE)
    })
}

/// The document of `--json`.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    report: &'a Report,
    launching: &'a [Launching],
}

fn next(options: &Doctor, core: &Path, report: &Report) -> String {
    match &options.package {
        _ if !report.is_healthy() => {
            format!("ccs doctor --core {}  (once the errors are gone)", output::word(core))
        }
        Some(package) => format!("peer lifecycle chaincode install {}", output::word(package)),
        None => format!("ccs doctor --core {} --package FILE", output::word(core)),
    }
}
