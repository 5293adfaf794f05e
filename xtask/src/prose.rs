//! `cargo xtask prose`: checks for plain English in all texts.

use anyhow::Result;

use crate::tally::Tally;
use crate::workspace;

/// Runs the check and prints each finding with a better wording.
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
