//! `cargo xtask prose`: plain English wherever a person reads.

use anyhow::Result;

use crate::tally::Tally;
use crate::workspace;

/// Checks, and prints each wording with a better one.
pub(crate) fn run() -> Result<Tally> {
    let root = workspace::root();
    let report = xtask_prose::check(root, &root.join("xtask/prose/rules.toml"))?;
    for finding in &report.findings {
        println!("FAILED  {finding}");
    }
    if report.findings.is_empty() {
        println!("passed  prose: {} files", report.files);
        return Ok(Tally::PASSED);
    }
    Ok(Tally { failed: report.findings.len() as u64, ..Tally::default() })
}
