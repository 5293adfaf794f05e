//! `cargo xtask programs`: builds the external programs of the checks into the cache before a check needs them.

use std::process::Command;

use anyhow::Result;
use xtask_kubernetes::program::Programs as Kubernetes;

use crate::fabric::programs::built;
use crate::fabric::release::RELEASES;
use crate::tally::Tally;
use crate::workspace;

/// Builds the programs that are not in the cache.
pub(crate) fn run() -> Result<Tally> {
    // The earliest check needs it. Go keeps it in a cache of its own.
    let mut client = Command::new("go");
    client.args(["tool", "-n", "fabric-ca-client"]).current_dir(workspace::root().join("conformance/go-ca"));
    workspace::succeed(&mut client)?;
    for release in &RELEASES {
        built(release)?;
    }
    Kubernetes::ready()?;
    Ok(Tally::PASSED)
}
