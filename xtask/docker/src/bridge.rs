//! A bridge for a second engine.

use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use xtask_base::processes::{Finished, succeed};

/// The interface, and its address: neither docker's own nor one of `cargo xtask kubernetes`.
pub(crate) const NAME: &str = "ccs-engine0";
const ADDRESS: &str = "10.85.0.1/24";

/// How long `ip` may take.
const LIMIT: Duration = Duration::from_secs(10);

/// A bridge that is removed when this is dropped. Without one of its own, also by `--bridge none`, an engine would take `docker0` from
/// the other one.
pub(crate) struct Bridge;

impl Bridge {
    /// Makes the bridge; one that a killed check has left is removed first.
    pub(crate) fn make() -> Result<Self> {
        // There is none most of the time.
        let _ = ip(&["link", "delete", NAME]);
        ip(&["link", "add", "name", NAME, "type", "bridge"])?;
        let bridge = Self;
        ip(&["address", "add", ADDRESS, "dev", NAME])?;
        ip(&["link", "set", NAME, "up"])?;
        Ok(bridge)
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        let _ = ip(&["link", "delete", NAME]);
    }
}

fn ip(words: &[&str]) -> Result<Finished> {
    succeed(Command::new("ip").args(words), LIMIT)
}
