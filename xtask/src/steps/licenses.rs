//! The steps that ask `cargo deny`.

use anyhow::Result;

use crate::cargo_tools::DENY;
use crate::tally::Tally;
use crate::workspace;

/// Checks what needs no network: licenses, sources, banned crates.
pub(super) fn licenses() -> Result<Tally> {
    let arguments = ["--log-level", "error", "check", "bans", "licenses", "sources"];
    workspace::succeed(DENY.command()?.args(arguments))?;
    Ok(Tally::PASSED)
}

/// Reports known faults of the dependencies.
///
/// Not every build machine reaches the list of them: then the step is skipped. A fault does not fail the run, since it says
/// nothing about the change.
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
