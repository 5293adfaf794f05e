//! Options of `ccs doctor`.

use std::path::PathBuf;

use clap::Args;

/// Options of `ccs doctor`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ccs doctor --core /etc/hyperledger/fabric/core.yaml --process-env\n  \
                  ccs doctor --core core.yaml --env peer.env --package basic.tgz\n  \
                  ccs doctor --core core.yaml --root ./unpacked-image --arch arm64\n\n\
                  Exit codes: 0 there is no error, 40 there are errors. All findings: docs/doctor.md.")]
pub(crate) struct Doctor {
    /// The peer's configuration
    #[arg(long, value_name = "core.yaml")]
    pub(crate) core: PathBuf,
    /// A package to install on trial, in a temporary folder
    #[arg(long, value_name = "FILE")]
    pub(crate) package: Option<PathBuf>,
    /// The variables of the peer's process, NAME=VALUE in each line
    #[arg(long, value_name = "FILE")]
    pub(crate) env: Option<PathBuf>,
    /// Take the variables of this process for the peer's
    #[arg(long)]
    pub(crate) process_env: bool,
    /// Look for the builders in this folder, an unpacked image of the peer
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    /// The processor of the peer's machine, if it is not this one's
    #[arg(long, value_name = "ARCH", value_parser = ["amd64", "arm64", "s390x", "ppc64le"])]
    pub(crate) arch: Option<String>,
    /// Examine files only: run no program of a builder
    #[arg(long, conflicts_with = "package")]
    pub(crate) no_run: bool,
    /// Print a JSON document
    #[arg(long)]
    pub(crate) json: bool,
}
