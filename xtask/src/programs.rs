//! `cargo xtask programs`: the programs of others that the checks run, built into the cache before a check asks for them.

use anyhow::Result;
use xtask_kubernetes::program::Programs as Kubernetes;

use crate::fabric::programs::built;
use crate::fabric::release::RELEASES;
use crate::tally::Tally;

/// Builds what the cache does not have.
pub(crate) fn run() -> Result<Tally> {
    for release in &RELEASES {
        built(release)?;
    }
    Kubernetes::ready()?;
    Ok(Tally::PASSED)
}
