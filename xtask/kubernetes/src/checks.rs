//! Launches without a peer: the launcher is called as a peer calls it.
//!
//! `overlays` compares our merge of overlays with that of kubectl. `launches` starts chaincode that dials the peer and produces every
//! error of a node, `scenarios` repeats the tests of fabric-builder-k8s, `servers` starts chaincode that the peer dials, and `inside`
//! runs the launcher in a pod.

mod inside;
mod launches;
mod overlays;
mod scenarios;
mod servers;

use std::path::{Path, PathBuf};

use anyhow::Result;
use xtask_base::image::{Image, NOBODY};
use xtask_base::report::Report;

use crate::cluster::Cluster;
use crate::program::Programs;

/// The image with the contract in Go, which a shell starts as images for fabric-builder-k8s do; it serves where its variables ask
/// for it.
pub const CONTRACT: &str = "docker.io/fabric-ccs/everything:1";

/// An image with only a shell, as a chaincode that never dials.
const SHELL: &str = "docker.io/fabric-ccs/shell:1";

/// The same, whose user is root.
const ROOT: &str = "docker.io/fabric-ccs/root:1";

/// An image with the launcher, as a peer calls it.
const LAUNCHER: &str = "docker.io/fabric-ccs/launcher:1";

/// The surroundings of the checks.
pub struct Stage {
    /// The cluster.
    pub cluster: Cluster,
    /// The static builder, next to the launcher.
    pub builder: PathBuf,
}

impl Stage {
    /// Starts a cluster whose node has the images; a shell and the contract are in them.
    pub fn start(busybox: &Path, contract: &Path, builder: &Path) -> Result<Self> {
        let shell: &[_] = &[(busybox, "bin/busybox")];
        let with_contract: &[_] = &[(busybox, "bin/busybox"), (contract, "everything")];
        let start = "exec /everything -peer.address=$CORE_PEER_ADDRESS";
        let launcher = builder.with_file_name("ccs-launcher");
        let with_launcher: &[_] = &[(launcher.as_path(), "builder/bin/run")];
        let images = [
            Image {
                name: CONTRACT,
                files: with_contract,
                command: &["/bin/busybox", "sh", "-c", start],
                user: NOBODY,
            },
            Image { name: SHELL, files: shell, command: &["/bin/busybox", "sleep", "600"], user: NOBODY },
            Image { name: ROOT, files: shell, command: &["/bin/busybox", "sleep", "600"], user: 0 },
            Image {
                name: LAUNCHER,
                files: with_launcher,
                command: &["/builder/bin/run", "/build", "/call"],
                user: NOBODY,
            },
        ];
        let cluster = Cluster::start(&Programs::ready()?, &images)?;
        Ok(Self { cluster, builder: builder.to_owned() })
    }

    /// Creates the namespaces and their Roles.
    pub fn prepare(&self, report: &mut Report) {
        report.part("namespaces and rights", |_| launches::prepare(&self.cluster));
    }

    /// Runs the checks of chaincode that dials the peer, without a peer.
    pub fn check(&self, report: &mut Report) {
        report.part("overlays", |report| overlays::run(report, &self.cluster));
        launches::run(report, self);
        scenarios::run(report, self);
        report.check("a Job goes with the pod of the peer", || inside::run(self));
    }

    /// Runs the checks of chaincode that the peer dials, without a peer.
    pub fn check_servers(&self, report: &mut Report) {
        report.part("servers", |report| servers::run(report, self));
    }

    /// Returns the content of image.json for an image of the node, with further keys.
    pub fn image(&self, image: &str, more: &str) -> Result<String> {
        let name = image.trim_end_matches(":1");
        Ok(format!(r#"{{"name":"{name}","digest":"{}"{more}}}"#, self.cluster.digest(image)?))
    }
}
