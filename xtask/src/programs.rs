//! `cargo xtask programs`: builds the external programs of the checks into the cache before a check needs them.

use anyhow::Result;
use xtask_kubernetes::program::Programs as Kubernetes;

use crate::fabric::programs::built;
use crate::fabric::release::RELEASES;
use crate::tally::Tally;

/// Builds the programs that are not in the cache.
pub(crate) fn run() -> Result<Tally> {
    for release in &RELEASES {
        built(release)?;
    }
    Kubernetes::ready()?;
    Ok(Tally::PASSED)
}
