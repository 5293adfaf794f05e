//! Checks that prevent a deletion by mistake.

use std::collections::BTreeSet;
use std::path::Path;

use ccs_launch::{ExitCode, Failure};

use super::{Garbage, Search};
use crate::workload::Workload;

/// The folder of a peer's builds, below its `fileSystemPath`.
const BUILDS: &str = "externalbuilder/builds";

impl Search<'_> {
    /// Fails if the objects may belong to another organization, or the folder may not contain the peer's builds.
    pub fn is_certain(
        &self,
        folder: Option<&Path>,
        found: &[Workload],
        garbage: &[Garbage],
    ) -> Result<(), Failure> {
        self.is_of_the_organization(found, garbage)?;
        self.has_builds(folder, garbage)
    }

    /// Two organizations may have peers with the same name in one place. The list contains no object of a named other organization.
    fn is_of_the_organization(&self, found: &[Workload], garbage: &[Garbage]) -> Result<(), Failure> {
        let of_the_peer = found.iter().filter(|found| found.peer_id == self.peer_id);
        let organizations: BTreeSet<&str> = of_the_peer.map(|found| found.mspid.as_str()).collect();
        // A peer either always propagates its MSP ID, or never.
        let is_unsure = |found: &&Garbage| {
            found.mspid != self.mspid
                && (!found.mspid.is_empty() || organizations.len() > 1)
                && !self.names.contains(&found.workload)
                && !self.names.contains(&Workload::place(&found.namespace, &found.workload))
        };
        let Some(unsure) = garbage.iter().find(is_unsure) else { return Ok(()) };
        let place = Workload::place(&unsure.namespace, &unsure.workload);
        Err(if unsure.mspid.is_empty() {
            Failure::new(
                ExitCode::Usage,
                format!(
                    "nothing is deleted: {place} has no MSP ID, but other chaincode of a peer with the name {} has one",
                    self.peer_id
                ),
            )
            .with_hint(format!("if it belongs to this peer, name it: ccs launch gc {}", unsure.workload))
        } else {
            Failure::new(
                ExitCode::Usage,
                format!(
                    "nothing is deleted: {place} belongs to a peer with the name {} in {}",
                    self.peer_id, unsure.mspid
                ),
            )
            .with_hint(format!("if that is this peer, add --mspid {}", unsure.mspid))
        })
    }

    fn has_builds(&self, folder: Option<&Path>, garbage: &[Garbage]) -> Result<(), Failure> {
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
                // With an unmounted or wrong folder, no build would refer to any server.
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
