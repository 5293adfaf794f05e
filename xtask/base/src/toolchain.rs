//! Checks whether optional tools are installed, and counts checks without them.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::tally::Tally;
use crate::workspace;

/// Returns whether a program can be started.
#[must_use]
pub fn has(program: &str, version_argument: &str) -> bool {
    Command::new(program)
        .arg(version_argument)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Finds a program on the PATH.
#[must_use]
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|found| found.is_file())
}

/// Counts a check whose tool is missing: as skipped on a developer's machine, as failed in CI.
#[must_use]
pub fn missing(check: &str, reason: &str) -> Tally {
    if workspace::in_ci() {
        println!("FAILED  {check}: {reason}, and CI is set");
        Tally::FAILED
    } else {
        println!("skipped {check}: {reason}");
        Tally::SKIPPED
    }
}
