//! `cargo xtask layers`: checks that crates and files use each other in one direction only; `docs/architecture.md`
//! shows the crates.

use anyhow::Result;

use crate::tally::Tally;
use crate::workspace;

/// Options of `cargo xtask layers`.
#[derive(clap::Args, Default)]
pub(crate) struct Options {
    /// Write the list in docs/architecture.md first
    #[arg(long)]
    pub(crate) write: bool,
}

/// Runs the check and prints each fault.
pub(crate) fn run(options: &Options) -> Result<Tally> {
    let root = workspace::root();
    if options.write {
        xtask_layers::write(root)?;
    }
    let report = xtask_layers::check(root, &root.join("xtask/layers/layers.toml"))?;
    for finding in &report.findings {
        println!("FAILED  {finding}");
    }
    if report.findings.is_empty() {
        let (name, lines) = report.largest;
        println!(
            "passed  layers: {} crates, {} files, no cycle; the largest crate is {name} with {lines} lines",
            report.crates, report.files
        );
        return Ok(Tally::PASSED);
    }
    Ok(Tally { failed: report.findings.len() as u64, ..Tally::default() })
}
