//! Options of `ccs prune`.

use std::path::PathBuf;

use ccs_files::PackageId;
use clap::Args;

/// Options of `ccs prune`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ccs prune --peer-volume /var/hyperledger/production\n  \
                  ccs prune --peer-volume DIR --core /etc/hyperledger/fabric/core.yaml --yes\n  \
                  peer lifecycle chaincode queryinstalled --output json > installed.json\n  \
                  ccs prune --peer-volume DIR --definitions installed.json\n\n\
                  More: \"Operate installed chaincode\" (docs/operations.html).")]
pub(crate) struct Prune {
    /// The folder in `peer.fileSystemPath` of a stopped peer
    #[arg(long, value_name = "DIR")]
    pub(crate) peer_volume: PathBuf,
    /// The output of `peer lifecycle chaincode queryinstalled --output json`, or of queryapproved; selects packages that no definition uses; can be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) definitions: Vec<PathBuf>,
    /// Keep this package; without --definitions, selects all other packages; can be repeated
    #[arg(long, value_name = "PACKAGE-ID")]
    pub(crate) keep: Vec<PackageId>,
    /// The peer's core.yaml; selects builds of builders that it does not name
    #[arg(long, value_name = "core.yaml")]
    pub(crate) core: Option<PathBuf>,
    /// The variables of the peer's process, NAME=VALUE on each line
    #[arg(long, value_name = "FILE", requires = "core")]
    pub(crate) env: Option<PathBuf>,
    /// Delete the listed builds and packages
    #[arg(long)]
    pub(crate) yes: bool,
    /// Print a JSON document: see "JSON output" (docs/json.html)
    #[arg(long)]
    pub(crate) json: bool,
}
