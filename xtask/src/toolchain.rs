//! Whether a tool that not every machine has is here, and what follows when it is not.

use std::process::{Command, Stdio};

use crate::tally::Tally;
use crate::workspace;

/// Tells whether a program can be started at all.
pub(crate) fn has(program: &str, version_argument: &str) -> bool {
    Command::new(program)
        .arg(version_argument)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Counts a check that cannot run here: skipped on a person's machine, failed in CI.
pub(crate) fn missing(check: &str, reason: &str) -> Tally {
    if workspace::in_ci() {
        println!("FAILED  {check}: {reason}, and CI is set");
        Tally::FAILED
    } else {
        println!("skipped {check}: {reason}");
        Tally::SKIPPED
    }
}
