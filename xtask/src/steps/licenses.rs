//! The steps that run `cargo deny`.

use anyhow::Result;

use crate::cargo_tools::DENY;
use crate::tally::Tally;
use crate::workspace;

/// Runs the checks without network: licenses, sources, banned crates.
pub(super) fn licenses() -> Result<Tally> {
    let arguments = ["--log-level", "error", "check", "bans", "licenses", "sources"];
    workspace::succeed(DENY.command()?.args(arguments))?;
    Ok(Tally::PASSED)
}

/// Reports advisories for dependencies.
///
/// Not every build machine can fetch the list; without it, the step is skipped. An advisory does not fail the run,
/// because it is not caused by the change.
pub(super) fn advisories() -> Result<Tally> {
    if !DENY.command()?.args(["fetch", "db"]).status()?.success() {
        println!("skipped advisories: the list cannot be fetched");
        return Ok(Tally::SKIPPED);
    }
    if !DENY.command()?.args(["check", "--disable-fetch", "advisories"]).status()?.success() {
        println!("notice: there are advisories for the crates in use, see above");
    }
    Ok(Tally::PASSED)
}
