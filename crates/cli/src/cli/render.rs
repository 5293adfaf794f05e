//! Options of `ccs render`.

use std::path::PathBuf;

use clap::Args;

/// Options of `ccs render`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ccs render basic.tgz --peer peer0 --peer peer1\n  \
                  ccs render basic.tgz --config '{\"org\":\"org1\"}' --peer peer0")]
pub(crate) struct Render {
    /// The package file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The configuration of the peers: a JSON object, or the name of a file with one
    #[arg(long, value_name = "JSON or FILE")]
    pub(crate) config: Option<String>,
    /// The ID of a peer, which is `peer_id` in templates; can be repeated
    #[arg(long = "peer", value_name = "NAME")]
    pub(crate) peers: Vec<String>,
    /// Show private keys
    #[arg(long)]
    pub(crate) show_keys: bool,
    /// Print a JSON document: see "JSON output" (docs/json.html)
    #[arg(long)]
    pub(crate) json: bool,
}
