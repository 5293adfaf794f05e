//! What speaks against the deletion of what was found.

use std::path::Path;

use ccs_launch::{ExitCode, Failure};

use super::{Garbage, Search};

/// Where a peer has its builds, below its `fileSystemPath`.
const BUILDS: &str = "externalbuilder/builds";

impl Search<'_> {
    /// Fails if what was found is not to be deleted: the folder may not be that of the peer's builds.
    pub fn is_certain(&self, folder: Option<&Path>, garbage: &[Garbage]) -> Result<(), Failure> {
        if garbage.is_empty() || !self.names.is_empty() {
            return Ok(());
        }
        match (self.builds, folder) {
            (Some(builds), Some(folder)) if !self.is_named => {
                let refused = |reason: &str| {
                    Failure::new(ExitCode::Usage, format!("nothing is deleted: {} {reason}", folder.display()))
                        .with_hint(format!(
                            "the peer has its builds in {BUILDS} below peer.fileSystemPath of core.yaml; for a peer \
                             that is retired, add --peer {}",
                            self.peer_id
                        ))
                };
                // A folder that is not mounted, or another one, says of each server that no build refers to it.
                if builds.builds.is_empty() {
                    return Err(refused("holds no build"));
                }
                let is_of_a_peer = folder.ends_with(BUILDS)
                    || folder.canonicalize().is_ok_and(|folder| folder.ends_with(BUILDS));
                if is_of_a_peer { Ok(()) } else { Err(refused(&format!("is not {BUILDS} of a peer"))) }
            }
            _ => Ok(()),
        }
    }
}
