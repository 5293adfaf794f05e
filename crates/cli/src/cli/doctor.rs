//! Options of `ccs doctor`.

use std::path::PathBuf;

use clap::Args;

/// Options of `ccs doctor`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ccs doctor --process-env\n  ccs doctor --core /etc/hyperledger/fabric/core.yaml --process-env\n  \
                  ccs doctor --core core.yaml --env peer.env --package basic.tgz\n  \
                  ccs doctor --core core.yaml --root ./unpacked-image --arch arm64\n\n\
                  Exit codes: 0 no errors, 40 errors.\nAll findings: \"Examine a peer: ccs doctor\" (docs/doctor.html)."
)]
pub(crate) struct Doctor {
    /// The peer's core.yaml, or a ConfigMap that holds it [default: core.yaml in the folder `FABRIC_CFG_PATH`; without that variable, in the working folder or /etc/hyperledger/fabric]
    #[arg(long, value_name = "core.yaml")]
    pub(crate) core: Option<PathBuf>,
    /// A package to test: runs detect, build and release in a temporary folder
    #[arg(long, value_name = "FILE")]
    pub(crate) package: Option<PathBuf>,
    /// The variables of the peer's process, NAME=VALUE on each line
    #[arg(long, value_name = "FILE")]
    pub(crate) env: Option<PathBuf>,
    /// Use the variables of this process, for use inside the peer's container
    #[arg(long)]
    pub(crate) process_env: bool,
    /// Look for the builders in this folder, an unpacked image of the peer
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    /// The processor of the peer's machine, if it differs from this machine's
    #[arg(long, value_name = "ARCH", value_parser = ["amd64", "arm64", "s390x", "ppc64le"])]
    pub(crate) arch: Option<String>,
    /// Check files only; do not run the builders' programs
    #[arg(long, conflicts_with = "package")]
    pub(crate) no_run: bool,
    /// Print a JSON document
    #[arg(long)]
    pub(crate) json: bool,
}
